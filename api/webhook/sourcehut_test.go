package webhook

import (
	"context"
	"encoding/base64"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/api/apitest"
)

// sourcehutEvent is the answer to a webhook's query, after https://man.sr.ht/graphql.md#webhooks and the schema of
// https://git.sr.ht/~sircmpwn/git.sr.ht (GitEvent).
const sourcehutEvent = `{"data":{"webhook":{"uuid":"0f3a6f36-1b07-4b3a-b4c5-1a6cfd1f0a11","event":"GIT_POST_RECEIVE",` +
	`"date":"2026-02-15T11:00:00Z","updates":[{"ref":{"name":"refs/heads/topic"}}]}}}`

// The signature is made by openssl, from a key in the form in which it writes one.
func TestSignatureOfSourceHutIsTheOneThatOpenSSLMakes(t *testing.T) {
	is := is.New(t)
	directory := t.TempDir()
	file := func(name string) string { return filepath.Join(directory, name) }
	openssl := func(arguments ...string) []byte {
		t.Helper()
		out, err := exec.Command("openssl", arguments...).Output()
		is.NoErr(err)
		return out
	}
	openssl("genpkey", "-algorithm", "ed25519", "-out", file("key"))
	public := openssl("pkey", "-in", file("key"), "-pubout", "-outform", "DER")
	is.NoErr(os.WriteFile(file("message"), []byte(sourcehutEvent+"8d4a2f"), 0o600))
	signature := openssl("pkeyutl", "-sign", "-inkey", file("key"), "-rawin", "-in", file("message"))
	secret := base64.StdEncoding.EncodeToString(public[len(public)-32:]) // the key is at the end
	lines := []string{"X-Payload-Nonce: 8d4a2f", "X-Payload-Signature: " + base64.StdEncoding.EncodeToString(signature)}
	for _, written := range []string{secret, strings.TrimRight(secret, "=")} {
		got, err := accepting(written, "sourcehut").takes(sourcehutEvent, lines...)
		is.NoErr(err)
		is.Equal(got, Delivery{})
	}
	_, err := accepting(secret, "sourcehut").takes(sourcehutEvent, "X-Payload-Nonce: 8d4a2e", lines[1])
	refusedFor(t, err, InvalidProof)
}

func TestOddSignaturesAndNoncesOfSourceHutAreRefused(t *testing.T) {
	private, public := apitest.SourceHutKeys("ours")
	r := accepting(public, "sourcehut")
	lines := apitest.SignSourceHut(private, "2f5a", sourcehutEvent)
	_, signature, _ := strings.Cut(lines[1], ": ")
	for _, c := range [][]string{
		{lines[1]}, {lines[1], "X-Payload-Nonce: "}, {lines[0], lines[0], lines[1]}, {lines[0], lines[1], lines[1]},
		{lines[0], "X-Payload-Signature: " + signature[4:]}, {lines[0], "X-Payload-Signature: AAAA" + signature},
		{lines[0], "X-Payload-Signature: %"}, {lines[0], "X-Payload-Signature: " + strings.Repeat("A", 86)},
		{"X-Payload-Nonce: " + strings.Repeat("2", 129), lines[1]},
	} {
		_, err := r.takes(sourcehutEvent, c...)
		refusedFor(t, err, InvalidProof)
	}
	_, err := r.takes(sourcehutEvent, lines[0], "X-Payload-Signature: ")
	refusedFor(t, err, MissingProof)
}

func TestSecretThatIsNoPublicKeyDisablesSourceHut(t *testing.T) {
	private, public := apitest.SourceHutKeys("ours")
	for _, secret := range []string{"x", public[4:], public + "AAAA", strings.Repeat("!", 44), apitest.GitLabSecret} {
		_, err := accepting(secret, "sourcehut").takes(sourcehutEvent, apitest.SignSourceHut(private, "2f5a", sourcehutEvent)...)
		refusedFor(t, err, Disabled)
		is.New(t).True(!strings.Contains(err.Error(), secret) || secret == "x")
	}
}

// The signature can only be checked over the whole body, so a large one needs the memory.
func TestLargeDeliveryOfSourceHutIsVerifiedInWholeOrRefused(t *testing.T) {
	is := is.New(t)
	private, public := apitest.SourceHutKeys("ours")
	r := accepting(public, "sourcehut")
	memory := new(shelf)
	r.memory = memory
	body := `{"data":"` + strings.Repeat("x", 1<<20) + `"}`
	lines := apitest.SignSourceHut(private, "2f5a", body)
	for _, known := range []bool{true, false} {
		request := posted(body, lines...)
		if !known {
			request.ContentLength = -1
		}
		got, err := r.Receive(httptest.NewRecorder(), request, clock())
		is.NoErr(err)
		is.Equal(got, Delivery{})
		is.True(!memory.lent)
	}
	_, err := r.takes(body[1:], lines...)
	refusedFor(t, err, InvalidProof)
	is.True(!memory.lent)
	memory.Borrow(context.Background())
	_, err = r.takes(body, lines...)
	refusedFor(t, err, TooLarge)
	is.True(memory.lent) // another delivery still has it
	small := apitest.SignSourceHut(private, "2f5a", sourcehutEvent)
	_, err = r.takes(sourcehutEvent, small...)
	is.NoErr(err)
}
