// Package inputs finds the files that a stack is made of. It reads the stack's compose file with compose-go, the library
// that defines Compose, over the files of one commit. It starts no program and never reads the checkout.
//
// compose-go opens its files through the operating system. A reading therefore has an empty directory of its own, in
// which it puts just those files of the commit that compose-go asks for: an attempt fails at a file that is not there,
// the file is put there, and the next attempt gets further. What was put there in the end is what the stack was read
// from. What its services mount, build from or get as configs and secrets is in the project that compose-go returns.
package inputs
