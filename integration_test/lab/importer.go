package lab

import (
	"bufio"
	"fmt"
	"io"
)

// Importer writes the input of git-fast-import(1). It keeps the writer's first error, which Import returns.
type Importer struct {
	out *bufio.Writer
	// clock is the time of the next commit, in seconds since 1970.
	clock int64
}

func newImporter(w io.Writer) *Importer {
	const start, buffer = 1_700_000_000, 1 << 20
	return &Importer{bufio.NewWriterSize(w, buffer), start}
}

// Pass advances the clock by the time of that many commits, which another import has made.
func (i *Importer) Pass(commits int) { i.clock += int64(commits) * 600 }

// Commit begins a commit on a ref. If parent is empty, the parent is the last commit of this input on the ref, if there
// is one.
func (i *Importer) Commit(ref, message, parent string) {
	i.Pass(1)
	fmt.Fprintf(i.out, "commit %s\ncommitter lab <lab@example.org> %d +0000\ndata %d\n%s\n",
		ref, i.clock, len(message), message)
	if parent != "" {
		fmt.Fprintf(i.out, "from %s\n", parent)
	}
}

// Clear removes every file from the commit.
func (i *Importer) Clear() { fmt.Fprintln(i.out, "deleteall") }

// File adds a file to the commit, or replaces it.
func (i *Importer) File(path string, content []byte) {
	fmt.Fprintf(i.out, "M 100644 inline %s\ndata %d\n", path, len(content))
	_, _ = i.out.Write(content) // the error is kept
	fmt.Fprintln(i.out)
}

// Branch makes a branch at the commit of a ref, or at the commit that is being made on that ref.
func (i *Importer) Branch(ref, from string) { fmt.Fprintf(i.out, "reset %s\nfrom %s\n\n", ref, from) }

// done ends the input.
func (i *Importer) done() error {
	fmt.Fprintln(i.out, "done")
	return i.out.Flush()
}
