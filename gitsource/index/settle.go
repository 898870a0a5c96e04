package index

import (
	"context"

	"mooring/gitsource/object"
)

// settle asks for the blobs that are needed, until none is missing: mostly once for all of them. It asks again where a
// symbolic link leads to a blob that is not known, and where a file turns out too large and the next best name counts.
// It returns the survey of the odd directories.
func (b *builder) settle(ctx context.Context, trail []object.ID, top *directory, path string) (*survey, error) {
	b.made = nil
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		wanted := newWanted(b.unjudged())
		b.settlePlain(wanted)
		odd := newSurvey(b, wanted)
		if err := odd.visit(ctx, top, path, trail, true); err != nil {
			return nil, err
		}
		if wanted.isEmpty() {
			return odd, nil
		}
		if err := b.objects.MakeKnown(ctx, wanted); err != nil {
			return nil, err
		}
	}
}

// unjudged counts the plain directories of this build of whose compose files nothing is known yet.
func (b *builder) unjudged() int {
	count := 0
	for _, d := range b.inOrder {
		if d.isUnjudged() {
			count++
		}
	}
	return count
}

// settlePlain gives the plain directories of this build their hashes, and notes the blobs that are not known. A file
// that turns out too large makes its directory odd, and all directories above it.
func (b *builder) settlePlain(wanted Wanted) {
	foundLarge := false
	for _, d := range b.inOrder {
		if !d.isUnjudged() {
			continue
		}
		file, _ := b.blob(d.files[0].id)
		if !file.isJudged() {
			wanted.Files[d.files[0].id] = struct{}{}
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
