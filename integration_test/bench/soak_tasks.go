package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"mooring/integration_test/lab"
)

// expect sends a request. The answer must have one of the statuses, and no secret in it.
func (s soak) expect(
	ctx context.Context, method, path, body string, headers []string, statuses ...int,
) (lab.Reply, error) {
	reply, err := s.service.ask(ctx, method, path, body, headers, statuses...)
	if err == nil && lab.Told(fmt.Sprint(reply.Header, string(reply.Body)), hookSecret, token) != "" {
		err = fmt.Errorf("%s %s tells a secret: %s", method, path, reply.Body)
	}
	return reply, err
}

// stacks asks for the list of stacks.
func (s soak) stacks(ctx context.Context) (snapshot, error) {
	var seen snapshot
	reply, err := s.expect(ctx, http.MethodGet, "/api/v1/stacks", "", nil, http.StatusOK)
	if err == nil {
		err = json.Unmarshal(reply.Body, &seen)
	}
	return seen, err
}

// push moves the branch and sends a delivery to mooring, like a Git host: sometimes too early, twice, or not at all.
func (s soak) push(ctx context.Context) error {
	return every(ctx, 150*time.Millisecond, func() error {
		ctx := context.WithoutCancel(ctx) // a push that has begun is completed
		before, after, err := s.history.next(ctx)
		if err != nil {
			return err
		}
		deliver := func(times int) error {
			for range times {
				s.count(webhooks, 1)
				if err := s.service.deliver(ctx, before, after); err != nil {
					return err
				}
			}
			return nil
		}
		if rand.IntN(5) == 0 {
			if err := deliver(1); err != nil {
				return err
			}
		}
		if err := s.history.move(after); err != nil {
			return err
		}
		s.count(pushed, 1)
		return deliver(rand.IntN(3))
	})
}

// fail gives the host one fault after another, with pauses between them that are long enough to recover.
func (s soak) fail(ctx context.Context) error {
	list := []lab.Fault{
		lab.Answers(500, "text/html", "<h1>oops</h1>"), lab.Answers(503, "text/plain", "later"),
		lab.Answers(401, "text/plain", "who?"), lab.Answers(404, "text/plain", "what?"),
		lab.Answers(200, "text/html", "<title>Sign in</title>"), lab.Hangs, lab.Resets, lab.InAnswer(lab.Halves),
		lab.InPack(lab.CorruptsPack),
	}
	return every(ctx, 400*time.Millisecond, func() error {
		if rand.IntN(3) > 0 {
			s.host.Suffer(nil)
			return nil
		}
		s.count(faulted, 1)
		s.host.Suffer(list[rand.IntN(len(list))])
		return nil
	})
}

// strangers sends requests that must be refused: with bad signatures, bad tokens, and nonsense.
func (s soak) strangers(ctx context.Context) error {
	forged := []string{"X-Hub-Signature-256: sha256=" + strings.Repeat("0", 64)}
	wrong := []string{"Authorization: Bearer x"}
	return every(ctx, 50*time.Millisecond, func() error {
		ctx := context.WithoutCancel(ctx)
		s.count(refused, 3)
		_, err := s.expect(ctx, http.MethodPost, "/api/v1/webhook", "{}", forged, http.StatusUnauthorized)
		if err != nil {
			return err
		}
		_, err = s.expect(ctx, http.MethodPut, "/api/v1/stacks/x", `{"status":"syncing"}`, wrong, http.StatusUnauthorized)
		if err != nil {
			return err
		}
		_, err = s.expect(ctx, http.MethodGet, "/api/v1/nothing?wait=1s", "", nil, http.StatusNotFound)
		return err
	})
}

// trigger asks for refreshes: with a wait, and with a wait after which the caller leaves early.
func (s soak) trigger(ctx context.Context) error {
	return every(ctx, 20*time.Millisecond, func() error {
		ctx := context.WithoutCancel(ctx)
		if rand.IntN(4) == 0 {
			hasty, cancel := context.WithTimeout(ctx, 5*time.Millisecond)
			defer cancel()
			_, _ = s.service.refresh(hasty) // mostly leaves before the answer
			return nil
		}
		ended, err := s.service.refresh(ctx)
		if err != nil {
			return err
		}
		s.count(refreshed, 1)
		if ended.Status == "failed" {
			s.count(failed, 1)
		}
		if ended.Revision == "" {
			return nil
		}
		if _, known := s.history.had(ended.Revision); !known {
			return fmt.Errorf("a refresh has the revision %s, which git never had", ended.Revision)
		}
		return nil
	})
}

// read sends every reading request. Each list must have all stacks of one commit.
func (s soak) read(ctx context.Context) error {
	return every(ctx, 10*time.Millisecond, func() error {
		ctx := context.WithoutCancel(ctx)
		s.count(read, 1)
		for _, path := range []string{"/", "/api/v1/refresh", "/api/v1/refreshes?limit=100", "/healthz", "/readyz"} {
			if rand.IntN(5) == 0 {
				if _, err := s.expect(ctx, http.MethodGet, path, "", nil, http.StatusOK); err != nil {
					return err
				}
			}
		}
		seen, err := s.stacks(ctx)
		if err != nil {
			return err
		}
		return s.history.isWhole(seen)
	})
}

// follow waits for the next list, again and again, as a deployer does.
func (s soak) follow(ctx context.Context) error {
	tag := ""
	return every(ctx, 10*time.Millisecond, func() error {
		s.count(followed, 1)
		reply, err := s.expect(context.WithoutCancel(ctx), http.MethodGet, "/api/v1/stacks?wait=1s", "",
			[]string{"If-None-Match: " + tag}, http.StatusOK, http.StatusNotModified)
		if err != nil || reply.Status == http.StatusNotModified {
			return err
		}
		tag = reply.Header.Get("Etag")
		var seen snapshot
		if err := json.Unmarshal(reply.Body, &seen); err != nil {
			return err
		}
		return s.history.isWhole(seen)
	})
}

// report sends reports on any stack: that it is being applied, is applied, or is gone.
func (s soak) report(ctx context.Context) error {
	return every(ctx, 30*time.Millisecond, func() error {
		ctx := context.WithoutCancel(ctx)
		seen, err := s.stacks(ctx)
		if err != nil || len(seen.Stacks) == 0 {
			return err
		}
		s.count(reported, 1)
		of := seen.Stacks[rand.IntN(len(seen.Stacks))]
		if gone := slices.IndexFunc(seen.Stacks, stack.isDeleting); gone >= 0 && rand.IntN(2) == 0 {
			of = seen.Stacks[gone]
		}
		address := "/api/v1/stacks/" + strings.ReplaceAll(url.PathEscape(of.Path), "%2F", "/")
		method, body := http.MethodPut, `{"status":"syncing"}`
		switch {
		case of.isDeleting():
			method, body = http.MethodDelete, ""
		case rand.IntN(2) == 0:
			body = fmt.Sprintf(`{"status":"synced","hash":%q}`, of.Hash)
		}
		_, err = s.expect(ctx, method, address, body, []string{"Authorization: Bearer " + token},
			http.StatusOK, http.StatusNotFound, http.StatusConflict)
		return err
	})
}
