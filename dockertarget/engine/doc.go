// Package engine asks the Docker Engine that the docker program reaches: which containers it has, and which of them this
// process runs in. It changes nothing there.
package engine
