package api

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/julienschmidt/httprouter"
)

// The paths that code outside of their handlers needs too.
const (
	webhookPath = "/api/v1/webhook"
	healthzPath = "/healthz"
	readyzPath  = "/readyz"
	metricsPath = "/metrics" // on the other listener
)

// handler answers a request in one write at its end, or returns the error to answer it with.
type handler func(w http.ResponseWriter, r *http.Request, params httprouter.Params) error

// route is a method, a path in httprouter's notation, and the handler for both.
type route struct {
	method, path string
	handler      handler
}

// table lists every route of LISTEN_ADDR. openapi.json describes them, and HEAD works where GET does.
func (s *Server) table() []route {
	return []route{
		{http.MethodGet, "/", s.getPage},
		{http.MethodGet, healthzPath, s.getHealth},
		{http.MethodGet, readyzPath, s.getReadiness},
		{http.MethodGet, "/openapi.json", s.getOpenAPI},
		{http.MethodPost, webhookPath, s.postWebhook},
		{http.MethodGet, "/api/v1/refresh", s.getRefreshStatus},
		{http.MethodPost, "/api/v1/refresh", s.postRefresh},
		{http.MethodGet, "/api/v1/refreshes", s.getRefreshes},
		{http.MethodGet, "/api/v1/refreshes/:id", s.getRefresh},
		{http.MethodGet, "/api/v1/stacks", s.getStacks},
		{http.MethodGet, "/api/v1/stacks/*path", s.getStack},
		{http.MethodPut, "/api/v1/stacks/*path", s.putReport},
		{http.MethodDelete, "/api/v1/stacks/*path", s.deleteStack},
		{http.MethodPost, "/api/v1/removals", s.postRemovals},
	}
}

// routes returns the router with every route.
func (s *Server) routes() *httprouter.Router {
	router := s.newRouter()
	for _, r := range s.table() {
		router.Handle(r.method, r.path, s.adapt(r.handler))
		if r.method == http.MethodGet {
			router.Handle(http.MethodHead, r.path, s.adapt(r.handler)) // net/http leaves out the body
		}
	}
	return router
}

// newRouter returns a router without routes. It answers unknown paths, wrong methods and panics in JSON.
func (s *Server) newRouter() *httprouter.Router {
	router := httprouter.New()
	// Off: these would answer with HTML or with an empty body.
	router.RedirectTrailingSlash = false
	router.RedirectFixedPath = false
	router.HandleOPTIONS = false
	router.NotFound = s.plain(s.notFound)
	router.MethodNotAllowed = s.plain(s.methodNotAllowed)
	router.PanicHandler = s.panicked
	return router
}

// adapt turns a handler into one for the router, which answers the handler's error.
func (s *Server) adapt(h handler) httprouter.Handle {
	return func(w http.ResponseWriter, r *http.Request, params httprouter.Params) {
		if err := h(w, r, params); err != nil {
			s.refuse(w, r, err)
		}
	}
}

func (s *Server) plain(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.adapt(h)(w, r, nil) })
}

func (s *Server) notFound(http.ResponseWriter, *http.Request, httprouter.Params) error {
	return fault{http.StatusNotFound, codeNotFound, "nothing is served under this path"}
}

// methodNotAllowed answers if the path has only other methods. httprouter has set Allow. It lists OPTIONS there,
// although no route handles it, so methodNotAllowed removes that.
func (s *Server) methodNotAllowed(w http.ResponseWriter, r *http.Request, params httprouter.Params) error {
	if r.URL.Path == "*" && r.Method != http.MethodOptions {
		return s.notFound(w, r, params) // httprouter lists every method for the path "*"
	}
	allowed := strings.Split(w.Header().Get("Allow"), ", ")
	kept := allowed[:0]
	for _, method := range allowed {
		if method != http.MethodOptions {
			kept = append(kept, method)
		}
	}
	list := strings.Join(kept, ", ")
	w.Header().Set("Allow", list)
	return fault{http.StatusMethodNotAllowed, codeMethodNotAllowed, "this path has only the methods " + list}
}

// panicked answers for a handler that panicked. http.ErrAbortHandler is passed on to net/http, which then drops the
// request without an answer.
func (s *Server) panicked(w http.ResponseWriter, r *http.Request, value any) {
	if value == http.ErrAbortHandler {
		panic(value)
	}
	s.log.Error("a handler panicked", "method", r.Method, "path", r.URL.Path, "panic", fmt.Sprint(value),
		"stack", string(debug.Stack()))
	respondFault(w, fault{http.StatusInternalServerError, codeInternal, internalMessage})
}
