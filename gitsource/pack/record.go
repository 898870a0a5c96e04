package pack

import (
	"mooring/gitsource/object"
)

// objectRecord is what is remembered of each object.
type objectRecord struct {
	// offset is where the object begins in the pack.
	offset int64
	// kept is where its compressed bytes are, in big or in small; negative when they were not kept.
	kept int64
	// size of what the compressed bytes inflate to: the content, or a delta.
	size int32
	// base is the object that the delta is applied to; negative for none.
	base int32
	// id is the object's; of a parked delta it is the base's.
	id object.ID
	// place is where its content is at hand.
	place Place
	depth uint16
	kind  object.Kind
	state objectState
}

// objectState is how far an object is.
type objectState uint8

const (
	// objectMade: it was handed on.
	objectMade objectState = iota
	// objectTooLarge: it was handed on as large.
	objectTooLarge
	// objectParked: it waits for its base, whose id it names; base is set where that is known but waits itself.
	objectParked
	// objectLost: it cannot be made.
	objectLost
)

// hasID tells whether the id is the object's own.
func (r objectRecord) hasID() bool { return r.state == objectMade || r.state == objectTooLarge }

// isOutOfReach tells whether nothing can be made from the object.
func (r objectRecord) isOutOfReach() bool { return r.state == objectTooLarge || r.state == objectLost }
