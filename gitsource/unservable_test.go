package gitsource

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
)

// writeTree makes a tree object of any bytes and returns its id.
func (r *bareRepository) writeTree(t fatal, tree string) string {
	t.Helper()
	return r.says(t, bytes.NewBufferString(tree), "hash-object", "-t", "tree", "--literally", "-w", "--stdin")
}

// says runs the git program and returns the line that it prints.
func (r *bareRepository) says(t fatal, input *bytes.Buffer, arguments ...string) string {
	t.Helper()
	return strings.TrimSpace(string(runGit(t, r.dir, input, arguments...)))
}

// addTree makes a commit of a tree, after the last one, and moves main to it.
func (r *bareRepository) addTree(t fatal, tree string) {
	t.Helper()
	last := r.commits[len(r.commits)-1]
	r.commits = append(r.commits, r.says(t, nil, "commit-tree", tree, "-p", last, "-m", "x"))
	r.moveMain(t, r.commits[len(r.commits)-1])
}

// rawEntry is an entry of a tree as it is stored.
func rawEntry(mode, name, id string) string {
	raw := idOf(id)
	return mode + " " + name + "\x00" + string(raw[:])
}

// What a commit itself holds does not become better by asking for more: the images beside the stacks would come for
// nothing, at each attempt.
func TestACommitThatCannotBeServedIsAskedForOnce(t *testing.T) {
	for name, c := range map[string]struct {
		// push makes the commit, of a file's id and a directory's.
		push func(t fatal, r hostedRepository, file, dir string)
		says string
	}{
		"two entries of a name": {func(t fatal, r hostedRepository, file, _ string) {
			entry := rawEntry("100644", "docker-compose.yml", file)
			r.addTree(t, r.writeTree(t, entry+entry))
		}, "a tree has two entries of the same name"},
		"a name that climbs": {func(t fatal, r hostedRepository, _, dir string) {
			r.addTree(t, r.writeTree(t, rawEntry("40000", "..", dir)))
		}, "a tree has an entry whose name Git does not allow"},
		"nested without end": {func(t fatal, r hostedRepository, _, _ string) {
			deep := layout{strings.Repeat("d/", maxDepth+1) + "docker-compose.yml": file("a")}
			r.add(t, history{{layout: deep, parents: []int{0}}})
		}, "directories are nested more than 1024 deep"},
		"a large tree": {func(t fatal, r hostedRepository, file, _ string) {
			var tree strings.Builder
			for i := range 2000 {
				tree.WriteString(rawEntry("100644", fmt.Sprintf("%05d", i), file))
			}
			r.addTree(t, r.writeTree(t, tree.String()))
		}, "a tree is larger than 65536 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r := hostHistory(t, httpOptions{}, chain(someStacks(3)))
			source := newTestSource(t, r.url)
			source.largest = 64 << 10
			good := r.fetchOK(t, source, 0, actors.DesiredState{})
			is.Equal(r.posts(), 3)
			c.push(t, r, r.says(t, nil, "rev-parse", "main:base.yml"), r.says(t, nil, "rev-parse", "main:hosts"))
			for _, previous := range []actors.DesiredState{good, {}} {
				_, err := source.Fetch(t.Context(), previous)
				is.Equal(classify(err).Code, actors.CodeProtocol)
				is.Equal(classify(err).Message, "The commit cannot be served: "+c.says+".")
				is.Equal(r.posts(), 2) // where the ref is, and the trees
			}
		})
	}
}

// Old imports have directories that no checkout could hold. Those beside the stacks concern nobody.
func TestATreeThatIsNotEnteredMayHoldAnything(t *testing.T) {
	is := is.New(t)
	r := hostHistory(t, httpOptions{}, chain(layout{"deploy/web/docker-compose.yml": file("a")}))
	deploy := r.says(t, nil, "rev-parse", "main:deploy")
	docs := r.writeTree(t, rawEntry("40000", "..", deploy))
	r.addTree(t, r.writeTree(t, rawEntry("40000", "deploy", deploy)+rawEntry("40000", "docs", docs)))
	want := []actors.DesiredStack{yml("deploy/web", "a")}
	for _, filters := range []string{"true", "false"} {
		r.configure(t, "uploadpack.allowFilter", filters)
		for _, url := range []string{r.url, r.dir} {
			state, err := newTestSource(t, url, deployDir("deploy")).Fetch(t.Context(), actors.DesiredState{})
			is.NoErr(err)
			is.Equal(state.Stacks, want)
		}
	}
}

// A host may answer as often as it is asked; what is kept of all its answers is bounded as that of one.
func TestBlobsOfAllAnswersTogetherAreBounded(t *testing.T) {
	is := is.New(t)
	limits := receivedLimits{packLimits{objects: 10}, 1 << 20}
	r := received{limits: limits, blobs: map[objectID]blob{}, links: map[objectID]struct{}{}}
	for i := range 10 {
		is.NoErr(r.object(kindBlob, objectID{byte(i)}, nil))
	}
	is.NoErr(r.object(kindBlob, objectID{0}, nil)) // the same again
	is.True(r.object(kindBlob, objectID{10}, nil) != nil)

	limits = receivedLimits{packLimits{objects: 1000}, 100_000}
	r = received{limits: limits, blobs: map[objectID]blob{}, links: map[objectID]struct{}{}}
	var err error
	for i := 0; err == nil && i < 1000; i++ {
		id := idOf(fmt.Sprintf("%040x", i))
		r.links[id] = struct{}{}
		err = r.object(kindBlob, id, []byte(strings.Repeat("x", maxLinkText)))
	}
	is.True(err != nil)
	is.Equal(len(r.blobs), 100_000/maxLinkText+1)
}

// Few trees can name very many directories, and each of their links a long way: looking at them ends with the refresh.
func TestTheSurveyEndsWithTheContext(t *testing.T) {
	is := is.New(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	s := newSurvey(newBuilder([]string{"docker-compose.yml"}, &received{}, nil), newWantedBlobs(0))
	d := &directory{weight: 1, odd: true, files: []composeFile{{kind: directoryEntry}}}
	is.NoErr(s.visit(t.Context(), d, ".", nil, true))
	is.True(errors.Is(s.visit(ended, d, ".", nil, true), context.Canceled))

	root := []byte(rawEntry("120000", "a", someID))
	resolver := newLinkResolver(
		func(context.Context, objectID) ([]byte, error) { return root, nil },
		func(objectID) (string, bool) { return "./a", true },
	)
	_, reason, _, err := resolver.follow(t.Context(), "a", []objectID{{}})
	is.NoErr(err)
	is.True(reason != "")
	_, _, _, err = resolver.follow(ended, "a", []objectID{{}})
	is.True(errors.Is(err, context.Canceled))
}
