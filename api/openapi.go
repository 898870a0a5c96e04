package api

import (
	_ "embed"
	"io"
	"net/http"
	"strconv"

	"github.com/julienschmidt/httprouter"
)

//go:embed openapi.json
var openAPI string

// getOpenAPI answers GET /openapi.json: the description of the API (OpenAPI 3.1.1).
func (s *Server) getOpenAPI(w http.ResponseWriter, _ *http.Request, _ httprouter.Params) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(openAPI)))
	_, _ = io.WriteString(w, openAPI) // without a copy for each client; an error means that the client has gone
	return nil
}
