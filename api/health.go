package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/julienschmidt/httprouter"

	"mooring/actors"
	"mooring/api/encode"
)

// healthBudget is how long the refresh actor may take to answer while the service counts as healthy.
const healthBudget = time.Second

// getHealth answers GET /healthz: 200 while the refresh actor answers in time. It says nothing about Git, because a Git
// host that is down is no reason to restart this process.
func (s *Server) getHealth(w http.ResponseWriter, r *http.Request, _ httprouter.Params) error {
	if _, err := s.viewInTime(r); err != nil {
		return err
	}
	respond(w, http.StatusOK, encode.Healthy())
	return nil
}

// getReadiness answers GET /readyz: 200 from the first completed refresh on.
func (s *Server) getReadiness(w http.ResponseWriter, r *http.Request, _ httprouter.Params) error {
	view, err := s.viewInTime(r)
	if err == nil && view.LastSuccess.ID != "" {
		respond(w, http.StatusOK, encode.Ready(view.Snapshot.Revision))
		return nil
	}
	reason := "the first refresh has not completed yet"
	if err != nil {
		reason = faultOf(err).message
	} else if last, _ := view.Last(); last.Failure != nil {
		reason = "no refresh has completed yet; the last one failed: " + last.Failure.Message
	}
	respond(w, http.StatusServiceUnavailable, encode.NotReady(reason))
	return nil
}

// viewInTime returns what the actor knows, or an error that is answered with 503 when the actor has stopped or takes
// too long. It ignores the end of the request's context: some clients close their sending side and still read the
// answer.
func (s *Server) viewInTime(r *http.Request) (actors.View, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), healthBudget)
	defer cancel()
	view, err := s.actor.View(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fault{http.StatusServiceUnavailable, codeInternal, "the refresh actor has not answered within a second"}
	}
	return view, err
}
