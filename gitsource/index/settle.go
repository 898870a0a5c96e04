package index

import (
	"context"

	"mooring/gitsource/object"
)

// settle asks for the blobs that the directories under top need until nothing is missing: usually once for all of
// them, once more where symbolic links lead to blobs that are not known, or where a file turned out to be too large
// and the next best name counts. It returns what the odd directories hold.
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

// unjudged counts the plain directories of this build whose hashes are not known.
func (b *builder) unjudged() int {
	count := 0
	for _, d := range b.inOrder {
		if d.isUnjudged() {
			count++
		}
	}
	return count
}

// settlePlain gives the plain directories of this build the hashes that are known, and notes the ones that are not. A
// file that turns out to be too large makes its directory odd, and with it all those above.
func (b *builder) settlePlain(wanted Wanted) {
	foundLarge := false
	for _, d := range b.inOrder {
		if !d.isUnjudged() {
			continue
		}
		known, _ := b.blob(d.files[0].id)
		if !known.isJudged() {
			wanted.Files[d.files[0].id] = struct{}{}
			continue
		}
		d.hash, d.large = known.Hash, known.Large
		foundLarge = foundLarge || known.Large
	}
	if foundLarge {
		for _, d := range b.inOrder {
			d.summarize()
		}
	}
}
