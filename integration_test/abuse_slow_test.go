package integration_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
)

// stalledBody is a body that says nothing more after its content until its request ends.
type stalledBody struct {
	content io.Reader
	sent    chan<- struct{} // gets one value when all of the content is taken; capacity 1
	ended   <-chan struct{}
	told    bool
}

func (b *stalledBody) Read(into []byte) (int, error) {
	n, err := b.content.Read(into)
	if err == io.EOF && !b.told { // net/http reads once more when the body is shorter than announced
		b.told = true
		b.sent <- struct{}{} // never blocks: capacity 1, sent once
		<-b.ended
	}
	return n, err
}

// stalledProofs returns the header lines of a delivery that gives a false proof for each sender with a secret, and the
// true one for those that show it before their body.
func stalledProofs() [][]string {
	const digits = "0000000000000000000000000000000000000000000000000000000000000000"
	shown := sendings()[5:] // gitlab-token, azure-devops, bearer
	return [][]string{
		{"X-Hub-Signature-256: sha256=" + digits}, {"X-Hub-Signature: sha256=" + digits}, {"X-Gogs-Signature: " + digits},
		signStandard([]byte("x"), "d-1", time.Now(), ""), shown[0].proof(""), shown[1].proof(""), shown[2].proof(""),
	}
}

// A sender without the secret may begin as many large deliveries as it likes, over either version of HTTP.
func TestHundredsOfDeliveriesThatStallTakeLessThan128MiB(t *testing.T) {
	http1 := func(p *http.Protocols) { p.SetHTTP1(true) }
	http2 := func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) }
	const all = "WEBHOOK_SENDERS=github,gitlab,gitlab-token,gogs,bitbucket,azure-devops,bearer"
	sourcehut := sendings()[4]
	for name, c := range map[string]struct {
		choose   func(*http.Protocols)
		settings []string
		proofs   [][]string
	}{
		"HTTP/1.1":  {http1, []string{"WEBHOOK_SECRET=" + githubSecret}, stalledProofs()[:1]},
		"HTTP/2":    {http2, []string{"WEBHOOK_SECRET=" + githubSecret}, stalledProofs()[:1]},
		"all":       {http1, []string{all, "WEBHOOK_SECRET=" + githubSecret, "WEBHOOK_SECRET_PREVIOUS=" + standardSecret()}, stalledProofs()},
		"sourcehut": {http1, []string{"WEBHOOK_SENDERS=sourcehut", "WEBHOOK_SECRET=" + sourcehut.secret}, [][]string{sourcehut.proof("")}},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			_, _, first, s := refreshed(t, twoStacks(), append(c.settings, shipped(), "LOG_LEVEL=info")...)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			const senders = 700
			started, over := make([]<-chan struct{}, senders), make(chan struct{}, senders)
			for i := range senders {
				sent := make(chan struct{}, 1)
				started[i] = sent
				body := &stalledBody{bytes.NewReader(make([]byte, 60_000)), sent, ctx.Done(), false}
				request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.address+"/api/v1/webhook", body)
				is.NoErr(err)
				request.ContentLength = 25 << 20
				for _, line := range c.proofs[i%len(c.proofs)] {
					name, value, _ := strings.Cut(line, ": ")
					request.Header.Set(name, value)
				}
				transport := &http.Transport{Protocols: new(http.Protocols)} // its own: a connection each
				c.choose(transport.Protocols)
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
