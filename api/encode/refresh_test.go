package encode

import (
	"log/slog"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/api/apitest"
)

func TestRefreshIsEncodedAsTheContractHasIt(t *testing.T) {
	is := is.New(t)
	at := time.Date(2026, 2, 15, 12, 0, 0, 123456789, time.FixedZone("", 3600))
	trigger := actors.Trigger{
		Source: actors.Webhook, ReceivedAt: at, Sender: "github", Delivery: `d"1`, Expected: revisionB, Stale: []string{revisionA},
	}
	refresh := actors.Refresh{
		ID: "x-2", Phase: actors.Completed, Trigger: trigger, Replaces: "x-1", StartedAt: at,
		FinishedAt: at.Add(1500 * time.Millisecond), Duration: 1500*time.Millisecond + 1, Revision: revisionB,
		Changes: actors.Changes{Added: []string{"a", "b"}, Removed: []string{`<c>`}},
	}
	const triggerJSON = `"trigger":{"source":"webhook","received_at":"2026-02-15T11:00:00.123Z","sender":"github","delivery":"d\"1",` +
		`"expected_revision":"` + revisionB + `"}`
	is.Equal(string(Refresh(refresh)), `{"id":"x-2","status":"completed",`+
		`"message":"the refresh has completed; stacks in Git: 2 added, 0 changed, 1 removed, 0 touched",`+triggerJSON+
		`,"replaces":"x-1","started_at":"2026-02-15T11:00:00.123Z","finished_at":"2026-02-15T11:00:01.623Z",`+
		`"duration_ms":1500,"revision":"`+revisionB+`",`+
		`"changes":{"added":["a","b"],"changed":[],"removed":["\u003cc\u003e"],"touched":[]}}`+"\n")
	refresh.Changes = actors.Changes{}
	is.Equal(message(refresh), "the refresh has completed; no stack has changed in Git")
	failed := actors.Refresh{
		ID: "x-3", Phase: actors.Failed, Trigger: actors.Trigger{Source: actors.Poll, ReceivedAt: at},
		StartedAt: at, FinishedAt: at, Failure: &actors.Failure{Code: actors.CodeTimeout, Message: "too slow"},
	}
	is.Equal(string(Refresh(failed)), `{"id":"x-3","status":"failed","message":"too slow",`+
		`"trigger":{"source":"poll","received_at":"2026-02-15T11:00:00.123Z"},"started_at":"2026-02-15T11:00:00.123Z",`+
		`"finished_at":"2026-02-15T11:00:00.123Z","duration_ms":0,"error":{"code":"timeout","message":"too slow"}}`+"\n")
}

func TestRefreshStatusIsEncodedAsReflectionWould(t *testing.T) {
	is := is.New(t)
	actor := apitest.Start(t, slog.New(slog.DiscardHandler))
	same := func() {
		view := actor.Viewed()
		is.Equal(string(RefreshStatus(view)), string(reflectedStatus(view)))
	}
	same()
	actor.Failed(`no "route"`)
	same()
	actor.Refreshed(revisionA, "a", "<b>")
	same()
	for range 2 { // one runs, one is queued
		_, err := actor.Trigger(t.Context(), actors.Trigger{Source: actors.Manual, ReceivedAt: time.Now()})
		is.NoErr(err)
		same()
	}
}

func TestSmallAnswersAreEncodedAsTheContractHasThem(t *testing.T) {
	is := is.New(t)
	for got, want := range map[string]string{
		string(Error("not_found", `no "x" <here>`)): `{"error":{"code":"not_found","message":"no \"x\" \u003chere\u003e"}}`,
		string(Ignored("a ping asks for nothing")):  `{"ignored":true,"reason":"a ping asks for nothing"}`,
		string(Healthy()):                           `{"status":"ok"}`,
		string(Ready(revisionA)):                    `{"status":"ready","revision":"` + revisionA + `"}`,
		string(NotReady("not yet")):                 `{"status":"not_ready","reason":"not yet"}`,
		string(Refreshes(nil)):                      `{"refreshes":[]}`,
		string(RefreshStatus(actors.View{})): `{"status":"refreshing","revision":null,"refreshed_at":null,"current":null,` +
			`"queued":null,"last":null,"last_success":null,"consecutive_failures":0,"next_poll_at":null,"source":{"url":"","ref":"","deploy_dir":"","compose_files":[]}}`,
	} {
		is.Equal(got, want+"\n")
	}
}
