// Package githost makes repositories and serves them, for tests alone: nothing but tests may import it.
//
// Repository has a work tree and is changed as a person would change it. Bare is made of a History of layouts by git
// fast-import, so that its paths and modes can be what no checkout would hold; Hosted is one that is served over HTTP.
// ServeHTTP, ServeGit and ServeSSH serve repositories with the git program, in version 2 or version 0 of its protocol,
// on 127.0.0.1.
//
// Repositories and hosts end with the test that made them. Of the packages under test it uses only object and fault, so
// that what a test compares with does not come from the code that it tests.
package githost
