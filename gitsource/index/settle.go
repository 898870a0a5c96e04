package index

import (
	"context"

	"mooring/gitsource/object"
)

// settle loads the blobs that are needed, until none is missing: mostly all of them at once. It loads more if a
// symbolic link leads to a blob that is not known, or if a file is too large and the file with the next best name is
// used. It returns the survey of the odd directories.
func (b *builder) settle(ctx context.Context, trail []object.ID, top *directory, path string) (*survey, error) {
	b.made = nil
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		wanted := &Wanted{Files: make([]object.ID, 0, b.unjudged())}
		b.settlePlain(wanted)
		odd := newSurvey(b, wanted)
		if err := odd.visit(ctx, top, path, trail, true); err != nil {
			return nil, err
		}
		if wanted.isEmpty() {
			return odd, nil
		}
		wanted.settle()
		if err := b.objects.LoadBlobs(ctx, *wanted); err != nil {
			return nil, err
		}
	}
}

// unjudged counts the plain directories of this build with compose files that have not been read yet.
func (b *builder) unjudged() int {
	count := 0
	for _, d := range b.inOrder {
		if d.isUnjudged() {
			count++
		}
	}
	return count
}

// settlePlain sets the hashes of the plain directories of this build, and adds unknown blobs to wanted. A file that is
// too large makes its directory and all directories above it odd.
func (b *builder) settlePlain(wanted *Wanted) {
	foundLarge := false
	for _, d := range b.inOrder {
		if !d.isUnjudged() {
			continue
		}
		id := d.ids.file(0).id
		file, _ := b.blob(id)
		if !file.isJudged() {
			wanted.Files = append(wanted.Files, id)
			continue
		}
		d.hash, d.large = file.Hash, file.Large
		foundLarge = foundLarge || file.Large
	}
	if foundLarge {
		for _, d := range b.inOrder {
			d.summarize()
		}
	}
}
