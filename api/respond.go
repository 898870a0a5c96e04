package api

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// ignoredBodyLimit bounds, in bytes, a body that is ignored.
const ignoredBodyLimit = 64 << 10

// respond writes an answer in JSON.
func respond(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	write(w, status, body)
}

// write sends a whole answer with its length. It ignores an error of Write, because the client has gone then.
func write(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// prepareWait prepares a request for an answer after a wait. It moves the write deadline beyond the wait. It also reads
// the body to its end: only then does net/http notice when an HTTP/1 client goes away.
func prepareWait(w http.ResponseWriter, r *http.Request, wait time.Duration) error {
	if err := discardBody(w, r); err != nil {
		return err
	}
	return http.NewResponseController(w).SetWriteDeadline(time.Now().Add(wait + writeTimeout))
}

// discardBody reads an ignored body to its end, at most 64 KiB.
func discardBody(w http.ResponseWriter, r *http.Request) error {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	_, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, ignoredBodyLimit))
	return bodyFault(err, "64 KiB")
}

// bodyFault returns the fault for a body that could not be read, or nil without an error.
func bodyFault(err error, limit string) error {
	switch _, tooLarge := errors.AsType[*http.MaxBytesError](err); {
	case err == nil:
		return nil
	case tooLarge:
		return fault{http.StatusRequestEntityTooLarge, codePayloadTooLarge, "the body is larger than " + limit}
	default:
		return fault{http.StatusBadRequest, codeInvalidBody, "the body did not arrive whole in time"}
	}
}
