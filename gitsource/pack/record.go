package pack

import "mooring/gitsource/object"

// objectRecord is what a Reader remembers of each object.
type objectRecord struct {
	// offset is where the object begins in the pack.
	offset int64
	// kept is where its compressed bytes begin in Reader.big or Reader.small; negative when they were not kept.
	kept int64
	// size is that of what the compressed bytes inflate to: the content, or a delta.
	size int32
	// base is the number of the object that the delta is applied to; negative for none.
	base int32
	// id is the object's own; while a delta is parked it is the id of its base.
	id object.ID
	// place is where its content is in the ring.
	place Place
	depth uint16
	kind  object.Kind
	state objectState
}

// objectState says what became of an object.
type objectState uint8

const (
	// objectMade is an object that was handed on.
	objectMade objectState = iota
	// objectTooLarge is an object that was handed on as large.
	objectTooLarge
	// objectParked is a delta that waits for its base. The id is that of the base; base is set if the base was read and
	// waits itself.
	objectParked
	// objectLost is an object that cannot be made within the limits.
	objectLost
)

// hasID tells whether the id is known and the object's own.
func (r objectRecord) hasID() bool { return r.state == objectMade || r.state == objectTooLarge }

// isOutOfReach tells whether no delta can be applied to the object.
func (r objectRecord) isOutOfReach() bool { return r.state == objectTooLarge || r.state == objectLost }
