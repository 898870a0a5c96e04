package api

import (
	"net/http"
	"time"

	"github.com/julienschmidt/httprouter"
)

// getPage answers GET /: the status page.
func (s *Server) getPage(w http.ResponseWriter, r *http.Request, _ httprouter.Params) error {
	view, err := s.actor.View(r.Context())
	if err != nil {
		return err
	}
	body, err := s.page.Render(view, r.URL.Query(), time.Now())
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", s.page.Policy())
	// Only the page's own site gets a referrer. With no referrer at all, browsers send "Origin: null" with a form, and
	// the check for pages of other sites would refuse the Refresh button.
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Vary", "Accept-Encoding")
	if acceptsGzip(r.Header) {
		header.Set("Content-Encoding", "gzip")
		body = compress(body)
	}
	write(w, http.StatusOK, body)
	return nil
}
