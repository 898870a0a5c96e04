package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/julienschmidt/httprouter"

	"mooring/actors"
	"mooring/api/encode"
	"mooring/api/webhook"
)

// postWebhook answers POST /api/v1/webhook: a Git host's delivery, with a proof of the sender. It counts and logs every
// delivery.
func (s *Server) postWebhook(w http.ResponseWriter, r *http.Request, _ httprouter.Params) error {
	result, err := s.answerDelivery(w, r)
	if err != nil {
		s.refuseDelivery(r, err)
		return err
	}
	s.keeper.count(context.WithoutCancel(r.Context()), result) // also when the client has gone
	return nil
}

// refuseDelivery counts and logs a delivery that is answered with an error.
func (s *Server) refuseDelivery(r *http.Request, err error) {
	f := faultOf(err)
	s.aboutDelivery(r).Warn("webhook refused", "code", string(f.code), "reason", f.message)
	s.keeper.count(context.WithoutCancel(r.Context()), deliveryResult(f.code)) // also when the client has gone
}

// answerDelivery answers a delivery and returns its result, or the error to refuse it with.
func (s *Server) answerDelivery(w http.ResponseWriter, r *http.Request) (deliveryResult, error) {
	received := time.Now()
	delivery, err := s.webhook.Receive(w, r)
	if err != nil {
		return "", err
	}
	if delivery.Ignored != "" {
		s.aboutDelivery(r).Info("webhook ignored", "reason", delivery.Ignored)
		respond(w, http.StatusOK, encode.Ignored(delivery.Ignored))
		return deliveryIgnored, nil
	}
	// A delivery with a valid proof counts, even if its sender has hung up.
	refresh, err := s.actor.Trigger(context.WithoutCancel(r.Context()), actors.Trigger{
		Source:     actors.Webhook,
		ReceivedAt: received,
		Delivery:   webhook.ID(r.Header),
		Expected:   delivery.Expected,
		Stale:      delivery.Stale,
	})
	if err != nil {
		return "", err
	}
	s.aboutDelivery(r).Info("webhook accepted", "id", refresh.ID, "source", string(refresh.Trigger.Source),
		"status", string(refresh.Phase), "revision", refresh.Trigger.Expected)
	respondAccepted(w, refresh)
	return deliveryAccepted, nil
}

// aboutDelivery returns a logger that adds the delivery's id and its sender's address to each line.
func (s *Server) aboutDelivery(r *http.Request) *slog.Logger {
	return s.log.With("delivery", webhook.ID(r.Header), "remote", r.RemoteAddr)
}
