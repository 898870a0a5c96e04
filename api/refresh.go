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
		return s.respondPacked(w, r, encode.Refresh(refresh))
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
	body, err := s.keeper.status(r.Context(), view, acceptsGzip(r.Header))
	if err != nil {
		return err
	}
	respondEncoded(w, body)
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
	return s.respondPacked(w, r, encode.Refreshes(view.Refreshes(limit)))
}

// getRefresh answers GET /api/v1/refreshes/ID: the refresh with that id, or the one that replaced it in the queue.
func (s *Server) getRefresh(w http.ResponseWriter, r *http.Request, params httprouter.Params) error {
	refresh, err := s.actor.Lookup(r.Context(), params.ByName("id"))
	if err != nil {
		return err
	}
	return s.respondPacked(w, r, encode.Refresh(refresh))
}

// worthCompressing is how many bytes an answer about refreshes must have to be compressed. Most have fewer; after a change
// of very many stacks they name all of them.
const worthCompressing = 4 << 10

// respondPacked answers with a body, compressed if the client accepts that and the body is not small.
func (s *Server) respondPacked(w http.ResponseWriter, r *http.Request, body []byte) error {
	answer := encoded{body: body}
	if len(body) >= worthCompressing && acceptsGzip(r.Header) {
		var err error
		if answer, err = s.keeper.pack(r.Context(), body); err != nil {
			return err
		}
	}
	respondEncoded(w, answer)
	return nil
}

// respondEncoded answers with a body that may be compressed.
func respondEncoded(w http.ResponseWriter, answer encoded) {
	w.Header().Set("Vary", "Accept-Encoding")
	if answer.encoding != "" {
		w.Header().Set("Content-Encoding", answer.encoding)
	}
	respond(w, http.StatusOK, answer.body)
}

// respondAccepted answers with a refresh that was accepted. Location is where it can be read later, relative to the
// request's path, /api/v1/refresh or /api/v1/webhook (RFC 9110, 10.2.2): a proxy may have put a prefix before that path.
func respondAccepted(w http.ResponseWriter, refresh actors.Refresh) {
	w.Header().Set("Location", "refreshes/"+refresh.ID)
	respond(w, http.StatusAccepted, encode.Refresh(refresh))
}
