package api

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/api/apitest"
	"mooring/hashing"
)

func TestReportsMoveAStack(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	s.Refreshed(apitest.RevisionA, ".", "apps/a b")
	hash, older := hashing.Of([]byte("apps/a b")), hashing.Of([]byte("older"))
	for _, step := range []struct {
		report  string
		status  string
		applied any
		inSync  bool
	}{
		{`{"status":"syncing"}`, "syncing", nil, false},
		{`{"status":"synced","hash":"` + older + `"}`, "synced", older, false},
		{` {"hash":"` + hash + "\",\n\t\"status\":\"synced\"} \n", "synced", hash, true},
		{`{"status":"syncing","hash":null}`, "syncing", hash, false},
		{`{"status":"missing"}`, "missing", hash, false},
	} {
		r := s.do("PUT", "/api/v1/stacks/apps/a%20b", step.report)
		body := decoded(t, r)
		is.Equal(r.status, http.StatusOK)
		is.Equal(body["path"], "apps/a b")
		is.Equal(body["status"], step.status)
		is.Equal(body["applied_hash"], step.applied)
		is.Equal(body["in_sync"], step.inSync)
		is.Equal(s.do("GET", "/api/v1/stacks/apps/a%20b", "").body, r.body)
	}
	for _, root := range []string{"/api/v1/stacks/", "/api/v1/stacks/."} {
		r := s.do("PUT", root, `{"status":"syncing"}`, "Content-Type: text/plain")
		is.Equal(decoded(t, r)["path"], ".")
	}
}

func TestWhatIsNoReportIsRefused(t *testing.T) {
	s := serve(t, options{})
	s.Refreshed(apitest.RevisionA, "a")
	for body, code := range map[string]errorCode{
		"":                                        codeInvalidBody,
		"syncing":                                 codeInvalidBody,
		`{"status":"syncing"`:                     codeInvalidBody,
		`{"status":"syncing"}{}`:                  codeInvalidBody,
		`{"status":"syncing"} x`:                  codeInvalidBody,
		"\xff":                                    codeInvalidBody,
		"null":                                    codeInvalidReport,
		"[]":                                      codeInvalidReport,
		`"syncing"`:                               codeInvalidReport,
		"{}":                                      codeInvalidReport,
		`{"status":null}`:                         codeInvalidReport,
		`{"status":5}`:                            codeInvalidReport,
		`{"status":""}`:                           codeInvalidReport,
		`{"status":"deleting"}`:                   codeInvalidReport,
		`{"status":"Syncing"}`:                    codeInvalidReport,
		`{"Status":"syncing"}`:                    codeInvalidReport,
		`{"status":"syncing","x":"y"}`:            codeInvalidReport,
		`{"status":"syncing","x":null}`:           codeInvalidReport,
		`{"status":"synced"}`:                     codeInvalidReport,
		`{"status":"synced","hash":""}`:           codeInvalidReport,
		`{"status":"synced","hash":null}`:         codeInvalidReport,
		`{"status":"synced","hash":"abc"}`:        codeInvalidReport,
		`{"status":"missing","hash":""}`:          codeInvalidReport,
		`{"status":["syncing"],"hash":"x"}`:       codeInvalidReport,
		`{"status":"syncing","hash":{"a":1}`:      codeInvalidBody,
		`{"status":"syncing","tree":"abc"}`:       codeInvalidReport,
		`{"status":"syncing","tree":""}`:          codeInvalidReport,
		`{"status":"syncing","revision":"main"}`:  codeInvalidReport,
		`{"status":"syncing","target":""}`:        codeInvalidReport,
		`{"status":"syncing","target":"a\u0007"}`: codeInvalidReport,
		`{"status":"syncing","target":"` + strings.Repeat("é", 65) + `"}`:       codeInvalidReport,
		`{"status":"syncing","message":5}`:                                      codeInvalidReport,
		`{"status":"synced","hash":"` + strings.ToUpper(hashing.Of(nil)) + `"}`: codeInvalidReport,
		`{"status":"syncing","hash":"` + hashing.Of(nil) + `"}`:                 codeInvalidReport,
		`{"status":"missing","hash":"` + hashing.Of(nil) + `"}`:                 codeInvalidReport,
	} {
		s.refuses(s.do("PUT", "/api/v1/stacks/a", body), http.StatusBadRequest, code)
	}
	large := `{"status":"syncing"}` + strings.Repeat(" ", reportLimit)
	s.refuses(s.do("PUT", "/api/v1/stacks/a", large), http.StatusRequestEntityTooLarge, codePayloadTooLarge)
	view, err := s.View(t.Context())
	is.New(t).NoErr(err)
	is.New(t).Equal(view.Snapshot.Stacks[0].Status, actors.Missing)
}

func TestReportsOnStacksThatAreNotThereAreRefused(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	s.Refreshed(apitest.RevisionA, "a", "b")
	s.refuses(s.do("PUT", "/api/v1/stacks/none", `{"status":"syncing"}`), http.StatusNotFound, codeNotFound)
	s.refuses(s.do("PUT", "/api/v1/stacks/", `{"status":"syncing"}`), http.StatusNotFound, codeNotFound)
	s.refuses(s.do("DELETE", "/api/v1/stacks/none", ""), http.StatusNotFound, codeNotFound)
	s.refuses(s.do("DELETE", "/api/v1/stacks/a", ""), http.StatusConflict, codeStillDesired)
	s.Reported(actors.Report{Path: "a", Status: actors.Syncing})
	s.Refreshed(apitest.RevisionB, "b")
	s.refuses(s.do("PUT", "/api/v1/stacks/a", `{"status":"missing"}`), http.StatusConflict, codeDeleting)
	r := s.do("DELETE", "/api/v1/stacks/a", "")
	is.Equal(r.status, http.StatusOK)
	is.Equal(decoded(t, r)["status"], "deleting")
	s.refuses(s.do("DELETE", "/api/v1/stacks/a", ""), http.StatusNotFound, codeNotFound)
}

func fixed(secret string) func() (string, error) {
	return func() (string, error) { return secret, nil }
}

func TestReportsNeedTheTokenWhereOneIsSet(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{settings: Settings{DeployerToken: fixed("s3cret token")}})
	s.Refreshed(apitest.RevisionA, "a")
	for _, method := range []string{"PUT", "DELETE"} {
		for _, c := range []struct {
			headers   []string
			code      errorCode
			challenge string
		}{
			{nil, codeMissingToken, "Bearer"},
			{[]string{"Authorization: "}, codeMissingToken, "Bearer"},
			{[]string{"Authorization: Bearer"}, codeMissingToken, "Bearer"},
			{[]string{"Authorization: Bearer  "}, codeMissingToken, "Bearer"},
			{[]string{"Authorization: Basic czNjcmV0IHRva2Vu"}, codeMissingToken, "Bearer"},
			{[]string{"Authorization: s3cret token"}, codeMissingToken, "Bearer"},
			{[]string{"Authorization: Bearer s3cret"}, codeInvalidToken, `Bearer error="invalid_token"`},
			{[]string{"Authorization: Bearer s3cret token2"}, codeInvalidToken, `Bearer error="invalid_token"`},
			{[]string{"Authorization: Bearer S3CRET TOKEN"}, codeInvalidToken, `Bearer error="invalid_token"`},
			{[]string{"Authorization: Bearer s3cret token", "Authorization: Bearer s3cret token"}, codeInvalidToken, "Bearer"},
		} {
			r := s.do(method, "/api/v1/stacks/a", `{"status":"syncing"}`, c.headers...)
			s.refuses(r, http.StatusUnauthorized, c.code)
			is.Equal(r.header.Get("WWW-Authenticate"), c.challenge)
		}
	}
	for _, scheme := range []string{"Bearer", "bearer"} {
		r := s.do("PUT", "/api/v1/stacks/a", `{"status":"syncing"}`, "Authorization: "+scheme+" s3cret token")
		is.Equal(r.status, http.StatusOK)
		is.Equal(r.header.Get("WWW-Authenticate"), "")
	}
	r := s.do("DELETE", "/api/v1/stacks/a", "", "Authorization: Bearer s3cret token")
	s.refuses(r, http.StatusConflict, codeStillDesired)
	is.Equal(s.do("GET", "/api/v1/stacks/a", "").status, http.StatusOK) // reading needs no token
}

func TestTokenIsReadAtEachUse(t *testing.T) {
	is := is.New(t)
	tokens := make(chan func() (string, error), 1) // the result of the next use
	use := func(token string, err error) { tokens <- func() (string, error) { return token, err } }
	use("", errors.New("a file that is not there yet"))
	s := serve(t, options{settings: Settings{DeployerToken: func() (string, error) { return (<-tokens)() }}})
	s.Refreshed(apitest.RevisionA, "a")
	put := func(token string) reply {
		return s.do("PUT", "/api/v1/stacks/a", `{"status":"syncing"}`, "Authorization: Bearer "+token)
	}
	use("one", nil)
	is.Equal(put("one").status, http.StatusOK)
	use("two", nil)
	s.refuses(put("one"), http.StatusUnauthorized, codeInvalidToken)
	use("two", errors.New("unreadable"))
	s.refuses(put("two"), http.StatusUnauthorized, codeInvalidToken)
	use("", nil) // a file that is empty for a moment
	s.refuses(put("x"), http.StatusUnauthorized, codeInvalidToken)
}

func TestUnsetTokenLetsEveryoneReport(t *testing.T) {
	s := serve(t, options{settings: Settings{DeployerToken: fixed("")}})
	s.Refreshed(apitest.RevisionA, "a")
	is.New(t).Equal(s.do("PUT", "/api/v1/stacks/a", `{"status":"syncing"}`).status, http.StatusOK)
}

func TestReportThatIsNotSavedIsAnError(t *testing.T) {
	f := faultOf(actors.ErrNotSaved)
	is := is.New(t)
	is.Equal(f.status, http.StatusInternalServerError)
	is.Equal(f.code, codeInternal)
	is.True(strings.Contains(f.message, "SNAPSHOT_FILE"))
}
