package integration_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// everySender names all senders that may stand together.
const everySender = "WEBHOOK_SENDERS=github,gitlab,gitlab-token,gogs,bitbucket,azure-devops,bearer"

// provenBy returns how each sender of everySender proves a body with a secret of the form that GitLab shows.
func provenBy(secret string) map[string]func(body string) []string {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		panic(err)
	}
	digits := func(body string) string { return hex.EncodeToString(sum256([]byte(secret), body)) }
	return map[string]func(body string) []string{
		"github":       func(body string) []string { return []string{lab.Sign(secret, body)} },
		"bitbucket":    func(body string) []string { return []string{"X-Hub-Signature: sha256=" + digits(body)} },
		"gogs":         func(body string) []string { return []string{"X-Gogs-Signature: " + digits(body)} },
		"gitlab-token": func(string) []string { return []string{"X-Gitlab-Token: " + secret} },
		"azure-devops": func(string) []string { return []string{"Authorization: Basic " + basic("u", secret)} },
		"bearer":       func(string) []string { return []string{"Authorization: Bearer " + secret} },
		"gitlab":       func(body string) []string { return signStandard(key, rand.Text(), time.Now(), body) },
	}
}

// whsec is a secret that is a key for every sender with a secret.
func whsec(word string) string {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte(word+" of the length that GitLab has"))
}

// Both secrets are read from their files at each use, for every sender.
func TestSecretsOfEverySenderRotateInTheirFiles(t *testing.T) {
	repo, first := with(t, twoStacks())
	current, previous := newSecretFile(t, whsec("second")), newSecretFile(t, whsec("first"))
	s := start(t, "GIT_URL="+repo.bare, everySender, "WEBHOOK_SECRET_FILE="+current.path, "WEBHOOK_SECRET_PREVIOUS_FILE="+previous.path)
	s.awaitRevision(first)
	accepts := func(word string, want bool) {
		t.Helper()
		for sender, proof := range provenBy(whsec(word)) {
			answer := s.do(http.MethodPost, "/api/v1/webhook", "{}", proof("{}")...)
			if want != (answer.status == http.StatusAccepted) || !want && answer.status != http.StatusUnauthorized {
				t.Errorf("%s with the %s secret: %d %s", sender, word, answer.status, answer.body)
			}
		}
	}
	accepts("first", true)
	accepts("second", true)
	accepts("third", false)
	previous.rotate(s, whsec("second"))
	current.rotate(s, whsec("third"))
	accepts("first", false)
	accepts("second", true)
	accepts("third", true)
	previous.rotate(s, "") // unset at last
	accepts("second", false)
	accepts("third", true)
}

func TestPublicKeysOfSourceHutRotateInTheirFiles(t *testing.T) {
	is := is.New(t)
	repo, first := with(t, twoStacks())
	key := func(seed byte) ed25519.PrivateKey {
		return ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune('a'+seed)), ed25519.SeedSize)))
	}
	public := func(seed byte) string { return base64.StdEncoding.EncodeToString(key(seed)[32:]) }
	current, previous := newSecretFile(t, public(1)), newSecretFile(t, public(0))
	s := start(t, "GIT_URL="+repo.bare, "WEBHOOK_SENDERS=sourcehut", "WEBHOOK_SECRET_FILE="+current.path,
		"WEBHOOK_SECRET_PREVIOUS_FILE="+previous.path)
	s.awaitRevision(first)
	accepts := func(seed byte) int {
		signature := base64.StdEncoding.EncodeToString(ed25519.Sign(key(seed), []byte("{}n")))
		return s.do(http.MethodPost, "/api/v1/webhook", "{}", "X-Payload-Nonce: n", "X-Payload-Signature: "+signature).status
	}
	is.Equal([]int{accepts(0), accepts(1), accepts(2)}, []int{202, 202, 401})
	previous.rotate(s, public(1))
	current.rotate(s, public(2))
	is.Equal([]int{accepts(0), accepts(1), accepts(2)}, []int{401, 202, 202})
}

// A proof that is given twice, or beside a stronger one, counts for nothing, whatever else is good.
func TestProofsInDisorderAreRefused(t *testing.T) {
	repo, first := with(t, twoStacks())
	s := start(t, "GIT_URL="+repo.bare, everySender, "WEBHOOK_SECRET="+whsec("a"))
	s.awaitRevision(first)
	body := "{}"
	for sender, proof := range provenBy(whsec("a")) {
		good := proof(body)
		others, last := good[:len(good)-1], good[len(good)-1]
		name, value, _ := strings.Cut(last, ": ")
		disorder := [][]string{{last, last}, {last, name + ": " + value + "x"}, {name + ": x", last}, {last + "," + value},
			{last + "x"}, {name + ": x" + value}}
		if sender != "gitlab" { // it may send several, with blanks between them
			disorder = append(disorder, []string{last + ", " + value}, []string{last + " " + value})
		}
		for _, proofs := range disorder {
			lines := slices.Concat(others, proofs)
			answer := s.do(http.MethodPost, "/api/v1/webhook", body, lines...)
			if answer.status != http.StatusUnauthorized {
				t.Errorf("%s with %q: %d %s", sender, lines, answer.status, answer.body)
			}
		}
		if sender != "github" { // it has the strongest proof
			both := slices.Concat(good, []string{"X-Hub-Signature-256: sha256=" + strings.Repeat("0", 64)})
			s.refuses(s.do(http.MethodPost, "/api/v1/webhook", body, both...), http.StatusUnauthorized, "invalid_signature")
		}
		is.New(t).Equal(s.do(http.MethodPost, "/api/v1/webhook", body, proof(body)...).status, http.StatusAccepted)
	}
}

// The largest body of every sender is taken in the memory of one, and one byte more is refused.
func TestLargestBodyOfEverySenderIsTaken(t *testing.T) {
	repo, first := with(t, twoStacks())
	s := start(t, shipped(), "GIT_URL="+repo.bare, everySender, "WEBHOOK_SECRET="+whsec("a"))
	sourcehut := sendings()[4]
	other := start(t, shipped(), "GIT_URL="+repo.bare, "WEBHOOK_SENDERS=sourcehut", "WEBHOOK_SECRET="+sourcehut.secret)
	s.awaitRevision(first)
	other.awaitRevision(first)
	proofs := provenBy(whsec("a"))
	proofs[sourcehut.name] = sourcehut.proof
	for sender, proof := range proofs {
		to := map[bool]*service{true: other, false: s}[sender == sourcehut.name]
		largest := strings.Repeat(" ", 25<<20)
		answer := to.do(http.MethodPost, "/api/v1/webhook", largest, proof(largest)...)
		is.New(t).Equal(answer.status, http.StatusAccepted) // sender
		to.refuses(to.do(http.MethodPost, "/api/v1/webhook", largest+" ", proof(largest+" ")...),
			http.StatusRequestEntityTooLarge, "payload_too_large")
	}
	s.staysSmall()
	other.staysSmall()
}

// Anyone can send deliveries. What is in them adds no series to the metrics.
func TestDeliveriesOfAnyoneAddNoSeries(t *testing.T) {
	is := is.New(t)
	repo, first := with(t, twoStacks())
	s := start(t, "GIT_URL="+repo.bare, "METRICS_ADDR=127.0.0.1:0", "WEBHOOK_SECRET="+githubSecret)
	s.awaitRevision(first)
	series := func() int { return strings.Count(s.scrape(), "mooring_webhook_deliveries_total{") }
	before := series()
	for i := range 50 {
		odd := fmt.Sprintf("odd-%d", i)
		for _, lines := range [][]string{
			{"X-GitHub-Event: " + odd}, {"X-Gitlab-Token: " + odd, "X-Gitlab-Event: " + odd}, {"X-Hub-Signature-256: " + odd},
			{"Authorization: " + odd + " x"}, {"Authorization: Bearer " + odd}, {"webhook-signature: v9," + odd, "webhook-id: " + odd},
		} {
			is.Equal(s.do(http.MethodPost, "/api/v1/webhook", "{}", lines...).status, http.StatusUnauthorized)
		}
	}
	is.Equal(series(), before)
	holdsLines(t, s.scrape(), `mooring_webhook_deliveries_total{result="missing_signature",sender="unknown"} 100`,
		`mooring_webhook_deliveries_total{result="invalid_signature",sender="unknown"} 150`,
		`mooring_webhook_deliveries_total{result="invalid_signature",sender="github"} 50`)
}
