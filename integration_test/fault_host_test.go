package integration_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"time"

	"mooring/integration_test/lab"
)

// answersWithoutEnd writes one block again and again until the client closes the connection.
func answersWithoutEnd(status int, contentType, begin, block string) lab.Fault {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, err := io.WriteString(w, begin)
		for r.Context().Err() == nil && err == nil {
			_, err = io.WriteString(w, block)
		}
	}
}

// redirects sends every request to the same place at another host.
func redirects(status int, to string) lab.Fault {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		http.Redirect(w, r, to+r.URL.String(), status)
	}
}

// trickles passes answers on in small pieces, and waits before each.
func trickles(pieces int, pause time.Duration) lab.Fault {
	return func(w http.ResponseWriter, r *http.Request, git http.Handler) {
		answer := lab.Record(w, r, git)
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

// emptyPack has no objects.
const emptyPack = "PACK\x00\x00\x00\x02\x00\x00\x00\x00" +
	"\x02\x9d\x08\x82\x3b\xd8\xa8\xea\xb5\x10\xad\x6a\xc7\x5c\x82\x3c\xfd\x3e\xd3\x1e"

// sends replaces a pack by another one.
func sends(pack string) lab.Spoiler {
	return func(w http.ResponseWriter, _ *http.Request, answer []byte) {
		_, _ = w.Write(answer[:bytes.Index(answer, []byte(lab.PackStart))-len("0000\x01")])
		const largest = 60_000 // bytes of a packet
		for rest := pack; len(rest) > 0; {
			part := rest[:min(largest, len(rest))]
			fmt.Fprintf(w, "%04x\x01%s", len(part)+len("0000\x01"), part)
			rest = rest[len(part):]
		}
		_, _ = io.WriteString(w, "0000")
	}
}

// packsWithoutEnd sends a pack that announces 4 billion objects, and then empty blobs without end.
func packsWithoutEnd(w http.ResponseWriter, r *http.Request, answer []byte) {
	begin := bytes.Index(answer, []byte(lab.PackStart)) - len("0000\x01")
	_, err := w.Write(answer[:begin])
	_, _ = io.WriteString(w, "0011\x01PACK\x00\x00\x00\x02\xff\xff\xff\xff")
	const blob = "\x30\x78\x9c\x03\x00\x00\x00\x00\x01" // zlib of nothing
	const blobs = 7000                                  // fit into one packet
	packet := append([]byte("f61d\x01"), bytes.Repeat([]byte(blob), blobs)...)
	for err == nil && r.Context().Err() == nil {
		_, err = w.Write(packet)
	}
}
