package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/julienschmidt/httprouter"

	"mooring/api/encode"
)

// reportLimit bounds the body of a report, in bytes.
const reportLimit = 64 << 10

// putReport answers PUT /api/v1/stacks/PATH: a deployer's report.
func (s *Server) putReport(w http.ResponseWriter, r *http.Request, params httprouter.Params) error {
	if err := s.deployers.admit(w, r); err != nil {
		return err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, reportLimit))
	if err != nil {
		return bodyFault(err, "64 KiB")
	}
	report, err := parseReport(body)
	if err != nil {
		return err
	}
	report.Path = stackPath(params)
	stack, err := s.actor.Report(r.Context(), report)
	if err != nil {
		return err
	}
	respond(w, http.StatusOK, encode.Stack(stack))
	return nil
}

// deleteStack answers DELETE /api/v1/stacks/PATH: a deployer reports that a deleting stack is gone.
func (s *Server) deleteStack(w http.ResponseWriter, r *http.Request, params httprouter.Params) error {
	if err := s.deployers.admit(w, r); err != nil {
		return err
	}
	if err := discardBody(w, r); err != nil {
		return err
	}
	stack, err := s.actor.Forget(r.Context(), stackPath(params))
	if err != nil {
		return err
	}
	respond(w, http.StatusOK, encode.Stack(stack))
	return nil
}

// deployers checks the token of requests that change a stack.
type deployers struct {
	token func() (string, error) // nil when no token is needed
	log   *slog.Logger
}

// newDeployers decides once, at the start, whether a token is needed. So a token file that is empty for a moment, while
// it is replaced, does not let everyone in.
func newDeployers(token func() (string, error), log *slog.Logger) deployers {
	if token == nil {
		return deployers{nil, log}
	}
	if value, err := token(); err == nil && value == "" {
		return deployers{nil, log}
	}
	return deployers{token, log}
}

// admit returns nil for a request with the right token. The time of the comparison says nothing about the token.
func (d deployers) admit(w http.ResponseWriter, r *http.Request) error {
	if d.token == nil {
		return nil
	}
	given, err := bearerToken(r.Header)
	if err != nil {
		w.Header().Set("WWW-Authenticate", "Bearer")
		return err
	}
	w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	token, err := d.token()
	if err == nil && token == "" {
		err = errors.New("it is empty")
	}
	if err != nil {
		d.log.Warn("a report is refused because DEPLOYER_TOKEN cannot be read", "error", err, "remote", r.RemoteAddr)
		return fault{http.StatusUnauthorized, codeInvalidToken,
			"the service cannot read its DEPLOYER_TOKEN, so it accepts no token"}
	}
	wanted, sent := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(given))
	if subtle.ConstantTimeCompare(wanted[:], sent[:]) != 1 {
		d.log.Warn("a report is refused: wrong token", "path", r.URL.Path, "remote", r.RemoteAddr)
		return fault{http.StatusUnauthorized, codeInvalidToken, "the token is not the DEPLOYER_TOKEN of this service"}
	}
	w.Header().Del("WWW-Authenticate")
	return nil
}

// bearerToken returns the token of the one Authorization header that a request has (RFC 6750, 2.1).
func bearerToken(header http.Header) (string, error) {
	values := header.Values("Authorization")
	if len(values) > 1 {
		return "", fault{http.StatusUnauthorized, codeInvalidToken, "send one Authorization header"}
	}
	missing := fault{http.StatusUnauthorized, codeMissingToken, "this needs the header Authorization: Bearer TOKEN"}
	if len(values) == 0 {
		return "", missing
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", missing
	}
	return token, nil
}
