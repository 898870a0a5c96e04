// Package lab is what the tests of the built service and the measuring program share. It is never part of the service.
//
//   - build.go builds the service.
//   - process.go starts and stops it in a clean environment, reads its log and waits until it is ready.
//   - figures.go reads what the system and the service itself say of the process: memory, CPU, threads, open files.
//   - git.go runs the git program, apart from the user's configuration.
//   - repository.go, importer.go and listing.go make a repository and say what the git program finds in it.
//   - host.go is a Git host on loopback, counter.go and tape.go what it notes, faults.go what can go wrong there,
//     gate.go where requests hang.
//   - client.go asks over HTTP, delivery.go signs what Git hosts send, secrets.go searches a text for secrets.
//   - watched.go lets one goroutine own a value that others change and wait for.
package lab
