package actors

import (
	"errors"
	"fmt"
	"time"
)

// errWriteHangs is why a file is not written at the end of a stop.
var errWriteHangs = errors.New("the write does not come to an end")

// writtenMessage is what a write worker sends when it is done.
type writtenMessage struct {
	version uint64 // of the snapshot that it wrote
	err     error
}

// unsavedAnswer is the answer to a deployer or an operator. It waits until the file holds the snapshot of that version.
type unsavedAnswer struct {
	version uint64
	// give answers, with the error of the write in place of the answer, if there is one.
	give func(writeErr error)
}

// answerWhenSaved answers a question when the file holds the newest snapshot, so that a restart does not take back what
// the answer says. An answer that says nothing of the snapshot is sure, and does not wait.
func answerWhenSaved[A any](l *loop, reply chan<- answer[A], value A, err error, sure bool) {
	if sure || l.state.file.holds(l.state.snapshot) {
		reply <- answer[A]{value, err} // never blocks: capacity 1, answered once
		return
	}
	give := func(writeErr error) {
		a := answer[A]{value, err}
		if writeErr != nil {
			a = answer[A]{err: fmt.Errorf("%w: %w", ErrNotSaved, writeErr)}
		}
		reply <- a // never blocks, as above
	}
	l.unsaved = append(l.unsaved, unsavedAnswer{l.state.snapshot.Version, give})
}

// startWrite starts the worker that writes the newest snapshot. No write begins anywhere else, and the state asks for
// none while one runs.
func (l *loop) startWrite() {
	file, snapshot := l.file, l.state.snapshot
	written := make(chan writtenMessage, 1)
	l.written = written
	// Ends when the file system returns. The loop waits for it, and a stop waits for up to lastWrite. A stop leaves a
	// write that hangs for longer behind, and nobody receives its message.
	go func() { written <- writtenMessage{snapshot.Version, file.write(snapshot)} }()
}

// writeIsOver notes the end of a write, and gives the answers that waited for it.
func (l *loop) writeIsOver(m writtenMessage) effects {
	l.written, l.writeErr = nil, m.err
	if m.err != nil {
		l.log.Error("SNAPSHOT_FILE could not be written", "error", m.err, "revision", l.state.snapshot.Revision)
	}
	var later []unsavedAnswer
	for _, u := range l.unsaved {
		if u.version > m.version {
			later = append(later, u)
			continue
		}
		u.give(m.err)
	}
	l.unsaved = later
	return l.state.written(m.version, m.err, time.Now())
}

// stop answers the callers that wait for a refresh with the refresh as it stands. It waits until the file holds the
// last snapshot, tells every later caller that the actor has stopped, and waits for a running fetch: the fetch's
// context has ended with the loop's. Both waits are bounded.
func (l *loop) stop() error {
	l.awaitCurrent.tell(l.state.current)
	l.awaitQueued.tell(l.state.queued)
	began := time.Now()
	l.finishFile()
	close(l.done)
	if l.fetched != nil {
		l.deadline.Reset(time.Until(began.Add(stopGrace)))
		select {
		case <-l.fetched:
		case <-l.deadline.C:
			log := l.logOf(l.state.fetching(), l.state.snapshot.Revision)
			log.Warn("a fetch did not come back in time and is left behind")
		}
		l.giveUp()
	}
	if !l.state.file.holds(l.state.snapshot) {
		return fmt.Errorf("%w: %w", ErrNotSaved, l.writeErr)
	}
	return nil
}

// finishFile waits for the write that runs, and for one more if the file still does not hold the last snapshot.
func (l *loop) finishFile() {
	if l.state.beginWrite() {
		l.startWrite()
	}
	l.deadline.Reset(lastWrite)
	for l.written != nil {
		select {
		case m := <-l.written:
			if l.writeIsOver(m).save {
				l.startWrite()
			}
		case <-l.deadline.C:
			l.log.Warn("a write of SNAPSHOT_FILE hangs: the stop does not wait for it")
			l.writeErr = errWriteHangs
			return
		}
	}
}
