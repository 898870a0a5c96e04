// Package pack reads packs, the files in which Git sends and stores objects (gitformat-pack).
//
// Reader reads a pack as it comes over the network, in one pass: it makes each object, computes its id and gives it to
// a Visitor. Its limits bound its memory for every pack. Package local uses the other exported names to read a pack on
// a disk in any order: the header of an object, deltas, and a Ring for the contents that were read last.
//
// Sizes and offsets from a pack are int64 until they are bounded: a pack may be larger than an int of 32 bits can
// count.
package pack
