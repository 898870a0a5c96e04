// Package pack reads packs, the files in which Git sends and stores objects (gitformat-pack).
//
// Reader takes a pack as it comes over the network, in one pass: it makes each object, computes its id and hands it to
// a Visitor, and keeps no more memory than its limits say, whatever the pack holds. The other exported names are the
// parts of which a pack on a disk is read as well, in any order: the header of an object, deltas, and a Ring for the
// contents that were read last.
//
// Sizes and offsets that stand in a pack are int64 until they are bounded: a pack may be larger than an int of 32 bits
// can count.
package pack
