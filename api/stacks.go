package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/julienschmidt/httprouter"

	"mooring/actors"
)

// getStacks answers GET /api/v1/stacks: a Snapshot. With If-None-Match and a wait it answers when the list differs from
// the one that the client has.
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
	if len(r.Header.Values("If-None-Match")) == 0 {
		wait = 0
	}
	compressed := acceptsGzip(r.Header)
	if wait == 0 {
		answer, err := s.newestList(r.Context(), f, compressed)
		if err != nil {
			return err
		}
		respondList(w, answer, !matchesNone(r.Header, answer.etag))
		return nil
	}
	answer, differs, err := s.awaitList(w, r, f, compressed, wait)
	if err != nil {
		return err
	}
	respondList(w, answer, differs)
	return nil
}

// newestList returns the list as it is.
func (s *Server) newestList(ctx context.Context, f filter, compressed bool) (*list, error) {
	view, err := s.actor.View(ctx)
	if err != nil {
		return nil, err
	}
	return s.lists.get(ctx, view.Snapshot, f, compressed)
}

// awaitList returns the list as it is when it differs from what the header's If-None-Match names, or when the wait or
// the actor has ended, and whether it differs.
func (s *Server) awaitList(
	w http.ResponseWriter, r *http.Request, f filter, compressed bool, wait time.Duration,
) (*list, bool, error) {
	ctx := r.Context()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for waits := false; ; waits = true {
		view, err := s.actor.View(ctx)
		if err != nil {
			return nil, false, err
		}
		answer, err := s.lists.get(ctx, view.Snapshot, f, compressed)
		if err != nil {
			return nil, false, err
		}
		if !matchesNone(r.Header, answer.etag) {
			return answer, true, nil
		}
		if !waits {
			if err := prepareWait(w, r, wait); err != nil {
				return nil, false, err
			}
		}
		select {
		case <-view.Changed:
		case <-timer.C:
			return answer, false, nil
		case <-s.actor.Done():
			return answer, false, nil
		case <-ctx.Done():
			return nil, false, ctx.Err()
		}
	}
}

// respondList answers with a list, or with 304 when the client has it.
func respondList(w http.ResponseWriter, answer *list, differs bool) {
	header := w.Header()
	header.Set("Cache-Control", "no-cache") // may be kept, and must be asked about each time
	header.Set("Etag", answer.etag)
	header.Set("Vary", "Accept-Encoding")
	if !differs {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if answer.encoding != "" {
		header.Set("Content-Encoding", answer.encoding)
	}
	respond(w, http.StatusOK, answer.body)
}

// getStack answers GET /api/v1/stacks/PATH: a Stack.
func (s *Server) getStack(w http.ResponseWriter, r *http.Request, params httprouter.Params) error {
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
	respondStack(w, stacks[i])
	return nil
}

func respondStack(w http.ResponseWriter, stack actors.Stack) {
	respond(w, http.StatusOK, append(appendStack(nil, stack), '\n'))
}

// stackPath returns the path of the stack that a URL names. The router has decoded it, so clients that escape the
// slashes inside a path mean the same stack as those that do not; no directory name has a slash in it. The root is
// named by nothing as well as by its dot, which most clients remove from a URL (RFC 3986, 5.2.4).
func stackPath(params httprouter.Params) string {
	path := strings.TrimPrefix(params.ByName("path"), "/")
	if path == "" {
		return "."
	}
	return path
}
