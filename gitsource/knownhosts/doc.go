// Package knownhosts reads files of known SSH hosts and checks host keys with them (sshd(8), "SSH_KNOWN_HOSTS FILE
// FORMAT"). It reads the same files as the ssh program and comes to the same answer, with these differences:
//
//   - A line that is marked @revoked and cannot be read makes every key of the hosts that it names untrusted. The ssh
//     program skips it.
//   - A revoked key is refused for every host, also for one that the line does not name.
//   - A byte order mark before the first line is not a part of that line.
//
// A host is trusted only if a line says so. Any other line that cannot be read does not count, and Warning tells of it.
// Every error is an *actors.Failure.
package knownhosts
