package api

import (
	"net/http"
	"time"

	"mooring/actors"
	"mooring/api/encode"
)

// longestReading is how long an answer that tells what a stack is made of may take: the time for a turn and for the
// reading are shorter together.
const longestReading = 55 * time.Second

// respondContents answers with a stack and what it is made of at the revision of the view.
func (s *Server) respondContents(w http.ResponseWriter, r *http.Request, view actors.View, stack actors.Stack) error {
	if view.Desired.Revision == "" {
		return fault{http.StatusServiceUnavailable, codeNotReady,
			"no refresh has completed since the start, so no files can be read yet: ask again later"}
	}
	if err := prepareWait(w, r, longestReading); err != nil {
		return err
	}
	contents, err := s.contents.Of(r.Context(), view.Desired, stack.Path)
	if err != nil {
		return err
	}
	respond(w, http.StatusOK, encode.StackWithContents(stack, contents))
	return nil
}
