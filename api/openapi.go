package api

import (
	_ "embed"
	"net/http"

	"github.com/julienschmidt/httprouter"
)

//go:embed openapi.json
var openAPI []byte

// getOpenAPI answers GET /openapi.json: the description of the API (OpenAPI 3.1.1).
func (s *Server) getOpenAPI(w http.ResponseWriter, _ *http.Request, _ httprouter.Params) error {
	respond(w, http.StatusOK, openAPI)
	return nil
}
