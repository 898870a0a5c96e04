package integration_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

func TestEveryAnswerFitsTheDescription(t *testing.T) {
	is := is.New(t)
	repo, first := with(t, twoStacks())
	host := serveRepository(t, repo)
	directory := t.TempDir()
	const token, key = "deployer's token", "webhook's key"
	s := start(t, "GIT_URL="+host.url(), "WEBHOOK_SECRET="+key, "DEPLOYER_TOKEN="+token,
		"SNAPSHOT_FILE="+filepath.Join(directory, "snapshot.json"), "REMOVAL_LIMIT=100%")
	s.awaitRevision(first)
	d := readDescription(t, s.get("/openapi.json").body)
	d.walkContents(s, repo, host)
	authorized := "Authorization: Bearer " + token
	d.walkReading(s)
	d.walkReports(s, repo, authorized)
	d.walkWebhook(s, key)
	d.walkRefreshes(s, host)

	// A stack that Git has dropped, and a report that cannot be kept.
	for _, path := range []string{"web", "db%2Fmain"} {
		const syncing, kind = `{"status":"syncing"}`, "Content-Type: application/json"
		is.Equal(d.ask(s, "PUT", "/api/v1/stacks/"+path, syncing, kind, authorized).status, 200)
	}
	repo.push(files{"web/docker-compose.yml": "", "db/main/docker-compose.yaml": ""})
	s.refresh()
	is.Equal(d.ask(s, "PUT", "/api/v1/stacks/web", `{"status":"syncing"}`, authorized).status, 409)
	is.Equal(d.ask(s, "DELETE", "/api/v1/stacks/web", "", authorized).status, 200)
	is.NoErr(os.Rename(directory, directory+".away"))
	is.Equal(d.ask(s, "DELETE", "/api/v1/stacks/db%2Fmain", "", authorized).status, 500)
	is.NoErr(os.Rename(directory+".away", directory))

	d.walkRemovals(start(t, "GIT_URL="+host.url(), "DEPLOYER_TOKEN="+token), repo, authorized)

	// A service that is not ready, has no webhook key and allows one host name.
	host.Hang()
	t.Cleanup(host.Release)
	other := start(t, "GIT_URL="+host.url(), "ALLOWED_HOSTS=mooring.example")
	d.walkMisdirected(other)
	is.Equal(d.ask(other, "GET", "/readyz", "").status, 503)
	is.Equal(d.ask(other, "POST", "/api/v1/webhook", "{}", "Host: mooring.example").status, 503)
	d.sawAll()
}

// walkReading asks for everything that can be read, with good and with bad parameters.
func (d *described) walkReading(s *service) {
	is := is.New(d.t)
	id := s.status().LastSuccess.ID
	for path, status := range map[string]int{
		"/": 200, "/healthz": 200, "/readyz": 200, "/openapi.json": 200, "/api/v1/refresh": 200, "/api/v1/refreshes": 200,
		"/api/v1/refreshes?limit=1": 200, "/api/v1/refreshes?limit=0": 400, "/api/v1/refreshes/" + id: 200,
		"/api/v1/refreshes/none": 404, "/api/v1/stacks": 200, "/api/v1/stacks?status=missing&in_sync=false": 200,
		"/api/v1/stacks?status=lost": 400, "/api/v1/stacks?wait=soon": 400, "/api/v1/stacks/web": 200,
		"/api/v1/stacks/db%2Fmain": 200, "/api/v1/stacks/none": 404, "/api/v1/stacks/": 404,
	} {
		is.Equal(d.ask(s, "GET", path, "").status, status) // path
	}
	tag := s.get("/api/v1/stacks").header.Get("Etag")
	is.Equal(d.ask(s, "GET", "/api/v1/stacks?wait=1ms", "", "If-None-Match: "+tag).status, 304)
	for _, request := range [][2]string{{"POST", "/"}, {"DELETE", "/api/v1/refresh"}, {"GET", "/api/v1/webhook"}} {
		is.Equal(d.ask(s, request[0], request[1], "").status, 405)
	}
	unknown := s.get("/api/v2")
	is.Equal(unknown.status, 404)
	d.fitsComponent("GET /api/v2", "UnknownPath", &http.Response{Header: unknown.header}, []byte(unknown.body))
}

// walkContents asks what stacks are made of, with and without a host that answers.
func (d *described) walkContents(s *service, repo repository, host host) {
	is := is.New(d.t)
	repo.push(files{"docker-compose.yml": "services: {a: {image: a, env_file: a.env}}", "a.env": "A=1"})
	s.refresh()
	host.Refuse(http.StatusServiceUnavailable)
	for _, path := range []string{"/api/v1/stacks/", "/api/v1/stacks/web"} {
		is.Equal(d.ask(s, "GET", path+"?inputs=yes", "").status, 400)
		is.Equal(d.ask(s, "GET", path+"?inputs=true", "").status, 502)
	}
	host.Refuse(0)
	for _, path := range []string{"/api/v1/stacks/", "/api/v1/stacks/web", "/api/v1/stacks/db%2Fmain"} {
		is.Equal(d.ask(s, "GET", path+"?inputs=true", "").status, 200)
	}
	repo.push(files{"docker-compose.yml": "", "a.env": ""})
	s.refresh()
}

// walkReports sends a deployer's reports. For a while the root is a stack, too.
func (d *described) walkReports(s *service, repo repository, authorized string) {
	is := is.New(d.t)
	report := fmt.Sprintf(`{"status":"synced","hash":%q}`, s.stack("web").Hash)
	s.awaitRevision(func() string {
		revision := repo.push(files{"docker-compose.yml": "services: {}"})
		s.refresh()
		return revision
	}())
	const web, root, none = "/api/v1/stacks/web", "/api/v1/stacks/", "/api/v1/stacks/none"
	const half = "Transfer-Encoding: chunked"
	for _, path := range []string{web, root} {
		for _, body := range []string{`{"status":"syncing"}`, `{"status":"missing"}`, report} {
			is.Equal(d.ask(s, "PUT", path, body, "Content-Type: application/json", authorized).status, 200)
		}
		is.Equal(d.ask(s, "PUT", path, `{"status":"done"}`, authorized).status, 400)
		is.Equal(d.ask(s, "PUT", path, `{`, authorized).status, 400)
		is.Equal(d.ask(s, "PUT", path, strings.Repeat(" ", 65<<10), authorized).status, 413)
		is.Equal(d.ask(s, "DELETE", path, strings.Repeat(" ", 65<<10), authorized).status, 413)
		is.Equal(d.ask(s, "DELETE", path, "no chunk\r\n", half, authorized).status, 400)
		is.Equal(d.ask(s, "DELETE", path, "", authorized).status, 409)
		for _, method := range []string{"PUT", "DELETE"} {
			is.Equal(d.ask(s, method, path, `{"status":"syncing"}`).status, 401)
			is.Equal(d.ask(s, method, path, `{"status":"syncing"}`, "Authorization: Bearer x").status, 401)
			is.Equal(d.ask(s, method, path, `{"status":"syncing"}`, "Sec-Fetch-Site: cross-site").status, 403)
		}
	}
	is.Equal(d.ask(s, "GET", root, "").status, 200)
	repo.push(files{"docker-compose.yml": ""})
	s.refresh()
	is.Equal(d.ask(s, "PUT", root, `{"status":"syncing"}`, authorized).status, 409)
	is.Equal(d.ask(s, "DELETE", root, "", authorized).status, 200)
	for _, path := range []string{none, root} {
		is.Equal(d.ask(s, "PUT", path, `{"status":"syncing"}`, authorized).status, 404)
		is.Equal(d.ask(s, "DELETE", path, "", authorized).status, 404)
	}
}

// walkRemovals holds removals, and asks to release them rightly and wrongly.
func (d *described) walkRemovals(s *service, repo repository, authorized string) {
	is := is.New(d.t)
	const kind, removals = "Content-Type: application/json", "/api/v1/removals"
	repo.push(twoStacks())
	s.refresh()
	for _, path := range []string{"web", "db%2Fmain"} {
		is.Equal(d.ask(s, "PUT", "/api/v1/stacks/"+path, `{"status":"syncing"}`, kind, authorized).status, 200)
	}
	revision := repo.push(files{"web/docker-compose.yml": "", "db/main/docker-compose.yaml": ""})
	s.refresh()
	held := d.ask(s, "GET", "/api/v1/stacks", "").body
	is.True(strings.Contains(held, `"held"`))
	is.Equal(d.ask(s, "DELETE", "/api/v1/stacks/web", "", authorized).status, 409)
	body := fmt.Sprintf(`{"revision":%q}`, revision)
	is.Equal(d.ask(s, "POST", removals, body, kind).status, 401)
	is.Equal(d.ask(s, "POST", removals, body, kind, "Sec-Fetch-Site: cross-site").status, 403)
	is.Equal(d.ask(s, "POST", removals, "{", kind, authorized).status, 400)
	is.Equal(d.ask(s, "POST", removals, strings.Repeat(" ", 65<<10), kind, authorized).status, 413)
	other := fmt.Sprintf(`{"revision":%q}`, strings.Repeat("1", 40))
	is.Equal(d.ask(s, "POST", removals, other, kind, authorized).status, 409)
	is.Equal(d.ask(s, "POST", removals, body, kind, authorized).status, 200)
}

// walkWebhook sends deliveries that are taken, ignored and refused.
func (d *described) walkWebhook(s *service, key string) {
	is := is.New(d.t)
	const path, body = "/api/v1/webhook", `{"ref":"refs/heads/main"}`
	kind, signature := "Content-Type: application/json", lab.Sign(key, body)
	is.Equal(d.ask(s, "POST", path, body, kind, signature, "X-GitHub-Event: push", "X-GitHub-Delivery: 1").status, 202)
	is.Equal(d.ask(s, "POST", path, body, kind, signature, "X-GitHub-Event: ping").status, 200)
	is.Equal(d.ask(s, "POST", path, body, kind).status, 401)
	is.Equal(d.ask(s, "POST", path, body, kind, "X-Gitlab-Token: "+key).status, 401)
	is.Equal(d.ask(s, "POST", path, body, kind, lab.Sign("x", body)).status, 401)
	is.Equal(d.ask(s, "POST", path, "", kind, signature, fmt.Sprintf("Content-Length: %d", 26<<20)).status, 413)
	is.Equal(d.ask(s, "POST", path, "no chunk\r\n", kind, signature, "Transfer-Encoding: chunked").status, 400)
}

// walkRefreshes asks for refreshes: one that completes, one that fails, and those that wait.
func (d *described) walkRefreshes(s *service, host host) {
	is := is.New(d.t)
	const path = "/api/v1/refresh"
	is.Equal(d.ask(s, "POST", path+"?wait=30s", "").status, 200)
	host.Refuse(http.StatusServiceUnavailable)
	is.Equal(d.ask(s, "POST", path+"?wait=30s", "").status, 502)
	is.Equal(d.ask(s, "GET", path, "").status, 200)
	host.Refuse(0)
	host.Hang()
	for range 3 { // the first one runs or is queued, the second is queued, the third takes the second one's place
		accepted := decode[refresh](d.t, d.ask(s, "POST", path, ""))
		is.Equal(d.ask(s, "GET", "/api/v1/refreshes/"+accepted.ID, "").status, 200)
		is.Equal(d.ask(s, "GET", path, "").status, 200)
	}
	is.Equal(d.ask(s, "GET", "/api/v1/refreshes", "").status, 200)
	is.Equal(d.ask(s, "POST", path+"?wait=1ms", "").status, 202)
	host.Release()
	is.Equal(d.ask(s, "POST", path+"?wait=x", "").status, 400)
	is.Equal(d.ask(s, "POST", path, "", "Sec-Fetch-Site: cross-site").status, 403)
	is.Equal(d.ask(s, "POST", path, strings.Repeat(" ", 65<<10)).status, 413)
	is.Equal(d.ask(s, "POST", path+"?wait=30s", "").status, 200)
}

// walkMisdirected sends every operation to the wrong name.
func (d *described) walkMisdirected(s *service) {
	is := is.New(d.t)
	for path, item := range d.model.Paths.PathItems.FromOldest() {
		for method := range item.GetOperations().FromOldest() {
			if path == "/healthz" || path == "/readyz" {
				continue // they answer requests with any host name
			}
			path := strings.NewReplacer("{id}", "x", "{path}", "web").Replace(path)
			is.Equal(d.ask(s, strings.ToUpper(method), path, "").status, 421)
		}
	}
}

// sawAll fails the test for each described answer that never occurred, except those of a broken service.
func (d *described) sawAll() {
	d.t.Helper()
	for _, item := range d.model.Paths.PathItems.FromOldest() {
		for _, operation := range item.GetOperations().FromOldest() {
			for status := range operation.Responses.Codes.FromOldest() {
				answer := operation.OperationId + " " + status
				fault := status == "500" || status == "503" && answer != "getReadiness 503" && answer != "postWebhook 503"
				if !fault && !d.seen[answer] {
					d.t.Errorf("%s is described and was never answered", answer)
				}
			}
		}
	}
	for _, answer := range []string{"MethodNotAllowed", "UnknownPath", "forgetStack 500"} {
		is.New(d.t).True(d.seen[answer])
	}
}
