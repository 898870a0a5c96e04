package index

import (
	"context"
	"errors"
	"testing"

	"github.com/matryer/is"

	"mooring/gitsource/githost"
	"mooring/gitsource/object"
)

// A few trees can name very many directories, and links can lead a long way through them. The survey must end with the
// context.
func TestTheSurveyEndsWithTheContext(t *testing.T) {
	is := is.New(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	s := newSurvey(newBuilder([]string{"docker-compose.yml"}, treesAtHand{}, nil), &Wanted{})
	ids := packIDs(object.ID{}, []composeFile{{mode: object.ModeDirectory}}, new([]byte))
	d := &directory{weight: 1, odd: true, ids: ids}
	is.NoErr(s.visit(t.Context(), d, ".", nil, true))
	is.True(errors.Is(s.visit(ended, d, ".", nil, true), context.Canceled))

	root := []byte(githost.RawEntry("120000", "a", githost.SomeID))
	resolver := newLinkResolver(
		func(context.Context, object.ID) ([]byte, error) { return root, nil },
		func(object.ID) (string, bool) { return "./a", true },
	)
	_, reason, _, err := resolver.follow(t.Context(), "a", []object.ID{{}})
	is.NoErr(err)
	is.True(reason != "")
	_, _, _, err = resolver.follow(ended, "a", []object.ID{{}})
	is.True(errors.Is(err, context.Canceled))
}
