package webhook

import (
	"net/http"
	"strings"
	"time"
)

// authorization is the header of RFC 9110, 11.6.2.
const authorization = "Authorization"

// azureDevOps describes the service hooks of Azure DevOps (its page "Webhooks"), which prove themselves by a password
// (RFC 7617) and not by a signature.
func azureDevOps() sender {
	return sender{
		name: "azure-devops", header: authorization, begins: "Basic ", key: plainKey,
		prove: func(header http.Header, keys [][]byte, _ time.Time) (proof, *Refusal) {
			if _, refusal := one(header, authorization, MissingProof); refusal != nil {
				return nil, refusal
			}
			_, password, ok := (&http.Request{Header: header}).BasicAuth()
			if !ok || password == "" {
				return nil, &Refusal{InvalidProof, "Authorization: Basic must have a user name and a password in base64"}
			}
			return showsSecret(password, "the password", keys)
		},
	}
}

// bearer describes scripts that send the secret as a bearer token (RFC 6750).
func bearer() sender {
	const begins = "Bearer "
	return sender{
		name: "bearer", header: authorization, begins: begins, key: plainKey,
		prove: func(header http.Header, keys [][]byte, _ time.Time) (proof, *Refusal) {
			value, refusal := one(header, authorization, MissingProof)
			if refusal != nil {
				return nil, refusal
			}
			token := value[min(len(begins), len(value)):]
			return showsSecret(strings.TrimLeft(token, " "), "the bearer token", keys)
		},
	}
}
