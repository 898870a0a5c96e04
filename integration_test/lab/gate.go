package lab

import "context"

// Gate makes callers of Pass wait while it is shut. It belongs to the owner of the value that contains it; the zero
// gate is open.
type Gate struct {
	shut chan struct{} // closed by Open
}

// Shut makes every later Pass wait.
func (g *Gate) Shut() {
	if g.shut == nil {
		g.shut = make(chan struct{})
	}
}

// Open lets every Pass return, and those that wait too.
func (g *Gate) Open() {
	if g.shut != nil {
		close(g.shut)
	}
	g.shut = nil
}

// Pass waits until the gate is open and returns true. It returns false when ctx ends first.
func (g Gate) Pass(ctx context.Context) bool {
	if g.shut == nil {
		return true
	}
	select {
	case <-g.shut:
		return true
	case <-ctx.Done():
		return false
	}
}
