package gitsource

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http/cgi"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"mooring/actors"
)

// manyStacks is a layout of that many stacks, 50 in a directory, each with a compose file of one to three kilobytes and
// three files beside it.
func manyStacks(count int) layout {
	random := rand.New(rand.NewPCG(1, 2))
	l := layout{"README.md": file("stacks\n")}
	for i := range count {
		dir := fmt.Sprintf("hosts/h%04d/s%06d/", i/50, i)
		l[dir+"docker-compose.yml"] = file(composeText(random, i))
		l[dir+".env"] = file(fmt.Sprintf("TOKEN=%x\n", random.Uint64()))
		l[dir+"README.md"] = file(fmt.Sprintf("# s%06d\n", i))
		l[dir+"config/app.conf"] = file(fmt.Sprintf("key=%x\n", random.Uint64()))
	}
	return l
}

func composeText(random *rand.Rand, number int) string {
	var text strings.Builder
	fmt.Fprintf(&text, "name: s%06d\nservices:\n", number)
	for service := range 2 + random.IntN(4) {
		fmt.Fprintf(&text, "  service-%d:\n    image: registry.example.com/team/image:%d.%d@sha256:%016x%016x\n", service,
			random.IntN(20), random.IntN(30), random.Uint64(), random.Uint64())
		fmt.Fprintf(&text, "    restart: unless-stopped\n    environment:\n")
		for variable := range 2 + random.IntN(6) {
			fmt.Fprintf(&text, "      SETTING_%d: \"%x\"\n", variable, random.Uint32())
		}
		fmt.Fprintf(&text, "    ports:\n      - \"%d:8080\"\n    volumes:\n      - ./config:/config:ro\n", random.IntN(60000))
	}
	return text.String()
}

// stacksRepository is a repository of many stacks, packed, with further commits that change one stack each.
func stacksRepository(b *testing.B, count, changes int) *bareRepository {
	b.Helper()
	l := manyStacks(count)
	r := importHistory(b, filepath.Join(b.TempDir(), "stacks"), history{{layout: l}})
	var stream bytes.Buffer
	for i := range changes {
		text := fmt.Sprintf("services: {change: {image: %d}}\n", i)
		fmt.Fprintf(&stream, "commit refs/changes/%d\nmark :%d\ncommitter C <c@example.com> %d +0000\ndata 1\nx\n",
			i, i+1, 1_700_000_001+i)
		if i == 0 {
			fmt.Fprintf(&stream, "from %s\n", r.commits[0])
		} else {
			fmt.Fprintf(&stream, "from :%d\n", i)
		}
		host := i % (count / 50)
		fmt.Fprintf(&stream, "M 100644 inline hosts/h%04d/s%06d/docker-compose.yml\ndata %d\n%s\n",
			host, host*50, len(text), text)
	}
	runGit(b, r.dir, &stream, "fast-import", "--quiet")
	for i := range changes {
		id := string(bytes.TrimSpace(runGit(b, r.dir, nil, "rev-parse", fmt.Sprintf("refs/changes/%d", i))))
		r.commits = append(r.commits, id)
	}
	runGit(b, r.dir, nil, "repack", "-adq", "--threads=2")
	return r
}

// serve serves a repository with git http-backend and returns its URL.
func (r *bareRepository) serve(b *testing.B) string {
	b.Helper()
	execPath := string(bytes.TrimSpace(runGit(b, "", nil, "--exec-path")))
	server := httptest.NewServer(&cgi.Handler{
		Path: filepath.Join(execPath, "git-http-backend"),
		Env: []string{
			"GIT_HTTP_EXPORT_ALL=1", "GIT_PROJECT_ROOT=" + filepath.Dir(r.dir), "GIT_CONFIG_GLOBAL=/dev/null",
		},
		InheritEnv: []string{"PATH"},
	})
	b.Cleanup(server.Close)
	return server.URL + "/" + filepath.Base(r.dir)
}

func mustFetch(b *testing.B, source *Source, previous actors.DesiredState, stacks int) actors.DesiredState {
	b.Helper()
	state, err := source.Fetch(b.Context(), previous)
	if err != nil || len(state.Stacks) != stacks {
		b.Fatalf("Fetch: %d stacks, %v", len(state.Stacks), err)
	}
	return state
}

func BenchmarkPackReader(b *testing.B) {
	r := stacksRepository(b, 2000, 0)
	for name, filter := range map[string]string{"trees": "--filter=blob:none", "everything": "--filter=blob:limit=1g"} {
		ids := runGit(b, r.dir, nil, "rev-list", "--objects", "--no-object-names", filter, "main")
		pack := runGit(b, r.dir, bytes.NewBuffer(ids), "pack-objects", "--stdout", "--quiet", "--delta-base-offset")
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(pack)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := readPack(b.Context(), bytes.NewReader(pack), testLimits(), &sizes{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkFetch(b *testing.B) {
	for _, count := range []int{200, 20_000} {
		r := stacksRepository(b, count, 30)
		for way, url := range map[string]string{"HTTP": r.serve(b), "local": r.dir} {
			source := newTestSource(b, url)
			b.Run(fmt.Sprintf("cold/%s/%d", way, count), func(b *testing.B) {
				r.moveMain(b, r.commits[0])
				b.ReportAllocs()
				for b.Loop() {
					mustFetch(b, source, actors.DesiredState{}, count)
				}
			})
			b.Run(fmt.Sprintf("change/%s/%d", way, count), func(b *testing.B) {
				r.moveMain(b, r.commits[0])
				state := mustFetch(b, source, actors.DesiredState{}, count)
				b.ReportAllocs()
				for i := 1; b.Loop(); i++ {
					if i == len(r.commits) {
						b.StopTimer()
						r.moveMain(b, r.commits[0])
						i, state = 1, mustFetch(b, source, actors.DesiredState{}, count)
						b.StartTimer()
					}
					r.moveMain(b, r.commits[i])
					state = mustFetch(b, source, state, count)
				}
			})
			b.Run(fmt.Sprintf("unchanged/%s/%d", way, count), func(b *testing.B) {
				state := mustFetch(b, source, actors.DesiredState{}, count)
				b.ReportAllocs()
				for b.Loop() {
					state = mustFetch(b, source, state, count)
				}
				runtime.KeepAlive(state)
			})
		}
	}
}

// BenchmarkIndexSize says how much memory a state takes for as long as it is kept.
func BenchmarkIndexSize(b *testing.B) {
	const count = 20_000
	source := newTestSource(b, stacksRepository(b, count, 0).dir)
	for b.Loop() {
		state := mustFetch(b, source, actors.DesiredState{}, count)
		runtime.GC()
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		b.ReportMetric(float64(memory.HeapAlloc)/1e6, "MB-held")
		runtime.KeepAlive(state)
	}
}
