package encode

import (
	"encoding/json"
	"fmt"
)

type errorShape struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Error returns the body of every answer that is an error. The code is for programs, the message is a sentence for
// people.
func Error(code, message string) []byte {
	return body(struct {
		Error errorShape `json:"error"`
	}{errorShape{code, message}})
}

// Ignored returns the answer to a webhook's delivery that needs no refresh. The reason is a sentence for people.
func Ignored(reason string) []byte {
	return body(struct {
		Ignored bool   `json:"ignored"`
		Reason  string `json:"reason"`
	}{true, reason})
}

// Healthy returns the answer of /healthz if the refresh actor answers.
func Healthy() []byte {
	return body(struct {
		Status string `json:"status"`
	}{"ok"})
}

// Ready returns the answer of /readyz from the first completed refresh on. The revision is a full commit id.
func Ready(revision string) []byte {
	return body(struct {
		Status   string `json:"status"`
		Revision string `json:"revision"`
	}{"ready", revision})
}

// NotReady returns the answer of /readyz before the first completed refresh. The reason is a sentence for people.
func NotReady(reason string) []byte {
	return body(struct {
		Status string `json:"status"`
		Reason string `json:"reason"`
	}{"not_ready", reason})
}

// body returns a shape as JSON, with a newline at its end.
func body(shape any) []byte {
	encoded, err := json.Marshal(shape)
	if err != nil {
		panic(fmt.Sprintf("encode %T: %v", shape, err)) // JSON can express every shape of this package
	}
	return append(encoded, '\n')
}
