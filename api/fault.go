package api

import (
	"context"
	"errors"
	"net/http"

	"mooring/actors"
)

// errorCode is the stable name of a reason why a request failed (contract, section 3).
type errorCode string

const (
	// codeNotFound: no such path, refresh or stack.
	codeNotFound errorCode = "not_found"
	// codeMethodNotAllowed: the path has other methods.
	codeMethodNotAllowed errorCode = "method_not_allowed"
	// codeInvalidParameter: a query parameter that is not understood.
	codeInvalidParameter errorCode = "invalid_parameter"
	// codeInvalidBody: a body that is not JSON or did not arrive whole.
	codeInvalidBody errorCode = "invalid_body"
	// codeInvalidReport: JSON that is not a deployer's report.
	codeInvalidReport errorCode = "invalid_report"
	// codePayloadTooLarge: a body beyond its bound.
	codePayloadTooLarge errorCode = "payload_too_large"
	// codeMissingSignature: a delivery without a signature.
	codeMissingSignature errorCode = "missing_signature"
	// codeInvalidSignature: a delivery with a signature that no key made.
	codeInvalidSignature errorCode = "invalid_signature"
	// codeWebhookDisabled: there is no key to verify deliveries with.
	codeWebhookDisabled errorCode = "webhook_disabled"
	// codeMissingToken: a report without a token where one is needed.
	codeMissingToken errorCode = "missing_token"
	// codeInvalidToken: a report with another token.
	codeInvalidToken errorCode = "invalid_token"
	// codeCrossOrigin: a request made by a page of another site.
	codeCrossOrigin errorCode = "cross_origin"
	// codeMisdirected: a request sent to a host name that is not allowed.
	codeMisdirected errorCode = "misdirected"
	// codeDeleting: a report on a stack that Git no longer has.
	codeDeleting errorCode = "deleting"
	// codeStillDesired: a stack that Git has is said to be gone.
	codeStillDesired errorCode = "still_desired"
	// codeShuttingDown: the actor has stopped.
	codeShuttingDown errorCode = "shutting_down"
	// codeInternal: a fault of this program or of what it stands on.
	codeInternal errorCode = "internal"
)

const internalMessage = "the request failed inside mooring; its log tells more"

// fault is an error as a client is told it.
type fault struct {
	status  int
	code    errorCode
	message string
}

// Error returns the message.
func (f fault) Error() string { return f.message }

// faultOf turns any error of a handler into what a client is told. Errors that are not known here tell nothing of
// themselves.
func faultOf(err error) fault {
	var known fault
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, actors.ErrRefreshNotFound):
		return fault{http.StatusNotFound, codeNotFound, "no refresh with this id is remembered"}
	case errors.Is(err, actors.ErrStackNotFound):
		return fault{http.StatusNotFound, codeNotFound, "there is no stack at this path; GET /api/v1/stacks lists them"}
	case errors.Is(err, actors.ErrDeleting):
		return fault{http.StatusConflict, codeDeleting,
			"Git no longer has this stack: take it down and send DELETE when it is gone"}
	case errors.Is(err, actors.ErrStillDesired):
		return fault{http.StatusConflict, codeStillDesired,
			"Git still has this stack: only a stack with the status deleting can be deleted"}
	case errors.Is(err, actors.ErrNotSaved):
		return fault{http.StatusInternalServerError, codeInternal,
			"the report could not be written to SNAPSHOT_FILE: report it again"}
	case errors.Is(err, actors.ErrStopped):
		return fault{http.StatusServiceUnavailable, codeShuttingDown, "the service is shutting down: ask again later"}
	default:
		return fault{http.StatusInternalServerError, codeInternal, internalMessage}
	}
}

// refuse answers a request with an error.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil && errors.Is(err, context.Canceled) {
		panic(http.ErrAbortHandler) // the client has gone: there is nobody to tell
	}
	f := faultOf(err)
	if f.code == codeInternal && !errors.Is(err, actors.ErrNotSaved) { // that is logged where it happens
		s.log.Error("request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	s.respondFault(w, f)
}

func (s *Server) respondFault(w http.ResponseWriter, f fault) {
	body := appendText(nil, `{"error":{"code":`, string(f.code))
	body = appendText(body, `,"message":`, f.message)
	respond(w, f.status, append(body, "}}\n"...))
}
