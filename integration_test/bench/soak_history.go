package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"mooring/integration_test/lab"
)

// history is the repository of a soak, and a record of every commit that its branch has had.
type history struct {
	repo  lab.Repository
	known lab.Watched[record]
}

// record has the pushed commits. Only its owner reads the maps; their values do not change.
type record struct {
	// listings are the expected listings of the revisions.
	listings map[string]lab.Listing
	// stacks are the contents of each revision by path.
	stacks map[string]map[string]string
	// order are the revisions, oldest first.
	order []string
	tip   string
}

func newHistory(ctx context.Context, path string) (history, error) {
	repo, err := lab.NewRepository(ctx, path)
	if err != nil {
		return history{}, err
	}
	h := history{repo, lab.Watch(record{listings: map[string]lab.Listing{}, stacks: map[string]map[string]string{}})}
	content := map[string]string{}
	for i := range 40 {
		content[fmt.Sprintf("host-%d/stack-%02d", i%5, i)] = fmt.Sprintf("services: {s%d: {}}\n", i)
	}
	after, err := h.commit(ctx, content, "")
	if err == nil {
		err = h.move(after)
	}
	if err != nil {
		h.known.Close()
	}
	return h, err
}

const composeFile = "docker-compose.yml"

// commit makes a commit of stacks on a parent, or on none, and records it before a served ref names it.
func (h history) commit(ctx context.Context, content map[string]string, parent string) (revision string, err error) {
	const next = "refs/soak/next"
	err = h.repo.Import(ctx, func(i *lab.Importer) {
		i.Commit(next, "on "+parent, parent)
		i.Clear()
		for _, path := range slices.Sorted(maps.Keys(content)) {
			i.File(path+"/"+composeFile, []byte(content[path]))
		}
	})
	if err != nil {
		return "", err
	}
	if revision, err = h.repo.Git(ctx, "rev-parse", next); err != nil {
		return "", err
	}
	listing := lab.Listing{Revision: revision, Hashes: map[string]string{}}
	for path, text := range content {
		listing.Hashes[path+"/"+composeFile] = lab.Digest(text)
	}
	h.known.Change(func(r *record) {
		if _, known := r.listings[revision]; !known {
			r.order = append(r.order, revision)
		}
		r.listings[revision], r.stacks[revision] = listing, content
	})
	return revision, nil
}

// move moves the branch to a revision.
func (h history) move(revision string) error {
	if err := h.repo.Move(revision); err != nil {
		return err
	}
	h.known.Change(func(r *record) { r.tip = revision })
	return nil
}

func (h history) tip() string { return h.known.Value().tip }

// had returns the expected listing of a revision; false for a revision that git never had.
func (h history) had(revision string) (truth lab.Listing, known bool) {
	h.known.Run(func(r *record) { truth, known = r.listings[revision] })
	return truth, known
}

// isWhole returns an error unless a list has all stacks of one commit that git has had.
func (h history) isWhole(seen snapshot) error {
	served, err := seen.listing()
	if err != nil {
		return err
	}
	truth, known := h.had(seen.Revision)
	if !known {
		return fmt.Errorf("revision %s is served, which git never had", seen.Revision)
	}
	return truth.Differs(served)
}

// next makes the next commit: mostly a change, and sometimes an older commit or one of unrelated history.
func (h history) next(ctx context.Context) (before, after string, err error) {
	var content map[string]string
	var order []string
	h.known.Run(func(r *record) { before, order, content = r.tip, r.order, maps.Clone(r.stacks[r.tip]) })
	parent := before
	switch rand.IntN(10) {
	case 0:
		return before, order[rand.IntN(len(order))], nil
	case 1:
		parent = ""
	}
	for range 1 + rand.IntN(3) {
		path := fmt.Sprintf("host-%d/stack-%02d", rand.IntN(5), rand.IntN(60))
		if rand.IntN(4) == 0 && len(content) > 10 {
			delete(content, path)
			continue
		}
		content[path] = fmt.Sprintf("services: {n%d: {}}\n", rand.IntN(1000))
	}
	after, err = h.commit(ctx, content, parent)
	return before, after, err
}
