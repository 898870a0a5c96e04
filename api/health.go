package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/julienschmidt/httprouter"

	"mooring/actors"
)

// healthBudget is how long the actor may take to answer while the service counts as healthy.
const healthBudget = time.Second

// getHealth answers GET /healthz: 200 while the actor answers in time. It tells nothing of Git: a host that is down is
// no reason to restart this process.
func (s *Server) getHealth(w http.ResponseWriter, r *http.Request, _ httprouter.Params) error {
	if _, err := s.viewInTime(r); err != nil {
		return err
	}
	respond(w, http.StatusOK, []byte(`{"status":"ok"}`+"\n"))
	return nil
}

// getReadiness answers GET /readyz: 200 from the first completed refresh on.
func (s *Server) getReadiness(w http.ResponseWriter, r *http.Request, _ httprouter.Params) error {
	view, err := s.viewInTime(r)
	if err == nil && view.LastSuccess.ID != "" {
		body := appendTextOrNull(nil, `{"status":"ready","revision":`, view.Snapshot.Revision)
		respond(w, http.StatusOK, append(body, "}\n"...))
		return nil
	}
	reason := "the first refresh has not completed yet"
	if err != nil {
		reason = faultOf(err).message
	} else if last, ended := view.Last(); ended {
		reason = "no refresh has completed yet; the last one failed: " + refreshMessage(last)
	}
	body := appendText(nil, `{"status":"not_ready","reason":`, reason)
	respond(w, http.StatusServiceUnavailable, append(body, "}\n"...))
	return nil
}

// viewInTime returns what the actor knows, or a fault with status 503 when it has stopped or takes too long. The budget
// bounds it well enough: a client that leaves, or has only closed its sending side, makes no difference.
func (s *Server) viewInTime(r *http.Request) (actors.View, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), healthBudget)
	defer cancel()
	view, err := s.actor.View(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fault{http.StatusServiceUnavailable, codeInternal, "the refresh actor has not answered within a second"}
	}
	return view, err
}
