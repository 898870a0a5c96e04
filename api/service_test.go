package api

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"go.uber.org/goleak"

	"mooring/actors"
	"mooring/api/apitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// timeLayout is RFC 3339 in UTC with milliseconds.
const timeLayout = "2006-01-02T15:04:05.000Z"

// service is a server on 127.0.0.1 with a real refresh actor behind it.
type service struct {
	t testing.TB
	apitest.Actor
	server     *Server
	client     *http.Client
	address    string
	stopActor  func()
	stopServer func() // waits until the server has stopped
}

// options are the parts that a test can replace; each may be nil.
type options struct {
	settings Settings
	log      *slog.Logger
	wrap     func(Refresher) Refresher
	adjust   func(*Server)
	// guarded tells that the actor holds removals of more than half of the stacks.
	guarded  bool
	contents Contents
}

func serve(t testing.TB, o options) service {
	t.Helper()
	if o.log == nil {
		o.log = slog.New(slog.DiscardHandler)
	}
	begin := apitest.Start
	if o.guarded {
		begin = apitest.StartGuarded
	}
	actor := begin(t, o.log)
	var refresher Refresher = actor
	if o.wrap != nil {
		refresher = o.wrap(actor)
	}
	if o.settings.TrackedRefs == nil {
		o.settings.TrackedRefs = []string{"HEAD"}
	}
	server := New(o.settings, refresher, o.contents, o.log)
	if o.adjust != nil {
		o.adjust(server)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	is.New(t).NoErr(err)
	serverCtx, stopServer := context.WithCancel(context.Background())
	served := make(chan error, 1)
	// Ends with its context; the cleanup below waits for it.
	go func() { served <- server.Serve(serverCtx, Listeners{API: []net.Listener{listener}}); close(served) }()
	s := service{
		t: t, Actor: actor, server: server, address: listener.Addr().String(),
		client: &http.Client{
			Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		stopActor:  actor.Stop,
		stopServer: func() { stopServer(); <-served },
	}
	t.Cleanup(func() {
		s.stopActor()
		s.client.CloseIdleConnections()
		s.stopServer()
	})
	return s
}

// reply is an answer with its whole body.
type reply struct {
	status int
	header http.Header
	body   string
}

// do sends a request with headers in the form "Name: value" and checks the headers that every answer has.
func (s service) do(method, path, body string, headers ...string) reply {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, "http://"+s.address+path, strings.NewReader(body))
	is.New(s.t).NoErr(err)
	return s.send(request, headers...)
}

func (s service) send(request *http.Request, headers ...string) reply {
	s.t.Helper()
	is := is.New(s.t)
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		if name == "Host" {
			request.Host = value
			continue
		}
		request.Header.Add(name, value)
	}
	response, err := s.client.Do(request)
	is.NoErr(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	is.NoErr(err)
	is.Equal(response.Header.Get("X-Content-Type-Options"), "nosniff")
	is.True(response.Header.Get("Cache-Control") != "")
	if response.StatusCode != http.StatusNotModified && request.URL.Path != "/" {
		is.Equal(response.Header.Get("Content-Type"), "application/json")
	}
	return reply{response.StatusCode, response.Header, string(body)}
}

// errorOf returns the code of an error's body, which must be of the form that all errors have.
func errorOf(t testing.TB, r reply) string {
	t.Helper()
	is := is.New(t)
	var body map[string]map[string]string
	is.NoErr(json.Unmarshal([]byte(r.body), &body))
	is.Equal(len(body), 1)
	is.Equal(len(body["error"]), 2)
	is.True(body["error"]["message"] != "")
	return body["error"]["code"]
}

// refuses checks that a request is answered with an error.
func (s service) refuses(r reply, status int, code errorCode) {
	s.t.Helper()
	is := is.New(s.t)
	is.Equal(r.status, status)
	is.Equal(errorOf(s.t, r), string(code))
}

// decoded reads a body into a map.
func decoded(t *testing.T, r reply) map[string]any {
	t.Helper()
	var body map[string]any
	is.New(t).NoErr(json.Unmarshal([]byte(r.body), &body))
	return body
}

// waiting returns when a number of views have been taken through a Refresher made by observed.
func waiting(t *testing.T, viewed <-chan struct{}, count int) {
	t.Helper()
	for i := range count {
		select {
		case <-viewed:
		case <-time.After(20 * time.Second):
			t.Fatalf("%d of %d views were taken", i, count)
		}
	}
}

// observed is a Refresher that announces each view. View returns when the test has received the announcement.
type observed struct {
	Refresher
	viewed chan<- struct{}
}

func (o observed) View(ctx context.Context) (actors.View, error) {
	view, err := o.Refresher.View(ctx)
	if err != nil {
		return view, err
	}
	select {
	case o.viewed <- struct{}{}:
	case <-ctx.Done():
	}
	return view, err
}
