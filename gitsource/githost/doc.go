// Package githost makes repositories and serves them. Only tests may import it.
//
// A Repository has a work tree, and tests change it with the git program. A Bare is made from a History by git
// fast-import, so its paths and modes may be such that no checkout is possible. A Hosted is a Bare that is served over
// HTTP. ServeHTTP, ServeGit and ServeSSH serve repositories with the git program, in version 2 or version 0 of its
// protocol, on 127.0.0.1. ServeNginx and ServeApache put a web server before it. ServeDulwich and GoGit6 serve
// repositories without the git program.
//
// Repositories and hosts end with the test that made them. The package uses only object and fault of the packages under
// test, so that a test does not compare code with itself.
package githost
