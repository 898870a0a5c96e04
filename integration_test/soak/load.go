package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	secret = `the "webhook's" <key> & more`
	token  = `the "deployer's" <token> & more`
)

// push moves the branch and tells mooring of it as a Git host would: at times too early, twice, or not at all.
func (s soak) push(ctx context.Context) error {
	return every(ctx, 150*time.Millisecond, func() error {
		ctx := context.WithoutCancel(ctx) // a push that has begun comes to its end
		before, after, err := s.history.next(ctx)
		if err != nil {
			return err
		}
		early := rand.IntN(5) == 0
		if early {
			if err := s.deliver(ctx, before, after); err != nil {
				return err
			}
		}
		if err := s.history.move(ctx, after); err != nil {
			return err
		}
		s.tally.count(pushed, 1)
		for range rand.IntN(3) {
			if err := s.deliver(ctx, before, after); err != nil {
				return err
			}
		}
		return nil
	})
}

// deliver sends a push event.
func (s soak) deliver(ctx context.Context, before, after string) error {
	body := fmt.Sprintf(`{"ref":"refs/heads/main","before":%q,"after":%q}`, before, after)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	signature := "sha256=" + hex.EncodeToString(mac.Sum(nil))
	s.tally.count(webhooks, 1)
	return s.service.expect(ctx, http.MethodPost, "/api/v1/webhook", body, http.Header{
		"X-Github-Event": {"push"}, "X-Github-Delivery": {after}, "X-Hub-Signature-256": {signature},
	}, http.StatusAccepted)
}

// strangers send what is refused: bad signatures, bad tokens, nonsense.
func (s soak) strangers(ctx context.Context) error {
	return every(ctx, 50*time.Millisecond, func() error {
		ctx := context.WithoutCancel(ctx)
		s.tally.count(refused, 3)
		forged := http.Header{"X-Hub-Signature-256": {"sha256=" + strings.Repeat("0", 64)}}
		if err := s.service.expect(ctx, http.MethodPost, "/api/v1/webhook", "{}", forged, http.StatusUnauthorized); err != nil {
			return err
		}
		wrong := http.Header{"Authorization": {"Bearer x"}}
		err := s.service.expect(ctx, http.MethodPut, "/api/v1/stacks/x", `{"status":"syncing"}`, wrong, http.StatusUnauthorized)
		if err != nil {
			return err
		}
		return s.service.expect(ctx, http.MethodGet, "/api/v1/nothing?wait=1s", "", nil, http.StatusNotFound)
	})
}

// trigger asks for refreshes: with a wait, and with one that its caller does not wait for.
func (s soak) trigger(ctx context.Context) error {
	return every(ctx, 20*time.Millisecond, func() error {
		ctx := context.WithoutCancel(ctx)
		if rand.IntN(4) == 0 {
			hasty, cancel := context.WithTimeout(ctx, 5*time.Millisecond)
			defer cancel()
			_, _ = s.service.refresh(hasty) // gone before the answer, mostly
			return nil
		}
		ended, err := s.service.refresh(ctx)
		if err != nil {
			return err
		}
		s.tally.count(refreshed, 1)
		if ended.Status == "failed" {
			s.tally.count(failed, 1)
		}
		if ended.Revision == "" {
			return nil
		}
		if _, known := s.history.had(ended.Revision); !known {
			return fmt.Errorf("a refresh came to %s, which git never had", ended.Revision)
		}
		return nil
	})
}

// read asks for all that is to be read, and holds each list of stacks to be one commit's, whole.
func (s soak) read(ctx context.Context) error {
	return every(ctx, 10*time.Millisecond, func() error {
		ctx := context.WithoutCancel(ctx)
		s.tally.count(read, 1)
		for _, path := range []string{"/", "/api/v1/refresh", "/api/v1/refreshes?limit=100", "/healthz", "/readyz"} {
			if rand.IntN(5) == 0 {
				if err := s.service.expect(ctx, http.MethodGet, path, "", nil, http.StatusOK); err != nil {
					return err
				}
			}
		}
		seen, err := s.service.stacks(ctx)
		if err != nil {
			return err
		}
		return s.isWhole(seen)
	})
}

// isWhole compares a list of stacks with what its revision has.
func (s soak) isWhole(seen snapshot) error {
	if seen.Revision == "" {
		return nil
	}
	want, known := s.history.had(seen.Revision)
	switch {
	case !known:
		return fmt.Errorf("%s is served, which git never had", seen.Revision)
	case seen.listing() != want:
		return fmt.Errorf("at %s mooring serves\n%s\nand git has\n%s", seen.Revision, seen.listing(), want)
	}
	return nil
}

// follow waits for the next list, again and again, as a deployer does.
func (s soak) follow(ctx context.Context) error {
	var tag string
	return every(ctx, 10*time.Millisecond, func() error {
		s.tally.count(followed, 1)
		seen, next, err := s.service.following(context.WithoutCancel(ctx), tag)
		if err != nil || next == tag {
			return err
		}
		tag = next
		return s.isWhole(seen)
	})
}

// report says of any stack that it is being applied, is applied, or is gone.
func (s soak) report(ctx context.Context) error {
	return every(ctx, 30*time.Millisecond, func() error {
		ctx := context.WithoutCancel(ctx)
		seen, err := s.service.stacks(ctx)
		if err != nil || len(seen.Stacks) == 0 {
			return err
		}
		s.tally.count(reported, 1)
		stack := seen.Stacks[rand.IntN(len(seen.Stacks))]
		if gone := slices.IndexFunc(seen.Stacks, isDeleting); gone >= 0 && rand.IntN(2) == 0 {
			stack = seen.Stacks[gone]
		}
		address := "/api/v1/stacks/" + strings.ReplaceAll(url.PathEscape(stack.Path), "%2F", "/")
		allowed := http.Header{"Authorization": {"Bearer " + token}}
		method, body := http.MethodPut, `{"status":"syncing"}`
		switch {
		case isDeleting(stack):
			method, body = http.MethodDelete, ""
		case rand.IntN(2) == 0:
			body = fmt.Sprintf(`{"status":"synced","hash":%q}`, stack.Hash)
		}
		return s.service.expect(ctx, method, address, body, allowed, http.StatusOK, http.StatusNotFound, http.StatusConflict)
	})
}
