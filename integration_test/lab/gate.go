package lab

import "context"

// Gate is where somebody hangs until it is opened. It belongs to the owner of what it is in; the zero gate is open.
type Gate struct {
	shut chan struct{} // closed by Open
}

// Shut lets everybody hang who comes from now on.
func (g *Gate) Shut() {
	if g.shut == nil {
		g.shut = make(chan struct{})
	}
}

// Open lets everybody pass, those who hang included.
func (g *Gate) Open() {
	if g.shut != nil {
		close(g.shut)
	}
	g.shut = nil
}

// Pass waits until the gate is opened; false when ctx ends first.
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
