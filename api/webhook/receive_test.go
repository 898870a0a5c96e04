package webhook

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/api/apitest"
)

// shelf is a Memory for one goroutine.
type shelf struct {
	memory            []byte
	lent              bool
	borrowed, refused int
}

func (s *shelf) Borrow(context.Context) ([]byte, bool) {
	if s.lent {
		s.refused++
		return nil, false
	}
	s.lent = true
	s.borrowed++
	return s.memory, true
}

func (s *shelf) Return(memory []byte) { s.lent, s.memory = false, memory }

func receiver(memory Memory) *Receiver {
	key := func() (string, error) { return apitest.GitHubSecret, nil }
	return New([]string{GitHub}, key, nil, []string{"refs/heads/main"}, memory, slog.New(slog.DiscardHandler))
}

// delivery is a signed push with a known length. Its body has as many bytes more than the push needs.
func delivery(ref string, more int) *http.Request {
	body := `{"x":"` + strings.Repeat("x", more) + `",` + apitest.Push(ref, apitest.RevisionA, apitest.RevisionB)[1:]
	request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	name, value, _ := strings.Cut(apitest.Sign(apitest.GitHubSecret, body), ": ")
	request.Header.Set(name, value)
	request.Header.Set("X-GitHub-Event", "push")
	return request
}

func refusedFor(t *testing.T, err error, reason Reason) {
	t.Helper()
	refusal, ok := errors.AsType[*Refusal](err)
	is.New(t).True(ok)
	is.New(t).Equal(refusal.Reason, reason)
	is.New(t).True(refusal.Error() != "")
}

func TestPushIsUnderstoodWhateverItsSize(t *testing.T) {
	is := is.New(t)
	memory := new(shelf)
	r := receiver(memory)
	for more, borrowed := range map[int]bool{0: false, largeBody / 2: false, largeBody: true, 3 << 20: true} {
		for _, known := range []bool{true, false} {
			memory.borrowed = 0
			request := delivery("refs/heads/main", more)
			if !known {
				request.ContentLength = -1
			}
			got, err := r.Receive(httptest.NewRecorder(), request, time.Now())
			is.NoErr(err)
			is.Equal(got, Delivery{Expected: apitest.RevisionB, Stale: []string{apitest.RevisionA}})
			is.Equal(memory.borrowed > 0, borrowed) // more
			is.True(!memory.lent)
		}
	}
	got, err := r.Receive(httptest.NewRecorder(), delivery("refs/heads/topic", largeBody), time.Now())
	is.NoErr(err)
	is.True(strings.Contains(got.Ignored, "refs/heads/topic"))
}

func TestLargePushBesideAnotherExpectsNothing(t *testing.T) {
	is := is.New(t)
	memory := &shelf{lent: true}
	r := receiver(memory)
	got, err := r.Receive(httptest.NewRecorder(), delivery("refs/heads/topic", largeBody), time.Now())
	is.NoErr(err)
	is.Equal(got, Delivery{}) // it still asks for a refresh
	request := delivery("refs/heads/main", largeBody)
	request.Header.Set("X-Hub-Signature-256", "sha256="+strings.Repeat("0", 64))
	_, err = r.Receive(httptest.NewRecorder(), request, time.Now())
	refusedFor(t, err, InvalidProof)
	is.Equal(memory.refused, 2)
	is.True(memory.lent) // another delivery still has the memory
}

// broken is a body that ends in an error.
type broken struct{ io.Reader }

func (b broken) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func TestMemoryIsGivenBackWhateverBecomesOfTheBody(t *testing.T) {
	is := is.New(t)
	memory := new(shelf)
	r := receiver(memory)
	for _, length := range []int64{-1, 2 << 20} {
		for size, reason := range map[int64]Reason{maxBody + 1: TooLarge, 2 << 20: InvalidProof, largeBody: InvalidProof} {
			request := delivery("refs/heads/main", 0)
			request.ContentLength = length
			request.Body = io.NopCloser(io.LimitReader(blanks{}, size))
			_, err := r.Receive(httptest.NewRecorder(), request, time.Now())
			refusedFor(t, err, reason)
			is.True(!memory.lent)
			request.Body = io.NopCloser(broken{io.LimitReader(blanks{}, min(size, maxBody))})
			_, err = r.Receive(httptest.NewRecorder(), request, time.Now())
			refusedFor(t, err, Incomplete)
			is.True(!memory.lent)
		}
	}
	is.True(memory.borrowed > 0)
	is.True(cap(memory.memory) < maxBody+1<<20)
}

// blanks are spaces without end.
type blanks struct{}

func (blanks) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestLengthBeyondTheBoundIsRefusedUnread(t *testing.T) {
	request := delivery("refs/heads/main", 0)
	request.ContentLength = maxBody + 1
	request.Body = io.NopCloser(unread{t})
	_, err := receiver(new(shelf)).Receive(httptest.NewRecorder(), request, time.Now())
	refusedFor(t, err, TooLarge)
}

// unread is a body that nobody may read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body is read")
	return 0, io.EOF
}

func TestDeliveryWithoutProofIsRefusedUnread(t *testing.T) {
	request := delivery("refs/heads/main", 0)
	request.Header.Del("X-Hub-Signature-256")
	request.Body = io.NopCloser(unread{t})
	_, err := receiver(new(shelf)).Receive(httptest.NewRecorder(), request, time.Now())
	refusedFor(t, err, MissingProof)
}

// Gitea 1.26.0 signs the payload inside a form, and not the form.
func TestRefusalOfAFormNamesTheContentType(t *testing.T) {
	is := is.New(t)
	payload := apitest.Push("refs/heads/main", apitest.RevisionA, apitest.RevisionB)
	request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("payload="+url.QueryEscape(payload)))
	name, value, _ := strings.Cut(apitest.Sign(apitest.GitHubSecret, payload), ": ")
	request.Header.Set(name, value)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	_, err := receiver(new(shelf)).Receive(httptest.NewRecorder(), request, time.Now())
	refusedFor(t, err, InvalidProof)
	is.True(strings.Contains(err.Error(), "application/json"))
	request = delivery("refs/heads/main", 0)
	request.Header.Set("X-Hub-Signature-256", "sha256="+strings.Repeat("0", 64))
	_, err = receiver(new(shelf)).Receive(httptest.NewRecorder(), request, time.Now())
	is.True(!strings.Contains(err.Error(), "application/json"))
}
