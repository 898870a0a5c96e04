package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// longestRequest is how long a handler may take. No handler that waits comes near to it.
const longestRequest = readTimeout + longestWait + writeTimeout

// ServeHTTP answers one request, and logs it at debug level. net/http cancels the context of an HTTP/1 request when the
// client sends no more, but a client may close its sending half and wait for the answer (RFC 9112, 9.6). So only time ends
// such a request. In HTTP/2 a client that leaves resets its stream, and a cancelled context means just that.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor < 2 {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), longestRequest)
		defer cancel()
		r = r.WithContext(ctx)
	}
	if !s.log.Enabled(r.Context(), slog.LevelDebug) {
		s.admit(w, r)
		return
	}
	started := time.Now()
	recorder := &statusRecorder{ResponseWriter: w}
	defer func() {
		s.log.Debug("request", "method", r.Method, "path", r.URL.Path, "status", recorder.status,
			"duration", time.Since(started), "remote", r.RemoteAddr)
	}()
	s.admit(recorder, r)
}

// admit sets the headers that every answer has. It passes the request on to the router, unless the Host header is not
// allowed or a page of another site sent the request.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	path := r.URL.Path
	var foreign error
	if path != webhookPath { // a delivery proves itself by its signature
		foreign = s.checkOrigin(r)
	}
	switch {
	case path != healthzPath && path != readyzPath && !s.hosts.allow(r.Host):
		misdirected := fault{http.StatusMisdirectedRequest, codeMisdirected,
			"ALLOWED_HOSTS does not have the host name that this request was sent to"}
		if path == webhookPath && r.Method == http.MethodPost {
			s.refuseDelivery(r, s.webhook.Origin(r.Header), misdirected)
		}
		s.refuse(w, r, misdirected)
	case foreign != nil:
		s.refuse(w, r, foreign)
	default:
		s.router.ServeHTTP(w, r)
	}
}

// statusRecorder notes the status of an answer for the log. The status is 0 if there was no answer.
type statusRecorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status.
func (r *statusRecorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach net/http's own writer.
func (r *statusRecorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
