package webhook

import (
	"fmt"
	"io"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/api/apitest"
)

// A weaker proof never helps a delivery whose stronger one is bad, malformed, or of a sender that is not accepted.
func TestOnlyTheStrongestProofOfADeliveryCounts(t *testing.T) {
	all := specimens()
	strength := [][]string{{"github", "gitlab", "sourcehut"}, {"bitbucket", "gogs"}, {"gitlab-token", "azure-devops", "bearer"}}
	rank := func(s specimen) int {
		return slices.IndexFunc(strength, func(names []string) bool { return slices.Contains(names, s.sender) })
	}
	pairs := 0
	for _, strong := range all {
		for _, weak := range all {
			if rank(strong) >= rank(weak) || weak.sender == "sourcehut" {
				continue
			}
			pairs++
			t.Run(strong.sender+" before "+weak.sender, func(t *testing.T) {
				body := weak.tracked
				both := append(strong.sign("something else"), weak.sign(body)...)
				r := accepting(weak.secret, weak.sender)
				_, err := r.takes(body, weak.sign(body)...)
				is.New(t).NoErr(err)
				_, err = r.takes(body, both...) // the stronger one is not accepted here
				refusedFor(t, err, InvalidProof)
				is.New(t).True(strings.Contains(err.Error(), strong.sender))
				is.New(t).Equal(r.Origin(posted(body, both...).Header).Sender, strong.sender)
				empty := named(t, strong.sender).header + ": " + named(t, strong.sender).begins // it counts as well
				_, err = r.takes(body, append([]string{empty}, weak.sign(body)...)...)
				refusedFor(t, err, InvalidProof)
				if strong.sender != "sourcehut" {
					_, err = accepting(weak.secret, weak.sender, strong.sender).takes(body, both...) // it is accepted, and bad
					is.New(t).True(err != nil)
				}
			})
		}
	}
	is.New(t).Equal(pairs, 3*2+3*3+2*3)
}

// named returns a sender by its name.
func named(t *testing.T, name string) sender {
	t.Helper()
	all := senders()
	i := slices.IndexFunc(all, func(s sender) bool { return s.name == name })
	is.New(t).True(i >= 0)
	return all[i]
}

func TestSenderThatIsNotNamedIsToldWhatWouldAcceptIt(t *testing.T) {
	headers := map[string]string{
		"github": "X-Hub-Signature-256", "gitlab": "webhook-signature", "sourcehut": "X-Payload-Signature", "bitbucket": "X-Hub-Signature",
		"gogs": "X-Gogs-Signature", "gitlab-token": "X-Gitlab-Token", "azure-devops": "Authorization: Basic", "bearer": "Authorization: Bearer",
	}
	for _, s := range specimens() {
		for _, named := range specimens() {
			if s.sender == named.sender {
				continue
			}
			request := posted("", s.lines(s.tracked)...)
			request.Body = io.NopCloser(unread{t})
			_, err := accepting(s.secret, named.sender).Receive(httptest.NewRecorder(), request, clock())
			refusedFor(t, err, InvalidProof)
			want := fmt.Sprintf("the delivery came with the header %s", headers[s.sender])
			is.New(t).True(strings.HasPrefix(err.Error(), want))
			is.New(t).True(strings.Contains(err.Error(), "WEBHOOK_SENDERS would have to name "+s.sender+" "))
			is.New(t).True(!strings.Contains(err.Error(), s.secret))
		}
	}
}

func TestDeliveryWithoutAnyProofIsToldWhatIsAccepted(t *testing.T) {
	is := is.New(t)
	r := accepting(apitest.GitHubSecret, "gogs", "github", "bearer")
	_, err := r.takes("{}", "X-GitHub-Event: push", "X-GitHub-Delivery: d-1", "Content-Type: application/json")
	refusedFor(t, err, MissingProof)
	is.True(strings.HasSuffix(err.Error(), "X-Hub-Signature-256 (github), X-Gogs-Signature (gogs), Authorization: Bearer (bearer)"))
	is.Equal(r.Origin(posted("", "X-GitHub-Delivery: d-1").Header), Origin{ID: "d-1"})
	is.Equal(r.Origin(posted("").Header), Origin{})
}

func TestSettingsOfSendersAreChecked(t *testing.T) {
	is := is.New(t)
	for _, good := range [][]string{{"github"}, {"sourcehut"}, {"github", "gitlab", "gitlab-token", "gogs", "bitbucket", "azure-devops", "bearer"}} {
		is.NoErr(CheckSenders(good))
	}
	for _, bad := range [][]string{{""}, {"GitHub"}, {"github", ""}, {"gitea"}, {"sourcehut", "bearer"}, {"github", "sourcehut"}} {
		is.True(strings.HasPrefix(CheckSenders(bad).Error(), "WEBHOOK_SENDERS must be "))
	}
	_, public := apitest.SourceHutKeys("ours")
	is.NoErr(CheckKey([]string{"sourcehut"}, "WEBHOOK_SECRET", public))
	is.NoErr(CheckKey([]string{"github"}, "WEBHOOK_SECRET", "x"))
	err := CheckKey([]string{"sourcehut"}, "WEBHOOK_SECRET_PREVIOUS", "hidden")
	is.True(strings.HasPrefix(err.Error(), "WEBHOOK_SECRET_PREVIOUS must be ") && !strings.Contains(err.Error(), "hidden"))
}
