package api

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"mooring/actors"
	"mooring/api/encode"
)

// list is a list of stacks as it is sent. It is immutable.
type list struct {
	body []byte
	// etag is a strong entity tag, made from the body before compression. The compressed body has a tag of its own.
	etag string
	// encoding is the Content-Encoding, or empty.
	encoding string
}

// newList encodes the stacks of a snapshot that match a filter.
func newList(snapshot actors.Snapshot, f filter) list {
	if f != (filter{}) {
		kept := slices.Clone(snapshot.Stacks)
		snapshot.Stacks = slices.DeleteFunc(kept, func(stack actors.Stack) bool { return !f.keeps(stack) })
	}
	body := encode.Snapshot(snapshot)
	sum := sha256.Sum256(body)
	return list{body: body, etag: `"` + hex.EncodeToString(sum[:16]) + `"`}
}

// gzipped returns the list with a compressed body.
func (l list) gzipped() list {
	return list{body: compress(l.body), etag: l.etag[:len(l.etag)-1] + `-gzip"`, encoding: "gzip"}
}

// encoded is a body as it is sent. It is immutable.
type encoded struct {
	body []byte
	// encoding is the Content-Encoding, or empty.
	encoding string
}

// compress returns content as gzip, at the fastest level. The default level takes three times as long and saves only a
// few per cent: half of a list is hashes, and no level makes these smaller.
func compress(content []byte) []byte {
	var compressed bytes.Buffer
	w, _ := gzip.NewWriterLevel(&compressed, gzip.BestSpeed) // fails only for unknown levels
	_, _ = w.Write(content)                                  // a buffer takes all
	_ = w.Close()
	return compressed.Bytes()
}

// listCache holds the lists of the newest snapshot that somebody has asked for: at most one plain and one compressed
// list for each of the fifteen filters without a target. A list of one target is made anew for each request, because
// clients may name any number of targets. The keeper's goroutine owns it.
type listCache struct {
	snapshot actors.Snapshot
	lists    map[listKey]list
}

// listKey names one of the lists of a snapshot.
type listKey struct {
	filter     filter
	compressed bool
}

// follow returns an empty cache if the snapshot is newer than that of the cache, and the cache itself otherwise.
func (c listCache) follow(snapshot actors.Snapshot) listCache {
	if c.lists != nil && snapshot.Version <= c.snapshot.Version {
		return c
	}
	return listCache{snapshot, make(map[listKey]list)}
}

// get returns a list. It makes the list at the first call.
func (c listCache) get(key listKey) list {
	made, found := c.lists[key]
	if found {
		return made
	}
	if key.compressed {
		made = c.get(listKey{filter: key.filter}).gzipped()
	} else {
		made = newList(c.snapshot, key.filter)
	}
	if key.filter.target == "" {
		c.lists[key] = made
	}
	return made
}
