package pack

import "mooring/gitsource/object"

// objectRecord is what a Reader remembers about an object.
type objectRecord struct {
	// offset is the start of the object in the pack.
	offset int64
	// kept is the start of its compressed bytes in Reader.big or Reader.small; negative if they were not kept.
	kept int64
	// size is the inflated size: that of the content, or of a delta.
	size int32
	// base is the number of a delta's base; negative for none.
	base int32
	// id is the object's own; while a delta is parked, it is the id of its base.
	id object.ID
	// place is the place of its content in the ring.
	place Place
	// depth is the number of deltas down to a whole object.
	depth uint16
	kind  object.Kind
	state objectState
}

// objectState tells whether an object has been made, and if not, why.
type objectState uint8

const (
	// objectMade is an object that the Visitor has got.
	objectMade objectState = iota
	// objectTooLarge is an object that the Visitor has got without its content.
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
