package api

import (
	"context"
	"net/http"
	"time"

	"github.com/julienschmidt/httprouter"

	"mooring/actors"
)

// postRefresh answers POST /api/v1/refresh: it asks for a refresh and, with a wait, for its end.
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
		respondRefresh(w, http.StatusOK, refresh)
	case actors.Failed:
		respondRefresh(w, http.StatusBadGateway, refresh)
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
	respond(w, http.StatusOK, append(appendRefreshStatus(nil, view), '\n'))
	return nil
}

// getRefreshes answers GET /api/v1/refreshes: those that are remembered, newest first.
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
	body := appendList(nil, `{"refreshes":`, view.Refreshes(limit), appendRefresh)
	respond(w, http.StatusOK, append(body, "}\n"...))
	return nil
}

// getRefresh answers GET /api/v1/refreshes/ID: one refresh, or the one that took its place in the queue.
func (s *Server) getRefresh(w http.ResponseWriter, r *http.Request, params httprouter.Params) error {
	refresh, err := s.actor.Lookup(r.Context(), params.ByName("id"))
	if err != nil {
		return err
	}
	respondRefresh(w, http.StatusOK, refresh)
	return nil
}

// respondAccepted answers with a refresh that is under way, and where it is found later.
func respondAccepted(w http.ResponseWriter, refresh actors.Refresh) {
	w.Header().Set("Location", "/api/v1/refreshes/"+refresh.ID)
	respondRefresh(w, http.StatusAccepted, refresh)
}

func respondRefresh(w http.ResponseWriter, status int, refresh actors.Refresh) {
	respond(w, status, append(appendRefresh(nil, refresh), '\n'))
}
