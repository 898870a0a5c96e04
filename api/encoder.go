package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"

	"mooring/actors"
)

// list is a list of stacks as it goes over the wire. It is immutable.
type list struct {
	body []byte
	// etag is strong and made from the body before compression; the compressed body has one of its own.
	etag string
	// encoding is the Content-Encoding, or empty.
	encoding string
}

// lists is the handle on the encoder of lists.
type lists struct {
	requestc chan<- listRequest // from handlers → listEncoder
	done     <-chan struct{}    // closed by listEncoder at its end
}

// listRequest asks for a list of the snapshot's stacks.
type listRequest struct {
	snapshot   actors.Snapshot
	filter     filter
	compressed bool
	reply      chan<- *list
}

// get returns the list of a snapshot's stacks that a filter keeps, or of a newer snapshot's. It returns the context's
// error, or actors.ErrStopped when the encoder has ended.
func (l lists) get(ctx context.Context, snapshot actors.Snapshot, f filter, compressed bool) (*list, error) {
	reply := make(chan *list, 1)
	select {
	case l.requestc <- listRequest{snapshot, f, compressed, reply}:
	case <-l.done:
		return nil, actors.ErrStopped
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case answer := <-reply: // given to every request that was taken, whatever happens meanwhile
		return answer, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// listEncoder is the actor that encodes lists: each is encoded and compressed once for a snapshot, when it is first
// asked for, however many clients wait for it.
type listEncoder struct {
	requestc <-chan listRequest // from handlers → listEncoder
	done     chan<- struct{}    // closed at the end
}

func newListEncoder() (lists, listEncoder) {
	requestc := make(chan listRequest)
	done := make(chan struct{})
	return lists{requestc, done}, listEncoder{requestc, done}
}

// run answers requests until ctx ends.
func (e listEncoder) run(ctx context.Context) {
	defer close(e.done)
	var held heldLists
	for {
		select {
		case request := <-e.requestc:
			held = held.follow(request.snapshot)
			request.reply <- held.list(request.filter, request.compressed) // never blocks: capacity 1, answered once
		case <-ctx.Done():
			return
		}
	}
}

// heldLists are the lists of the newest snapshot, as far as they were asked for: two for each of the fifteen filters at
// most. The encoder's goroutine owns them.
type heldLists struct {
	snapshot actors.Snapshot
	plain    map[filter]*list
	gzipped  map[filter]*list
}

// follow returns lists of the snapshot, or those of a newer one that another handler has seen already.
func (h heldLists) follow(snapshot actors.Snapshot) heldLists {
	if h.plain != nil && snapshot.Version <= h.snapshot.Version {
		return h
	}
	return heldLists{snapshot, make(map[filter]*list), make(map[filter]*list)}
}

func (h heldLists) list(f filter, compressed bool) *list {
	plain, known := h.plain[f]
	if !known {
		plain = newList(encodeStacks(h.snapshot, f))
		h.plain[f] = plain
	}
	if !compressed {
		return plain
	}
	gzipped, known := h.gzipped[f]
	if !known {
		gzipped = plain.compress()
		h.gzipped[f] = gzipped
	}
	return gzipped
}

func newList(body []byte) *list {
	sum := sha256.Sum256(body)
	return &list{body: body, etag: `"` + hex.EncodeToString(sum[:16]) + `"`}
}

// compress returns the list with a gzip body. The fastest level takes the last few per cent off a third of the time:
// half of a list is hashes, which no level makes smaller.
func (l *list) compress() *list {
	var body bytes.Buffer
	w, _ := gzip.NewWriterLevel(&body, gzip.BestSpeed) // fails for unknown levels alone
	_, _ = w.Write(l.body)                             // a buffer takes all
	_ = w.Close()
	return &list{body: body.Bytes(), etag: l.etag[:len(l.etag)-1] + `-gzip"`, encoding: "gzip"}
}
