// Package inflate inflates the objects of Git's packs and loose files: zlib streams (RFC 1950, RFC 1951).
//
// A Decoder inflates an object of known size into the caller's memory, and consumes no byte of the source after the
// stream's end. It is for the thousands of small objects of a pack: package compress/zlib is too slow for them. A
// Stream inflates an object piece by piece with package compress/zlib. It is for objects that are too large for memory,
// and for those of unknown size.
package inflate
