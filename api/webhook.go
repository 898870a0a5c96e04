package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/julienschmidt/httprouter"

	"mooring/actors"
)

// maxDeliveryID bounds, in characters, what is kept of a delivery's id.
const maxDeliveryID = 128

// postWebhook answers POST /api/v1/webhook: a signed delivery of the Git host (contract, rule 4.9; GitHub's "Validating
// webhook deliveries" and "Webhook events and payloads"). Gitea and Forgejo send the same headers.
func (s *Server) postWebhook(w http.ResponseWriter, r *http.Request, _ httprouter.Params) error {
	result, err := s.takeDelivery(w, r)
	if err != nil {
		result = deliveryResult(faultOf(err).code)
		s.logRefused(r, err)
	}
	s.deliveries.add(context.WithoutCancel(r.Context()), result) // a client that has left is counted too
	return err
}

// takeDelivery answers a delivery and tells what became of it, or returns the error to refuse it with.
func (s *Server) takeDelivery(w http.ResponseWriter, r *http.Request) (deliveryResult, error) {
	received := time.Now()
	push, reason, err := s.readDelivery(w, r)
	if err != nil {
		return "", err
	}
	if reason != "" {
		s.aboutDelivery(r).Info("webhook ignored", "reason", reason)
		body := appendText(nil, `{"ignored":true,"reason":`, reason)
		respond(w, http.StatusOK, append(body, "}\n"...))
		return deliveryIgnored, nil
	}
	// What was signed counts, also when its sender has hung up.
	refresh, err := s.actor.Trigger(context.WithoutCancel(r.Context()), actors.Trigger{
		Source:     actors.Webhook,
		ReceivedAt: received,
		Delivery:   deliveryID(r),
		Expected:   push.expected(),
		Stale:      push.stale(),
	})
	if err != nil {
		return "", err
	}
	s.logAccepted(r, refresh)
	respondAccepted(w, refresh)
	return deliveryAccepted, nil
}

// deliveryID is the Git host's id of a delivery, or empty.
func deliveryID(r *http.Request) string {
	return printable(r.Header.Get("X-GitHub-Delivery"), maxDeliveryID)
}

// aboutDelivery returns a logger whose lines carry what every line about a delivery carries.
func (s *Server) aboutDelivery(r *http.Request) *slog.Logger {
	return s.log.With("delivery", deliveryID(r), "remote", r.RemoteAddr)
}

func (s *Server) logRefused(r *http.Request, err error) {
	known := faultOf(err)
	s.aboutDelivery(r).Warn("webhook refused", "code", string(known.code), "reason", known.message)
}

func (s *Server) logAccepted(r *http.Request, refresh actors.Refresh) {
	s.aboutDelivery(r).Info("webhook accepted", "id", refresh.ID, "source", string(refresh.Trigger.Source),
		"status", string(refresh.Phase), "revision", refresh.Trigger.Expected)
}

// readDelivery verifies a delivery and returns the push that it tells of, or the reason why it is ignored. Nothing of
// the body is parsed before its signature is known to be good.
func (s *Server) readDelivery(w http.ResponseWriter, r *http.Request) (push, string, error) {
	keys, err := s.webhookKeys.read(s.log)
	if err != nil {
		return push{}, "", err
	}
	if r.ContentLength > maxDeliveryBody {
		return push{}, "", tooLarge()
	}
	signature, err := parseSignature(r.Header.Values("X-Hub-Signature-256"))
	if err != nil {
		return push{}, "", err
	}
	release := func() {}
	defer func() { release() }()
	body, release, err := s.readSigned(http.MaxBytesReader(w, r.Body, maxDeliveryBody), r.ContentLength, keys, signature)
	if err != nil {
		return push{}, "", err
	}
	event := r.Header.Get("X-GitHub-Event")
	if event == "ping" {
		return push{}, "a ping asks for nothing", nil
	}
	p := parsePush(r.Header.Get("Content-Type"), body)
	if event != "push" && event != "" || p.Ref == "" {
		return push{}, "", nil // all else that is signed asks for a refresh, and announces nothing
	}
	return p, s.tracked.ignore(p), nil
}

// printable returns the first characters of a text that can be printed, at most limit of them.
func printable(text string, limit int) string {
	var kept strings.Builder
	for _, r := range text {
		if limit == 0 {
			break
		}
		if unicode.IsPrint(r) && r != unicode.ReplacementChar {
			kept.WriteRune(r)
			limit--
		}
	}
	return kept.String()
}

// tracked are the full names of the refs that refreshes may follow: HEAD alone for the remote's, none where GIT_REF is
// a commit.
type tracked []string

// ignore returns the reason why a push is none of this service's business, or nothing when it is to a tracked ref.
func (t tracked) ignore(p push) string {
	names := []string(t)
	switch {
	case len(names) == 0:
		return "GIT_REF names a commit, which no push moves"
	case names[0] == "HEAD" && p.Repository.DefaultBranch == "":
		return "" // any ref may be the remote's HEAD
	case names[0] == "HEAD":
		names = []string{"refs/heads/" + p.Repository.DefaultBranch}
	}
	if slices.Contains(names, p.Ref) {
		return ""
	}
	const shown = 200 // characters
	return fmt.Sprintf("the push is to %s; %s is tracked", printable(p.Ref, shown),
		printable(strings.Join(names, " or "), shown))
}
