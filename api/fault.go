package api

import (
	"context"
	"errors"
	"net/http"

	"mooring/actors"
	"mooring/api/encode"
	"mooring/api/webhook"
)

// errorCode is the stable name of a reason why a request failed. openapi.json lists them all.
type errorCode string

const (
	// codeNotFound: no such path, refresh or stack.
	codeNotFound errorCode = "not_found"
	// codeMethodNotAllowed: the path has other methods.
	codeMethodNotAllowed errorCode = "method_not_allowed"
	// codeInvalidParameter: a query parameter with an invalid value.
	codeInvalidParameter errorCode = "invalid_parameter"
	// codeInvalidBody: a body that is not JSON or did not arrive whole.
	codeInvalidBody errorCode = "invalid_body"
	// codeInvalidReport: JSON that is not a deployer's report.
	codeInvalidReport errorCode = "invalid_report"
	// codePayloadTooLarge: a body beyond its bound.
	codePayloadTooLarge errorCode = "payload_too_large"
	// codeMissingSignature: a delivery without a signature.
	codeMissingSignature errorCode = "missing_signature"
	// codeInvalidSignature: a delivery whose signature does not match its body and a key.
	codeInvalidSignature errorCode = "invalid_signature"
	// codeWebhookDisabled: there is no key to verify deliveries with.
	codeWebhookDisabled errorCode = "webhook_disabled"
	// codeMissingToken: a report without a token where one is needed.
	codeMissingToken errorCode = "missing_token"
	// codeInvalidToken: a report with a wrong token.
	codeInvalidToken errorCode = "invalid_token"
	// codeCrossOrigin: a request made by a page of another site.
	codeCrossOrigin errorCode = "cross_origin"
	// codeMisdirected: a request sent to a host name that is not allowed.
	codeMisdirected errorCode = "misdirected"
	// codeDeleting: a report on a stack that Git no longer has.
	codeDeleting errorCode = "deleting"
	// codeHeld: a DELETE for a stack whose removal is held.
	codeHeld errorCode = "held"
	// codeNothingHeld: a release of stacks that are not held.
	codeNothingHeld errorCode = "nothing_held"
	// codeOtherRevision: a release that names another revision than the snapshot's.
	codeOtherRevision errorCode = "other_revision"
	// codeStillDesired: a DELETE for a stack that Git still has.
	codeStillDesired errorCode = "still_desired"
	// codeBusy: others ask what stacks are made of.
	codeBusy errorCode = "busy"
	// codeNotReady: no refresh has completed since the start.
	codeNotReady errorCode = "not_ready"
	// codeShuttingDown: the actor has stopped.
	codeShuttingDown errorCode = "shutting_down"
	// codeInternal: a fault of this program or of the system under it.
	codeInternal errorCode = "internal"
)

const internalMessage = "the request failed inside mooring; see its log"

// fault is an error as a client sees it.
type fault struct {
	status  int
	code    errorCode
	message string
}

// Error returns the message.
func (f fault) Error() string { return f.message }

// faultOf returns the answer to an error of a handler. An error that is not listed here becomes a general sentence,
// because it may contain details that clients must not see.
func faultOf(err error) fault {
	if f, ok := errors.AsType[fault](err); ok {
		return f
	}
	if refusal, ok := errors.AsType[*webhook.Refusal](err); ok {
		return refusalFault(refusal)
	}
	if failure, ok := errors.AsType[*actors.Failure](err); ok && failure.Code != actors.CodeInternal {
		return fault{http.StatusBadGateway, errorCode(failure.Code), failure.Message}
	}
	switch {
	case errors.Is(err, actors.ErrBusy):
		return fault{http.StatusServiceUnavailable, codeBusy,
			"others are asking what stacks are made of, and one is read at a time: ask again in some seconds"}
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
	case errors.Is(err, actors.ErrHeld):
		return fault{http.StatusConflict, codeHeld,
			"the removal of this stack is held: nothing may take it down until an operator releases it"}
	case errors.Is(err, actors.ErrNothingHeld):
		return fault{http.StatusConflict, codeNothingHeld,
			"no removal is held, or not that of each stack in paths; GET /api/v1/stacks shows what is held"}
	case errors.Is(err, actors.ErrOtherRevision):
		return fault{http.StatusConflict, codeOtherRevision,
			"the list has another revision by now: look at it again, and release what is held at that revision"}
	case errors.Is(err, actors.ErrNotSaved):
		return fault{http.StatusInternalServerError, codeInternal,
			"this could not be written to SNAPSHOT_FILE: send it again"}
	case errors.Is(err, actors.ErrStopped):
		return fault{http.StatusServiceUnavailable, codeShuttingDown, "the service is shutting down: ask again later"}
	default:
		return fault{http.StatusInternalServerError, codeInternal, internalMessage}
	}
}

// refusalFault returns the answer to a refused delivery.
func refusalFault(refusal *webhook.Refusal) fault {
	switch refusal.Reason {
	case webhook.Disabled:
		return fault{http.StatusServiceUnavailable, codeWebhookDisabled, refusal.Message}
	case webhook.MissingProof:
		return fault{http.StatusUnauthorized, codeMissingSignature, refusal.Message}
	case webhook.InvalidProof:
		return fault{http.StatusUnauthorized, codeInvalidSignature, refusal.Message}
	case webhook.TooLarge:
		return fault{http.StatusRequestEntityTooLarge, codePayloadTooLarge, refusal.Message}
	default: // webhook.Incomplete
		return fault{http.StatusBadRequest, codeInvalidBody, refusal.Message}
	}
}

// refuse answers a request with an error.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil && errors.Is(err, context.Canceled) {
		panic(http.ErrAbortHandler) // the client has gone: net/http drops the request
	}
	f := faultOf(err)
	if f.code == codeInternal && !errors.Is(err, actors.ErrNotSaved) { // a failed write is logged by the actor
		s.log.Error("request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	respondFault(w, f)
}

func respondFault(w http.ResponseWriter, f fault) {
	respond(w, f.status, encode.Error(string(f.code), f.message))
}
