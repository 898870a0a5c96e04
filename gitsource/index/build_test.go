package index

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/githost"
	"mooring/gitsource/object"
)

// treesAtHand are local Objects with trees and without blobs.
type treesAtHand map[object.ID][]byte

func (o treesAtHand) Tree(_ context.Context, id object.ID) ([]byte, error) {
	if tree, ok := o[id]; ok {
		return tree, nil
	}
	return nil, fault.ErrAbsent
}

func (o treesAtHand) TreeCount() int { return len(o) }

func (treesAtHand) Blob(object.ID) (Blob, bool) { return Blob{}, false }

func (treesAtHand) AreLocal() bool { return true }

func (treesAtHand) LoadBlobs(context.Context, Wanted) error { return fault.ErrAbsent }

// numberedTree makes a tree object of entries "mode name"; the ids are 1, 2, 3 and so on.
func numberedTree(entries ...string) []byte {
	var tree strings.Builder
	for i, entry := range entries {
		mode, name, _ := strings.Cut(entry, " ")
		tree.WriteString(githost.RawEntry(mode, name, fmt.Sprintf("%040x", i+1)))
	}
	return []byte(tree.String())
}

func TestATreeWithTwoEntriesOfOneNameIsAnError(t *testing.T) {
	for _, tree := range [][]byte{
		numberedTree("100644 docker-compose.yml", "100644 docker-compose.yml"), numberedTree("40000 a", "40000 b", "40000 a"),
		numberedTree("40000 docker-compose.yml", "100644 docker-compose.yml"),
	} {
		is := is.New(t)
		empty := map[object.ID][]byte{{}: tree}
		for i := range 3 {
			empty[object.ID{19: byte(i + 1)}] = nil
		}
		b := newBuilder([]string{"docker-compose.yml"}, treesAtHand(empty), nil)
		_, err := b.directory(t.Context(), object.ID{}, nil, 0)
		is.True(err != nil)
		is.Equal(fault.Of(err).Code, actors.CodeProtocol)
	}
}
