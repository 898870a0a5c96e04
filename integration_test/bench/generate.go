package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

const (
	branch = "refs/heads/main"
	// mebibyte is the unit of sizes, as git has it.
	mebibyte = 1 << 20
	// imageSize is the size of one big file; the last one may be smaller.
	imageSize = 5 * mebibyte
)

// generate makes the repository of a shape at a path that does not exist yet, packed as a host packs it: deltas, and
// bitmaps where git makes them.
func (b *bench) generate(ctx context.Context, s shape, path string) (err error) {
	b.say("make a repository of %s", s)
	unfinished, err := os.MkdirTemp(b.repositories, "unfinished-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(unfinished)
	if err := b.run(ctx, unfinished, "init", "-q", "--bare", "--template=", "-b", "main", "."); err != nil {
		return err
	}
	err = b.git.write(ctx, unfinished, func(w io.Writer) error { return writeRepository(w, s) },
		"fast-import", "--quiet", "--done", "--depth=0")
	if err != nil {
		return err
	}
	for _, step := range [][]string{
		// What hosts allow; the last two keep the repository as it is here.
		{"config", "uploadpack.allowFilter", "true"},
		{"config", "uploadpack.allowAnySHA1InWant", "true"},
		{"config", "transfer.hideRefs", hidden},
		{"config", "gc.auto", "0"},
		{"config", "fastimport.unpackLimit", "1"},
		{"-c", "core.bigFileThreshold=1m", "repack", "-adfq"},
		{"pack-refs", "--all"},
		{"update-ref", hiddenBase, branch},
		{"update-ref", hiddenLast, branch},
	} {
		if err := b.run(ctx, unfinished, step...); err != nil {
			return err
		}
	}
	return os.Rename(unfinished, path)
}

func (b *bench) run(ctx context.Context, directory string, args ...string) error {
	_, err := b.git.output(ctx, directory, nil, args...)
	return err
}

// importer writes the input of git fast-import. The first error of the writer stays, and is told by the last flush.
type importer struct {
	*bufio.Writer
	// clock is the time of the next commit, in seconds since 1970.
	clock int64
}

func newImporter(w io.Writer) *importer {
	const start, buffer = 1_700_000_000, 1 << 20
	return &importer{bufio.NewWriterSize(w, buffer), start}
}

// commit begins a commit on a ref. The parent may be empty: then it is the last commit of this input on the ref.
func (i *importer) commit(ref, message, parent string) {
	i.clock += 600
	fmt.Fprintf(i, "commit %s\ncommitter bench <bench@example.org> %d +0000\ndata %d\n%s\n",
		ref, i.clock, len(message), message)
	if parent != "" {
		fmt.Fprintf(i, "from %s\n", parent)
	}
}

// file adds a file to the commit, or replaces it.
func (i *importer) file(path string, content []byte) {
	fmt.Fprintf(i, "M 100644 inline %s\ndata %d\n%s\n", path, len(content), content)
}

// done ends the input.
func (i *importer) done() error {
	fmt.Fprintln(i, "done")
	return i.Flush()
}

// writeRepository writes a repository of a shape: one commit with all the files, the history, the branches.
func writeRepository(w io.Writer, s shape) error {
	i := newImporter(w)
	i.commit(branch, "All stacks", "")
	i.file("README.md", []byte("# Stacks\n"))
	for stack := range s.stacks {
		c := newContent(stack, 0)
		i.file(composePath(stack), composeFileOf(stack, 0))
		i.file(filepath.Join(stackPath(stack), ".env"), c.settings(100, 300))
		i.file(filepath.Join(stackPath(stack), "README.md"), c.settings(300, 700))
		i.file(filepath.Join(stackPath(stack), "config/app.conf"), configurationOf(stack, 0))
	}
	for number, left := 0, s.blobs*mebibyte; left > 0; number, left = number+1, left-imageSize {
		i.file(fmt.Sprintf("assets/image%03d.bin", number), image(number, min(left, imageSize)))
	}
	for change := range s.history {
		writeHistoric(i, s, change)
	}
	for ref := range s.refs {
		fmt.Fprintf(i, "reset refs/heads/team-%d/topic-%05d\nfrom %s\n\n", ref%37, ref, branch)
	}
	return i.done()
}

// writeHistoric writes one commit of the history. Two of three change a compose file, as in a repository of stacks.
func writeHistoric(i *importer, s shape, change int) {
	edit := change + 1
	stack := newContent(-1, edit).IntN(s.stacks)
	i.commit(branch, fmt.Sprintf("Historic change %d", edit), "")
	if change%3 == 0 {
		i.file(filepath.Join(stackPath(stack), "config/app.conf"), configurationOf(stack, edit))
	} else {
		i.file(composePath(stack), composeFileOf(stack, edit))
	}
}

func stackName(stack int) string { return fmt.Sprintf("s%06d", stack) }

// stackPath is where a stack stands: fifty are on one host.
func stackPath(stack int) string { return fmt.Sprintf("hosts/h%04d/%s", stack/50, stackName(stack)) }

// composePath is the path of a stack's compose file: both names occur.
func composePath(stack int) string {
	name := "docker-compose.yml"
	if stack%5 == 4 {
		name = "docker-compose.yaml"
	}
	return stackPath(stack) + "/" + name
}
