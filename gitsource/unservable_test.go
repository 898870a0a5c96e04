package gitsource

import (
	"fmt"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/githost"
	"mooring/gitsource/index"
	"mooring/gitsource/object"
	"mooring/gitsource/pack"
)

// A larger request does not help if the commit itself cannot be served. It would transfer large files that are no
// stacks at each attempt.
func TestACommitThatCannotBeServedIsAskedForOnce(t *testing.T) {
	for name, c := range map[string]struct {
		// push makes the commit, of a file's id and a directory's.
		push func(t githost.Fatal, r githost.Hosted, file, dir string)
		says string
	}{
		"two entries of a name": {func(t githost.Fatal, r githost.Hosted, file, _ string) {
			entry := githost.RawEntry("100644", "docker-compose.yml", file)
			r.AddTree(t, r.WriteTree(t, entry+entry))
		}, "a tree has two entries of the same name"},
		"a name that climbs": {func(t githost.Fatal, r githost.Hosted, _, dir string) {
			r.AddTree(t, r.WriteTree(t, githost.RawEntry("40000", "..", dir)))
		}, "a tree has an entry whose name Git does not allow"},
		"nested without end": {func(t githost.Fatal, r githost.Hosted, _, _ string) {
			deep := githost.Layout{strings.Repeat("d/", 1025) + "docker-compose.yml": githost.File("a")}
			r.Add(t, githost.History{{Layout: deep, Parents: []int{0}}})
		}, "directories are nested more than 1024 deep"},
		"a large tree": {func(t githost.Fatal, r githost.Hosted, file, _ string) {
			var tree strings.Builder
			for i := range 2000 {
				tree.WriteString(githost.RawEntry("100644", fmt.Sprintf("%05d", i), file))
			}
			r.AddTree(t, r.WriteTree(t, tree.String()))
		}, "a tree is larger than 65536 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r := githost.Host(t, githost.HTTPOptions{}, githost.Chain(githost.SomeStacks(3)))
			source := newTestSource(t, r.URL)
			source.largest = 64 << 10
			good := fetchOK(t, r, source, 0, actors.DesiredState{})
			is.Equal(r.Posts(), 3)
			c.push(t, r, r.Says(t, nil, "rev-parse", "main:base.yml"), r.Says(t, nil, "rev-parse", "main:hosts"))
			for _, previous := range []actors.DesiredState{good, {}} {
				_, err := source.Fetch(t.Context(), previous)
				is.Equal(fault.Of(err).Code, actors.CodeProtocol)
				is.Equal(fault.Of(err).Message, "The commit cannot be served: "+c.says+".")
				is.Equal(r.Posts(), 2) // the ref, and the trees
			}
		})
	}
}

// Old imports may have directories that no checkout could hold. Beside the stacks they do not matter.
func TestATreeThatIsNotEnteredMayHoldAnything(t *testing.T) {
	is := is.New(t)
	r := githost.Host(t, githost.HTTPOptions{}, githost.Chain(githost.Layout{"deploy/web/docker-compose.yml": githost.File("a")}))
	deploy := r.Says(t, nil, "rev-parse", "main:deploy")
	docs := r.WriteTree(t, githost.RawEntry("40000", "..", deploy))
	r.AddTree(t, r.WriteTree(t, githost.RawEntry("40000", "deploy", deploy)+githost.RawEntry("40000", "docs", docs)))
	want := []actors.DesiredStack{yml("deploy/web", "a")}
	for _, filters := range []string{"true", "false"} {
		r.Configure(t, "uploadpack.allowFilter", filters)
		for _, url := range []string{r.URL, r.Dir} {
			state, err := newTestSource(t, url, deployDir("deploy")).Fetch(t.Context(), actors.DesiredState{})
			is.NoErr(err)
			is.Equal(bare(state.Stacks), want)
		}
	}
}

// The limit on what is kept of one answer also holds for all answers together.
func TestBlobsOfAllAnswersTogetherAreBounded(t *testing.T) {
	is := is.New(t)
	limits := receivedLimits{pack.Limits{Objects: 10}, 1 << 20}
	r := received{limits: limits, blobs: map[object.ID]index.Blob{}, links: map[object.ID]struct{}{}}
	for i := range 10 {
		is.NoErr(r.Object(object.Blob, object.ID{byte(i)}, nil))
	}
	is.NoErr(r.Object(object.Blob, object.ID{0}, nil)) // the same again
	is.True(r.Object(object.Blob, object.ID{10}, nil) != nil)

	limits = receivedLimits{pack.Limits{Objects: 1000}, 100_000}
	r = received{limits: limits, blobs: map[object.ID]index.Blob{}, links: map[object.ID]struct{}{}}
	var err error
	for i := 0; err == nil && i < 1000; i++ {
		id := githost.ID(fmt.Sprintf("%040x", i))
		r.links[id] = struct{}{}
		err = r.Object(object.Blob, id, []byte(strings.Repeat("x", index.MaxLinkText)))
	}
	is.True(err != nil)
	is.Equal(len(r.blobs), 100_000/index.MaxLinkText+1)
}
