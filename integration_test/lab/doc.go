// Package lab is shared by the tests of the built service and by the measuring program. It is never part of the
// service.
//
//   - build.go builds the service.
//   - process.go starts and stops it in a clean environment, reads its log and waits until it is ready.
//   - figures.go reads figures of the process from the system and from the service: memory, CPU, threads, open files.
//   - git.go runs the git program without the user's configuration.
//   - repository.go, importer.go and listing.go make a repository and list its stacks with the git program.
//   - host.go is a Git host on loopback; counter.go and tape.go note its requests, faults.go has its faults, and gate.go
//     makes requests hang.
//   - client.go sends HTTP requests, delivery.go signs deliveries, secrets.go searches a text for secrets.
//   - watched.go has a value that one goroutine owns, and that others change and wait for.
package lab
