package api

import (
	"encoding/json"
	"io"
	"net/http"

	"github.com/julienschmidt/httprouter"

	"mooring/actors"
	"mooring/api/encode"
)

// removalsLimit bounds the body of a release, in bytes: it may name very many stacks.
const removalsLimit = 8 << 20

// postRemovals answers POST /api/v1/removals: an operator tells that held removals are meant. It needs the token of
// deployers, because deployers take down what is released.
func (s *Server) postRemovals(w http.ResponseWriter, r *http.Request, _ httprouter.Params) error {
	if err := s.deployers.admit(w, r); err != nil {
		return err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, removalsLimit))
	if err != nil {
		return bodyFault(err, "8 MiB")
	}
	release, err := parseRelease(body)
	if err != nil {
		return err
	}
	released, err := s.actor.Release(r.Context(), release)
	if err != nil {
		return err
	}
	respond(w, http.StatusOK, encode.Released(released))
	return nil
}

// parseRelease reads a release: one JSON object with the revision that the operator has seen, and perhaps the paths of
// some stacks. It reads a map and not a struct, because encoding/json ignores the case of a struct's names.
func parseRelease(body []byte) (actors.Release, error) {
	malformed := fault{http.StatusBadRequest, codeInvalidBody,
		`the body must be one JSON object with the revision of the list and, for some stacks only, their paths, such as ` +
			`{"revision":"…","paths":["apps/web"]}`}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return actors.Release{}, malformed
	}
	var release actors.Release
	for name, value := range members {
		var err error
		switch name {
		case "revision":
			err = json.Unmarshal(value, &release.Revision)
		case "paths":
			err = json.Unmarshal(value, &release.Paths)
			if err == nil && len(release.Paths) == 0 { // null or []: it may be meant for all or for none
				return actors.Release{}, malformed
			}
		default:
			return actors.Release{}, malformed
		}
		if err != nil {
			return actors.Release{}, malformed
		}
	}
	if release.Revision == "" {
		return actors.Release{}, malformed
	}
	return release, nil
}
