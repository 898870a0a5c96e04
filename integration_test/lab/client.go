package lab

import (
	"context"
	"io"
	"net/http"
	"strings"
	"time"
)

// NewClient returns a client that keeps that many connections to the service and follows no redirect. It does not ask
// for compression, which would be work for the service and saves nothing on loopback. The caller closes idle
// connections.
func NewClient(connections int, timeout time.Duration) *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: connections},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       timeout,
	}
}

// Reply is an answer with its whole body.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// Ask sends a request with headers in the form "Name: value" and reads the answer to its end.
func Ask(ctx context.Context, client *http.Client, method, url, body string, headers ...string) (Reply, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return Reply{}, err
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Add(name, value)
	}
	return Do(client, request)
}

// Do sends a request and reads the answer to its end.
func Do(client *http.Client, request *http.Request) (Reply, error) {
	answer, err := client.Do(request)
	if err != nil {
		return Reply{}, err
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	return Reply{answer.StatusCode, answer.Header, content}, err
}
