package webhook

import (
	"crypto/ed25519"
	"net/http"
	"time"
)

// sourceHut is SourceHut's name in WEBHOOK_SENDERS.
const sourceHut = "sourcehut"

// sourcehut describes SourceHut's GraphQL webhooks (man.sr.ht, "GraphQL at SourceHut" and "API conventions"). Each one's
// owner chooses by a query what the body has, so the body is not read.
func sourcehut() sender {
	return sender{
		name: sourceHut, header: payloadSignature, ids: []string{"X-Webhook-Delivery"},
		key: sourcehutKey, keyRule: "WEBHOOK_SECRET is no Ed25519 public key in base64, which sourcehut needs",
		prove: sourcehutProof, whole: true,
		mismatch: func(http.Header) string {
			return "the signature does not match this body, its nonce and the public key in WEBHOOK_SECRET"
		},
	}
}

// payloadSignature is the header with the signature, in base64.
const payloadSignature = "X-Payload-Signature"

// sourcehutKey reads a public key of Ed25519 (RFC 8032) in base64.
func sourcehutKey(secret []byte) ([]byte, bool) {
	key, ok := decodeBase64(string(secret))
	return key, ok && len(key) == ed25519.PublicKeySize
}

// noncedProof is an Ed25519 signature of the body and a nonce after it.
type noncedProof struct {
	signature []byte
	nonce     string
	keys      [][]byte
}

func sourcehutProof(header http.Header, keys [][]byte, _ time.Time) (proof, *Refusal) {
	value, refusal := one(header, payloadSignature, MissingProof)
	if refusal != nil {
		return nil, refusal
	}
	nonce, refusal := one(header, "X-Payload-Nonce", InvalidProof)
	if refusal != nil {
		return nil, refusal
	}
	signature, ok := decodeBase64(value)
	if !ok || len(signature) != ed25519.SignatureSize || len(nonce) > maxID {
		return nil, &Refusal{InvalidProof,
			payloadSignature + " must be an Ed25519 signature in base64, beside a short X-Payload-Nonce"}
	}
	return noncedProof{signature, nonce, keys}, nil
}

// Write implements io.Writer. The proof needs the whole body at once, so it takes no parts.
func (noncedProof) Write(part []byte) (int, error) { return len(part), nil }

// holds verifies the signature with each key. It writes the nonce behind the body, into the memory of the body where
// there is room.
func (p noncedProof) holds(body []byte) bool {
	message := append(body, p.nonce...)
	good := false
	for _, key := range p.keys {
		good = ed25519.Verify(key, message, p.signature) || good
	}
	return good
}
