package api

import (
	"context"
	"net/http"
	"time"

	"github.com/julienschmidt/httprouter"

	"mooring/actors"
	"mooring/api/encode"
)

// postRefresh answers POST /api/v1/refresh: it asks for a refresh. With a wait it answers when the refresh has ended.
func (s *Server) postRefresh(w http.ResponseWriter, r *http.Request, _ httprouter.Params) error {
	trigger := actors.Trigger{Source: actors.Manual, ReceivedAt: time.Now()}
	query, err := parseQuery(r)
	if err != nil {
		return err
	}
	wait, err := parseWait(query)
	if err != nil {
		return err
	}
	if wait == 0 {
		if err := discardBody(w, r); err != nil {
			return err
		}
		refresh, err := s.actor.Trigger(r.Context(), trigger)
		if err != nil {
			return err
		}
		respondAccepted(w, refresh)
		return nil
	}
	if err := prepareWait(w, r, wait); err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(r.Context(), wait)
	defer cancel()
	refresh, err := s.actor.TriggerAndWait(r.Context(), trigger, waiting.Done())
	if err != nil {
		return err
	}
	switch refresh.Phase {
	case actors.Completed:
		respond(w, http.StatusOK, encode.Refresh(refresh))
	case actors.Failed:
		respond(w, http.StatusBadGateway, encode.Refresh(refresh))
	default:
		respondAccepted(w, refresh)
	}
	return nil
}

// getRefreshStatus answers GET /api/v1/refresh: a RefreshStatus.
func (s *Server) getRefreshStatus(w http.ResponseWriter, r *http.Request, _ httprouter.Params) error {
	view, err := s.actor.View(r.Context())
	if err != nil {
		return err
	}
	body, err := s.keeper.status(r.Context(), view)
	if err != nil {
		return err
	}
	respond(w, http.StatusOK, body)
	return nil
}

// getRefreshes answers GET /api/v1/refreshes: the refreshes that the actor remembers, newest first.
func (s *Server) getRefreshes(w http.ResponseWriter, r *http.Request, _ httprouter.Params) error {
	query, err := parseQuery(r)
	if err != nil {
		return err
	}
	limit, err := parseLimit(query)
	if err != nil {
		return err
	}
	view, err := s.actor.View(r.Context())
	if err != nil {
		return err
	}
	respond(w, http.StatusOK, encode.Refreshes(view.Refreshes(limit)))
	return nil
}

// getRefresh answers GET /api/v1/refreshes/ID: the refresh with that id, or the one that replaced it in the queue.
func (s *Server) getRefresh(w http.ResponseWriter, r *http.Request, params httprouter.Params) error {
	refresh, err := s.actor.Lookup(r.Context(), params.ByName("id"))
	if err != nil {
		return err
	}
	respond(w, http.StatusOK, encode.Refresh(refresh))
	return nil
}

// respondAccepted answers with a refresh that was accepted. Location is where it can be read later, relative to the
// request's path, /api/v1/refresh or /api/v1/webhook (RFC 9110, 10.2.2): a proxy may have put a prefix before that path.
func respondAccepted(w http.ResponseWriter, refresh actors.Refresh) {
	w.Header().Set("Location", "refreshes/"+refresh.ID)
	respond(w, http.StatusAccepted, encode.Refresh(refresh))
}
