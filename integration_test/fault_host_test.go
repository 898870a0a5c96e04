package integration_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// faultyHost is a Git host that goes wrong on demand: in front of the one that works stands a server that may answer in
// its place.
type faultyHost struct {
	host
	faults watched[fault]
}

// fault answers a request in place of the Git host, or with what it makes of the host's answer.
type fault func(w http.ResponseWriter, r *http.Request, git http.Handler)

func serveFaulty(t *testing.T, r repository) faultyHost {
	t.Helper()
	behind := serveRepository(t, r)
	git, faults := behind.server.Config.Handler, watch(t, fault(nil))
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f := faults.look().value; f != nil {
			f(w, r, git)
			return
		}
		git.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	behind.server = front
	return faultyHost{behind, faults}
}

// suffer lets every request from now on meet the fault; nil ends that.
func (h faultyHost) suffer(f fault) { h.faults.change(func(now *fault) { *now = f }) }

// answers gives one answer to everything; headers are names and values in turn.
func answers(status int, contentType, body string, headers ...string) fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", contentType)
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// answersWithoutEnd writes one block again and again until nobody reads any more.
func answersWithoutEnd(status int, contentType, begin, block string) fault {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, err := io.WriteString(w, begin)
		for r.Context().Err() == nil && err == nil {
			_, err = io.WriteString(w, block)
		}
	}
}

// hangs never answers.
func hangs(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
	_, _ = io.Copy(io.Discard, r.Body) // only then is the client's departure seen
	<-r.Context().Done()
}

// resets breaks the connection off without a word.
func resets(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	conn.Close()
}

// redirects sends every request to the same place at another host.
func redirects(status int, to string) fault {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		http.Redirect(w, r, to+r.URL.String(), status)
	}
}

// trickles passes answers on in small pieces, and waits before each.
func trickles(pieces int, pause time.Duration) fault {
	return func(w http.ResponseWriter, r *http.Request, git http.Handler) {
		answer := record(w, r, git)
		for size := len(answer)/pieces + 1; len(answer) > 0; answer = answer[min(size, len(answer)):] {
			select {
			case <-time.After(pause):
			case <-r.Context().Done():
				return
			}
			_, _ = w.Write(answer[:min(size, len(answer))])
			_ = http.NewResponseController(w).Flush()
		}
	}
}

// record lets the host answer, takes over status and headers, and returns the body.
func record(w http.ResponseWriter, r *http.Request, git http.Handler) []byte {
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

// packStart begins every pack (gitformat-pack).
const packStart = "PACK"

// inPack lets pass what holds no pack, and does with the answers that do what it is told.
func inPack(spoil func(w http.ResponseWriter, r *http.Request, answer []byte)) fault {
	return func(w http.ResponseWriter, r *http.Request, git http.Handler) {
		answer := record(w, r, git)
		if !bytes.Contains(answer, []byte(packStart)) {
			_, _ = w.Write(answer)
			return
		}
		spoil(w, r, answer)
	}
}

// hangsInPack sends the first half of a pack and then nothing more.
func hangsInPack(w http.ResponseWriter, r *http.Request, answer []byte) {
	_, _ = w.Write(answer[:len(answer)/2])
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

// breaksOffInPack sends the first half of a pack and closes the connection.
func breaksOffInPack(w http.ResponseWriter, _ *http.Request, answer []byte) {
	_, _ = w.Write(answer[:len(answer)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// endsInPack sends the first half of a pack as if it were all.
func endsInPack(w http.ResponseWriter, _ *http.Request, answer []byte) {
	_, _ = w.Write(answer[:len(answer)/2])
}

// corruptsPack changes one bit in the middle of a pack.
func corruptsPack(w http.ResponseWriter, _ *http.Request, answer []byte) {
	begin := bytes.Index(answer, []byte(packStart)) + len(packStart)
	answer[(begin+len(answer))/2] ^= 0x10
	_, _ = w.Write(answer)
}

// emptyPack has no objects.
const emptyPack = "PACK\x00\x00\x00\x02\x00\x00\x00\x00" +
	"\x02\x9d\x08\x82\x3b\xd8\xa8\xea\xb5\x10\xad\x6a\xc7\x5c\x82\x3c\xfd\x3e\xd3\x1e"

// sends replaces a pack by another one.
func sends(pack string) func(http.ResponseWriter, *http.Request, []byte) {
	return func(w http.ResponseWriter, _ *http.Request, answer []byte) {
		_, _ = w.Write(answer[:bytes.Index(answer, []byte(packStart))-len("0000\x01")])
		const largest = 60_000 // bytes of a packet
		for rest := pack; len(rest) > 0; {
			part := rest[:min(largest, len(rest))]
			fmt.Fprintf(w, "%04x\x01%s", len(part)+len("0000\x01"), part)
			rest = rest[len(part):]
		}
		_, _ = io.WriteString(w, "0000")
	}
}

// packsWithoutEnd sends a pack that announces more objects than it could ever have and goes on with empty blobs.
func packsWithoutEnd(w http.ResponseWriter, r *http.Request, answer []byte) {
	begin := bytes.Index(answer, []byte(packStart)) - len("0000\x01")
	_, err := w.Write(answer[:begin])
	_, _ = io.WriteString(w, "0011\x01PACK\x00\x00\x00\x02\xff\xff\xff\xff")
	const blob = "\x30\x78\x9c\x03\x00\x00\x00\x00\x01" // zlib of nothing
	const blobs = 7000                                  // fit into one packet
	packet := append([]byte("f61d\x01"), bytes.Repeat([]byte(blob), blobs)...)
	for err == nil && r.Context().Err() == nil {
		_, err = w.Write(packet)
	}
}
