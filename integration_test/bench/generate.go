package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"mooring/integration_test/lab"
)

const (
	// mebibyte is the unit of sizes.
	mebibyte = 1 << 20
	// imageSize is the size of one big file; the last one may be smaller.
	imageSize = 5 * mebibyte
)

// generate makes the repository of a shape at a path that does not exist yet. It is packed as on a host: with deltas,
// and with bitmaps if git makes them.
func (b *bench) generate(ctx context.Context, s shape, path string) error {
	b.say("make a repository of %s", s)
	unfinished, err := os.MkdirTemp(b.repositories, "unfinished-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(unfinished)
	r, err := lab.NewRepository(ctx, unfinished)
	if err != nil {
		return err
	}
	if err := r.Import(ctx, func(i *lab.Importer) { writeRepository(i, s) }, "--depth=0"); err != nil {
		return err
	}
	for _, step := range [][]string{
		// Hosts allow these; unpackLimit keeps later changes packed, too.
		{"config", "uploadpack.allowFilter", "true"},
		{"config", "uploadpack.allowAnySHA1InWant", "true"},
		{"config", "transfer.hideRefs", hidden},
		{"config", "fastimport.unpackLimit", "1"},
		{"-c", "core.bigFileThreshold=1m", "repack", "-adfq"},
		{"pack-refs", "--all"},
		{"update-ref", hiddenBase, lab.Branch},
		{"update-ref", hiddenLast, lab.Branch},
	} {
		if _, err := r.Git(ctx, step...); err != nil {
			return err
		}
	}
	return os.Rename(unfinished, path)
}

// writeRepository writes a repository of a shape: one commit with all the files, the history, the branches.
func writeRepository(i *lab.Importer, s shape) {
	i.Commit(lab.Branch, "All stacks", "")
	i.File("README.md", []byte("# Stacks\n"))
	for stack := range s.stacks {
		c := newContent(stack, 0)
		i.File(composePath(stack), composeFileOf(stack, 0))
		i.File(filepath.Join(stackPath(stack), ".env"), c.settings(100, 300))
		i.File(filepath.Join(stackPath(stack), "README.md"), c.settings(300, 700))
		i.File(filepath.Join(stackPath(stack), "config/app.conf"), configurationOf(stack, 0))
	}
	for number, left := 0, s.blobs*mebibyte; left > 0; number, left = number+1, left-imageSize {
		i.File(fmt.Sprintf("assets/image%03d.bin", number), image(number, min(left, imageSize)))
	}
	for change := range s.history {
		writeHistoric(i, s, change)
	}
	for ref := range s.refs {
		i.Branch(fmt.Sprintf("refs/heads/team-%d/topic-%05d", ref%37, ref), lab.Branch)
	}
}

// writeHistoric writes one commit of the history. Two of three change a compose file, as in a repository of stacks.
func writeHistoric(i *lab.Importer, s shape, change int) {
	edit := change + 1
	stack := newContent(-1, edit).IntN(s.stacks)
	i.Commit(lab.Branch, fmt.Sprintf("Historic change %d", edit), "")
	if change%3 == 0 {
		i.File(filepath.Join(stackPath(stack), "config/app.conf"), configurationOf(stack, edit))
	} else {
		i.File(composePath(stack), composeFileOf(stack, edit))
	}
}

func stackName(stack int) string { return fmt.Sprintf("s%06d", stack) }

// stackPath is the path of a stack: there are fifty for each host.
func stackPath(stack int) string { return fmt.Sprintf("hosts/h%04d/%s", stack/50, stackName(stack)) }

// composePath is the path of a stack's compose file. Both names occur.
func composePath(stack int) string {
	name := "docker-compose.yml"
	if stack%5 == 4 {
		name = "docker-compose.yaml"
	}
	return stackPath(stack) + "/" + name
}
