// Package inflate inflates the objects of Git's packs and loose files: zlib streams (RFC 1950, RFC 1951).
//
// A Decoder makes an object whose size is known into memory that is given, and takes not one byte of the source beyond
// the stream's end. It is for the thousands of small objects of a pack, for which package compress/zlib is too slow.
// A Stream hands an object on piece by piece, by means of package compress/zlib: for objects that are too large to be
// held, and for those of unknown size.
package inflate
