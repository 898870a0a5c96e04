package api

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// ignoredBodyLimit bounds, in bytes, a body that nobody asked for.
const ignoredBodyLimit = 64 << 10

// respond writes an answer in JSON.
func respond(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	write(w, status, body)
}

// write sends an answer, whole and with its length. An error of Write is the client's going away, and there is nobody
// to tell.
func write(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// prepareWait readies a request for an answer that comes after a wait. It moves the write deadline, which would cut the
// answer off, and reads the body to its end: until then net/http does not look whether the client is still there.
func prepareWait(w http.ResponseWriter, r *http.Request, wait time.Duration) error {
	if err := discardBody(w, r); err != nil {
		return err
	}
	return http.NewResponseController(w).SetWriteDeadline(time.Now().Add(wait + writeTimeout))
}

// discardBody reads a body that has no meaning to its end.
func discardBody(w http.ResponseWriter, r *http.Request) error {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	_, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, ignoredBodyLimit))
	return bodyFault(err, "64 KiB")
}

// bodyFault returns what a client is told when its body could not be read.
func bodyFault(err error, limit string) error {
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &tooLarge):
		return fault{http.StatusRequestEntityTooLarge, codePayloadTooLarge, "the body is larger than " + limit}
	default:
		return fault{http.StatusBadRequest, codeInvalidBody, "the body did not arrive whole in time"}
	}
}
