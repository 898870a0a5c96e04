package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/julienschmidt/httprouter"

	"mooring/actors"
	"mooring/api/encode"
	"mooring/api/webhook"
)

// repeated is the reason to ignore a delivery that was accepted before.
const repeated = "a delivery with this id was accepted before"

// postWebhook answers POST /api/v1/webhook: a delivery, with a proof of its sender. It counts and logs every delivery.
func (s *Server) postWebhook(w http.ResponseWriter, r *http.Request, _ httprouter.Params) error {
	origin := s.webhook.Origin(r.Header)
	result, err := s.answerDelivery(w, r, origin)
	if err != nil {
		s.refuseDelivery(r, origin, err)
		return err
	}
	s.keeper.count(context.WithoutCancel(r.Context()), origin.Sender, result) // also when the client has gone
	return nil
}

// refuseDelivery counts and logs a delivery that is answered with an error.
func (s *Server) refuseDelivery(r *http.Request, origin webhook.Origin, err error) {
	f := faultOf(err)
	s.aboutDelivery(r, origin).Warn("webhook refused", "code", string(f.code), "reason", f.message)
	s.keeper.count(context.WithoutCancel(r.Context()), origin.Sender, deliveryResult(f.code)) // also when the client has gone
}

// answerDelivery answers a delivery and returns its result, or the error to refuse it with.
func (s *Server) answerDelivery(
	w http.ResponseWriter, r *http.Request, origin webhook.Origin,
) (deliveryResult, error) {
	received := time.Now()
	delivery, err := s.webhook.Receive(w, r, received)
	if err != nil {
		return "", err
	}
	if delivery.Ignored != "" {
		return s.ignoreDelivery(w, r, origin, delivery.Ignored), nil
	}
	// A delivery with a valid proof counts, even if its sender has hung up.
	refresh, err := s.actor.Trigger(context.WithoutCancel(r.Context()), actors.Trigger{
		Source:     actors.Webhook,
		ReceivedAt: received,
		Sender:     origin.Sender,
		Delivery:   origin.ID,
		Once:       delivery.Once,
		Expected:   delivery.Expected,
		Stale:      delivery.Stale,
	})
	switch {
	case errors.Is(err, actors.ErrRepeated):
		return s.ignoreDelivery(w, r, origin, repeated), nil
	case err != nil:
		return "", err
	}
	s.aboutDelivery(r, origin).Info("webhook accepted", "id", refresh.ID, "source", string(refresh.Trigger.Source),
		"status", string(refresh.Phase), "revision", refresh.Trigger.Expected)
	respondAccepted(w, refresh)
	return deliveryAccepted, nil
}

// ignoreDelivery answers and logs a delivery that needs no refresh.
func (s *Server) ignoreDelivery(
	w http.ResponseWriter, r *http.Request, origin webhook.Origin, reason string,
) deliveryResult {
	s.aboutDelivery(r, origin).Info("webhook ignored", "reason", reason)
	respond(w, http.StatusOK, encode.Ignored(reason))
	return deliveryIgnored
}

// aboutDelivery returns a logger that adds the sender, the delivery's id and the client's address to each line.
func (s *Server) aboutDelivery(r *http.Request, origin webhook.Origin) *slog.Logger {
	return s.log.With("sender", origin.Sender, "delivery", origin.ID, "remote", r.RemoteAddr)
}
