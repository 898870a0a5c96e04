package integration_test

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// TestHostileGitHostTakesLessThan128MiB lets the shipped build read answers that no Git host should send: endless
// answers of every kind, and a small pack that inflates to a large one. The last good snapshot stays.
func TestHostileGitHostTakesLessThan128MiB(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	repo, host, first, s := refreshed(t, twoStacks(), "REFRESH_TIMEOUT=2s", shipped())
	before := s.get("/api/v1/stacks")
	repo.push(files{"new/docker-compose.yml": "services: {}"})
	const result, advertisement = "application/x-git-upload-pack-result", "application/x-git-upload-pack-advertisement"
	zeros := deflatedZeros(t, 128<<20)
	line := "003f" + strings.Repeat("a", 40) + " refs/heads/branch\n"
	for name, fault := range map[string]lab.Fault{
		"an error":         answersWithoutEnd(500, "text/plain", "", strings.Repeat("x", 32<<10)),
		"a page":           answersWithoutEnd(200, "text/html", "", strings.Repeat("x", 32<<10)),
		"a list of refs":   answersWithoutEnd(200, result, "", strings.Repeat(line, 1000)),
		"an advertisement": answersWithoutEnd(200, advertisement, "", strings.Repeat(line, 1000)),
		"a pack":           lab.InPack(packsWithoutEnd),
		"progress":         lab.InPack(progressWithoutEnd),
		"a large commit":   lab.InPack(sends(bomb(1, zeros, 128<<20))),
		"a large tree":     lab.InPack(sends(bomb(2, zeros, 128<<20))),
		"a large blob":     lab.InPack(sends(bomb(3, zeros, 128<<20))),
		"headers":          headersWithoutEnd,
		"redirects":        redirects(http.StatusFound, host.URL),
	} {
		host.Suffer(fault)
		failed := s.refresh()
		isSentence(t, failed.Error.Message)
		s.keeps(before, first, failed)
		t.Logf("%s: %s, %d ms, %d MiB at most", name, failed.Error.Code, failed.Duration, s.measured().Peak>>20)
	}
	host.Suffer(nil)
	is.Equal(s.refresh().Status, "completed")
	s.staysSmall()
}

// The service reads the endless errors of an SSH host until REFRESH_TIMEOUT, and keeps no memory of them.
func TestSSHHostThatPrintsErrorsWithoutEndTakesLessThan128MiB(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	repo, first := with(t, twoStacks())
	key, flood := newKey(t, ""), filepath.Join(t.TempDir(), "flood")
	host := serveSSH(t, key, "ForceCommand test -e "+flood+" && exec yes ERROR >&2; eval $SSH_ORIGINAL_COMMAND")
	s := start(t, "GIT_URL="+host.url(repo), "GIT_SSH_KEY_FILE="+key, "REFRESH_TIMEOUT=3s", shipped(),
		"GIT_SSH_KNOWN_HOSTS_FILE="+host.knownHosts(host.hostKey("ed25519")))
	s.awaitRevision(first)
	s.logged("refresh completed")
	before := s.get("/api/v1/stacks")
	next := repo.push(files{"new/docker-compose.yml": "services: {}"})

	is.NoErr(os.WriteFile(flood, nil, 0o600))
	failed := s.refresh()
	faultCase{code: "timeout", says: "3s"}.isTold(t, failed.Error)
	s.keeps(before, first, failed)
	s.staysSmall()

	is.NoErr(os.Remove(flood))
	s.awaitRevision(next)
}

// progressWithoutEnd sends a pack's first bytes and then endless messages of progress.
func progressWithoutEnd(w http.ResponseWriter, r *http.Request, answer []byte) {
	_, err := w.Write(answer[:bytes.Index(answer, []byte(lab.PackStart))-len("0000\x01")])
	for r.Context().Err() == nil && err == nil {
		_, err = io.WriteString(w, "001d\x02Compressing objects...\n\n")
	}
}

// headersWithoutEnd writes a header that does not end.
func headersWithoutEnd(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	_, err = io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
	for err == nil {
		_, err = io.WriteString(conn, "X: "+strings.Repeat("x", 8<<10)+"\r\n")
	}
}

// bomb is a pack of one object, and its compressed content (gitformat-pack).
func bomb(kind byte, content []byte, size int) string {
	pack := []byte("PACK\x00\x00\x00\x02\x00\x00\x00\x01")
	head, rest := kind<<4|byte(size&15), size>>4
	for ; rest > 0; rest >>= 7 {
		pack = append(pack, head|0x80)
		head = byte(rest & 0x7f)
	}
	pack = append(append(pack, head), content...)
	sum := sha1.Sum(pack)
	return string(append(pack, sum[:]...))
}

// deflatedZeros returns zero bytes of a size, compressed to a thousandth of it.
func deflatedZeros(t *testing.T, size int) []byte {
	t.Helper()
	is := is.New(t)
	var content bytes.Buffer
	deflate, err := zlib.NewWriterLevel(&content, zlib.BestSpeed)
	is.NoErr(err)
	block := make([]byte, 1<<20)
	for range size / len(block) {
		_, err := deflate.Write(block)
		is.NoErr(err)
	}
	is.NoErr(deflate.Close())
	return content.Bytes()
}
