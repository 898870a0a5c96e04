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
	"mooring/hashing"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	revisionA = "1111111111111111111111111111111111111111"
	revisionB = "2222222222222222222222222222222222222222"
)

// source is an actors.Source that gives what a test puts into outcomes; a fetch waits for it.
type source struct {
	outcomes chan outcome
}

type outcome struct {
	desired actors.DesiredState
	err     error
}

func (s source) Fetch(ctx context.Context, _ actors.DesiredState) (actors.DesiredState, error) {
	select {
	case o := <-s.outcomes:
		return o.desired, o.err
	case <-ctx.Done():
		return actors.DesiredState{}, ctx.Err()
	}
}

// service is a server on 127.0.0.1 with a real refresh actor behind it.
type service struct {
	t testing.TB
	*actors.Refresher
	source
	server     *Server
	client     *http.Client
	address    string
	stopActor  func()
	stopServer func() // and waits for it
}

// options are what a test may want to be otherwise; each may be nil.
type options struct {
	settings Settings
	log      *slog.Logger
	wrap     func(Refresher) Refresher
	adjust   func(*Server)
}

func serve(t testing.TB, o options) service {
	t.Helper()
	if o.log == nil {
		o.log = slog.New(slog.DiscardHandler)
	}
	src := source{make(chan outcome, 1)}
	handle, loop := actors.New(actors.Settings{RefreshTimeout: time.Minute}, src, actors.SnapshotFile{}, actors.Snapshot{}, o.log)
	var refresher Refresher = handle
	if o.wrap != nil {
		refresher = o.wrap(handle)
	}
	if o.settings.TrackedRefs == nil {
		o.settings.TrackedRefs = []string{"HEAD"}
	}
	server := New(o.settings, refresher, o.log)
	if o.adjust != nil {
		o.adjust(server)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	is.New(t).NoErr(err)
	actorCtx, stopActor := context.WithCancel(context.Background())
	serverCtx, stopServer := context.WithCancel(context.Background())
	looped, served := make(chan struct{}), make(chan error, 1)
	// Both end with their contexts; the cleanup below waits for them.
	go func() { defer close(looped); loop(actorCtx) }()
	go func() { served <- server.Serve(serverCtx, Listeners{API: listener}); close(served) }()
	s := service{
		t: t, Refresher: handle, source: src, server: server, address: listener.Addr().String(),
		client: &http.Client{
			Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		stopActor:  func() { stopActor(); <-looped },
		stopServer: func() { stopServer(); <-served },
	}
	t.Cleanup(func() {
		s.stopActor()
		s.client.CloseIdleConnections()
		s.stopServer()
	})
	return s
}

// stacks returns the stacks of a desired state: for each path a compose file with that path as its content.
func stacks(paths ...string) []actors.DesiredStack {
	list := make([]actors.DesiredStack, 0, len(paths))
	for _, path := range paths {
		list = append(list, actors.DesiredStack{
			Path: path, ComposeFile: "docker-compose.yml", Hash: hashing.Of([]byte(path)),
		})
	}
	return list
}

// refreshed lets a refresh run that finds these stacks at a revision.
func (s service) refreshed(revision string, paths ...string) actors.Refresh {
	s.t.Helper()
	return s.ended(outcome{desired: actors.DesiredState{Revision: revision, Stacks: stacks(paths...)}})
}

// failed lets a refresh run that fails.
func (s service) failed(message string) actors.Refresh {
	s.t.Helper()
	return s.ended(outcome{err: &actors.Failure{Code: actors.CodeUnreachable, Message: message}})
}

func (s service) ended(o outcome) actors.Refresh {
	s.t.Helper()
	s.outcomes <- o
	trigger := actors.Trigger{Source: actors.Startup, ReceivedAt: time.Now()}
	refresh, err := s.TriggerAndWait(s.t.Context(), trigger, nil)
	is.New(s.t).NoErr(err)
	return refresh
}

// reply is an answer, read whole.
type reply struct {
	status int
	header http.Header
	body   string
}

// do sends a request with headers in the form "Name: value" and checks what every answer keeps.
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

// observed is a Refresher that tells of each view that was taken; nobody gets one before somebody has listened.
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
