package integration_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// stalledBody is a body that says nothing more after its content until its request ends.
type stalledBody struct {
	content io.Reader
	sent    chan<- struct{} // gets one value when all of the content is taken; capacity 1
	ended   <-chan struct{}
}

func (b *stalledBody) Read(into []byte) (int, error) {
	n, err := b.content.Read(into)
	if err == io.EOF {
		b.sent <- struct{}{} // never blocks: capacity 1, and the end of the request follows
		<-b.ended
	}
	return n, err
}

// A sender without the secret may begin as many large deliveries as it likes, over either version of HTTP.
func TestHundredsOfDeliveriesThatStallTakeLessThan128MiB(t *testing.T) {
	for name, choose := range map[string]func(*http.Protocols){
		"HTTP/1.1": func(p *http.Protocols) { p.SetHTTP1(true) },
		"HTTP/2":   func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) },
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			_, _, first, s := refreshed(t, twoStacks(), shipped(), "WEBHOOK_SECRET="+githubSecret, "LOG_LEVEL=info")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			const senders = 700
			started, over := make([]<-chan struct{}, senders), make(chan struct{}, senders)
			for i := range senders {
				sent := make(chan struct{}, 1)
				started[i] = sent
				body := &stalledBody{bytes.NewReader(make([]byte, 60_000)), sent, ctx.Done()}
				request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.address+"/api/v1/webhook", body)
				is.NoErr(err)
				request.ContentLength = 25 << 20
				request.Header.Set("X-Hub-Signature-256", "sha256="+strings.Repeat("0", 64))
				transport := &http.Transport{Protocols: new(http.Protocols)} // its own: a connection each
				choose(transport.Protocols)
				// Ends with ctx; it is waited for below.
				go func() {
					defer transport.CloseIdleConnections()
					if response, err := transport.RoundTrip(request); err == nil {
						response.Body.Close()
					}
					over <- struct{}{}
				}()
			}
			for _, sent := range started {
				select {
				case <-sent:
				case <-over: // the service has cut this one off, as it may on a busy machine
					over <- struct{}{}
				}
			}
			is.Equal(s.get("/healthz").status, http.StatusOK)
			is.Equal(s.snapshot().Revision, first)
			cancel()
			for range senders {
				<-over
			}
			s.staysSmall()
		})
	}
}
