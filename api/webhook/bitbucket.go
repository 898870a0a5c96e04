package webhook

import (
	"encoding/json"
	"net/http"
)

// changesRead is how many changes of one delivery are read. Bitbucket sends fewer; the bound is for the memory.
const changesRead = 256

// bitbucket describes Bitbucket Cloud (its pages "Manage webhooks" and "Event payloads") and Bitbucket Data Center (its
// pages "Manage webhooks" and "Event payload"). Both send a signature with SHA-256 in the header that GitHub uses for
// one with SHA-1, which proves nothing.
func bitbucket() sender {
	const header, prefix = "X-Hub-Signature", "sha256="
	return sender{
		name: "bitbucket", header: header, begins: prefix, ids: []string{"X-Request-UUID", "X-Request-Id"},
		key: plainKey, prove: hexProof(header, prefix), mismatch: wrongSecret, pushes: bitbucketPushes,
	}
}

// bitbucketPushes reads a push of either product. A delivery without the name of its event counts as a push. Every
// other event but a ping asks for a refresh and announces no revision.
func bitbucketPushes(header http.Header, body []byte) ([]push, string) {
	switch header.Get("X-Event-Key") {
	case "diagnostics:ping":
		return nil, "a ping asks for nothing"
	case "repo:push", "repo:refs_changed", "":
		return parseBitbucket(body), ""
	default:
		return nil, ""
	}
}

// cloudChange is a change as Bitbucket Cloud tells it. Old is missing for a new ref, and New for a deleted one.
type cloudChange struct {
	Old *cloudRef `json:"old"`
	New *cloudRef `json:"new"`
}

type cloudRef struct {
	Type   string `json:"type"`
	Name   string `json:"name"`
	Target struct {
		Hash string `json:"hash"`
	} `json:"target"`
}

// push returns the change as a push; the zero push if it is neither of a branch nor of a tag.
func (c cloudChange) push() push {
	var p push
	for _, side := range []*cloudRef{c.Old, c.New} {
		if side == nil {
			continue
		}
		switch side.Type {
		case "branch":
			p.ref = "refs/heads/" + side.Name
		case "tag", "annotated_tag":
			p.ref = "refs/tags/" + side.Name
		}
	}
	if p.ref == "" {
		return push{}
	}
	if c.Old != nil {
		p.before = c.Old.Target.Hash
	}
	if c.New != nil {
		p.after = c.New.Target.Hash
	}
	return p
}

// serverChange is a change as Bitbucket Data Center tells it. The hash is zeros for a ref that is not there.
type serverChange struct {
	RefID    string `json:"refId"`
	FromHash string `json:"fromHash"`
	ToHash   string `json:"toHash"`
}

func (c serverChange) push() push { return push{ref: c.RefID, before: c.FromHash, after: c.ToHash} }

// parseBitbucket reads the payload of a push: any number of changes, of which it returns the first ones. The payload
// does not name the default branch.
func parseBitbucket(body []byte) []push {
	var payload struct {
		Push struct {
			Changes [changesRead]cloudChange `json:"changes"` // encoding/json leaves out what is beyond the array
		} `json:"push"`
		Changes [changesRead]serverChange `json:"changes"`
	}
	if err := json.Unmarshal(body, &payload); err != nil {
		return nil
	}
	var pushes []push
	for i := range changesRead {
		cloud, server := payload.Push.Changes[i], payload.Changes[i]
		switch {
		case cloud != cloudChange{}:
			pushes = append(pushes, cloud.push())
		case server != serverChange{}:
			pushes = append(pushes, server.push())
		}
	}
	if len(pushes) == changesRead {
		pushes[changesRead-1] = push{} // there may be more, to any ref
	}
	return pushes
}
