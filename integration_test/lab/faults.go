package lab

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
)

// Fault answers a request instead of git, or changes git's answer.
type Fault func(w http.ResponseWriter, r *http.Request, git http.Handler)

// Answers gives one answer to everything. Headers are names and values in turn.
func Answers(status int, contentType, body string, headers ...string) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", contentType)
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// Hangs never answers.
func Hangs(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
	_, _ = io.Copy(io.Discard, r.Body) // net/http notices that a client leaves only after the body has been read
	<-r.Context().Done()
}

// Resets resets the connection without an answer.
func Resets(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if counted, ok := conn.(*countingConn); ok {
		conn = counted.Conn
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	conn.Close()
}

// Record lets git answer. It writes the status and the headers except for the length, and returns the body.
func Record(w http.ResponseWriter, r *http.Request, git http.Handler) []byte {
	recorder := httptest.NewRecorder()
	git.ServeHTTP(recorder, r)
	for name, values := range recorder.Header() {
		if name != "Content-Length" {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(recorder.Code)
	return recorder.Body.Bytes()
}

// PackStart begins every pack (gitformat-pack(5)).
const PackStart = "PACK"

// Spoiler writes a spoiled form of git's answer.
type Spoiler func(w http.ResponseWriter, r *http.Request, answer []byte)

// InAnswer spoils every answer.
func InAnswer(spoil Spoiler) Fault {
	return func(w http.ResponseWriter, r *http.Request, git http.Handler) { spoil(w, r, Record(w, r, git)) }
}

// InPack spoils the answers with a pack, and passes the others on.
func InPack(spoil Spoiler) Fault {
	return InAnswer(func(w http.ResponseWriter, r *http.Request, answer []byte) {
		if bytes.Contains(answer, []byte(PackStart)) {
			spoil(w, r, answer)
			return
		}
		_, _ = w.Write(answer)
	})
}

// Halves sends only the first half of an answer.
func Halves(w http.ResponseWriter, _ *http.Request, answer []byte) {
	_, _ = w.Write(answer[:len(answer)/2])
}

// CorruptsPack changes one bit in the middle of a pack.
func CorruptsPack(w http.ResponseWriter, _ *http.Request, answer []byte) {
	begin := bytes.Index(answer, []byte(PackStart)) + len(PackStart)
	answer[(begin+len(answer))/2] ^= 0x10
	_, _ = w.Write(answer)
}
