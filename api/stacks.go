package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/julienschmidt/httprouter"

	"mooring/actors"
	"mooring/api/encode"
)

// getStacks answers GET /api/v1/stacks: a Snapshot. With If-None-Match and a wait it answers when the list differs from
// the client's list.
func (s *Server) getStacks(w http.ResponseWriter, r *http.Request, _ httprouter.Params) error {
	query, err := parseQuery(r)
	if err != nil {
		return err
	}
	f, err := parseFilter(query)
	if err != nil {
		return err
	}
	wait, err := parseWait(query)
	if err != nil {
		return err
	}
	key := listKey{f, acceptsGzip(r.Header)}
	if wait > 0 && len(r.Header.Values("If-None-Match")) > 0 {
		return s.awaitStacks(w, r, key, wait)
	}
	_, newest, err := s.newestList(r.Context(), key)
	if err != nil {
		return err
	}
	respondList(w, newest, !inIfNoneMatch(r.Header, newest.etag))
	return nil
}

// newestList returns the newest list, and the view that it was made from.
func (s *Server) newestList(ctx context.Context, key listKey) (actors.View, list, error) {
	view, err := s.actor.View(ctx)
	if err != nil {
		return view, list{}, err
	}
	newest, err := s.keeper.list(ctx, view.Snapshot, key)
	return view, newest, err
}

// awaitStacks answers when If-None-Match does not name the list. When the wait ends before that or the actor stops, it
// answers with 304.
func (s *Server) awaitStacks(w http.ResponseWriter, r *http.Request, key listKey, wait time.Duration) error {
	ctx := r.Context()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for waited := false; ; waited = true {
		view, newest, err := s.newestList(ctx, key)
		if err != nil {
			return err
		}
		if !inIfNoneMatch(r.Header, newest.etag) {
			respondList(w, newest, true)
			return nil
		}
		if !waited {
			if err := prepareWait(w, r, wait); err != nil {
				return err
			}
		}
		select {
		case <-view.Changed:
			continue
		case <-timer.C:
		case <-s.actor.Done():
		case <-ctx.Done():
			return ctx.Err()
		}
		respondList(w, newest, false)
		return nil
	}
}

// respondList answers with a list, or with 304 when it does not differ from the client's.
func respondList(w http.ResponseWriter, l list, differs bool) {
	header := w.Header()
	header.Set("Cache-Control", "no-cache") // may be stored, but not used without asking again (RFC 9111, 5.2.2.4)
	header.Set("Etag", l.etag)
	header.Set("Vary", "Accept-Encoding")
	if !differs {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if l.encoding != "" {
		header.Set("Content-Encoding", l.encoding)
	}
	respond(w, http.StatusOK, l.body)
}

// getStack answers GET /api/v1/stacks/PATH: a Stack. With inputs=true it also tells what the stack is made of.
func (s *Server) getStack(w http.ResponseWriter, r *http.Request, params httprouter.Params) error {
	query, err := parseQuery(r)
	if err != nil {
		return err
	}
	withInputs, err := parseInputs(query)
	if err != nil {
		return err
	}
	view, err := s.actor.View(r.Context())
	if err != nil {
		return err
	}
	stacks := view.Snapshot.Stacks
	i, found := slices.BinarySearchFunc(stacks, stackPath(params), func(stack actors.Stack, path string) int {
		return strings.Compare(stack.Path, path)
	})
	if !found {
		return actors.ErrStackNotFound
	}
	if withInputs {
		return s.respondContents(w, r, view, stacks[i])
	}
	respond(w, http.StatusOK, encode.Stack(stacks[i]))
	return nil
}

// stackPath returns the path of the stack that a URL names. The router has decoded it, so a client may escape the
// slashes in the path or not. The stack at the repository's root has an empty path in the URL, or "."; most clients
// remove "." from a URL (RFC 3986, 5.2.4).
func stackPath(params httprouter.Params) string {
	path := strings.TrimPrefix(params.ByName("path"), "/")
	if path == "" {
		return "."
	}
	return path
}
