package main

import (
	"bytes"
	"io"
	"log/slog"
	"time"
)

const (
	// mostQueued bounds the lines that wait for standard error, in bytes.
	mostQueued = 1 << 20
	// lastLines is how long a stop waits for lines that are not written yet.
	lastLines = time.Second
)

// logWriter is where slog's handlers write: each call of Write is one line. A line goes to an actor that never waits for
// standard error, so nobody who logs does either, whether a pipe there is full or a disk is.
type logWriter struct {
	lines chan<- []byte   // from whoever logs → logQueue
	stopc chan<- struct{} // closed by close
	done  <-chan struct{} // closed by logQueue at its end
}

// Write hands a line over. It always takes the whole line and returns no error: what cannot be written is counted and told
// later. Lines that come after close are lost.
func (w logWriter) Write(line []byte) (int, error) {
	select {
	case w.lines <- bytes.Clone(line): // slog uses its buffer again
	case <-w.done:
	}
	return len(line), nil
}

// close gives the lines that wait up to lastLines to be written, and ends the actor. It is called once.
func (w logWriter) close() {
	close(w.stopc)
	<-w.done
}

// logQueue is the actor of the log. Its goroutine owns the lines that wait and the count of those that were dropped.
// Another goroutine writes them one at a time, and a full pipe stops that one alone.
type logQueue struct {
	lines   <-chan []byte   // from whoever logs → logQueue
	stopc   <-chan struct{} // closed by close
	done    chan<- struct{} // closed at the end
	texts   chan<- []byte   // from logQueue → the writing goroutine; closed at the end
	results <-chan error    // from the writing goroutine → logQueue: one for each text
	notice  func(dropped int) []byte

	waiting []logged
	size    int  // bytes of waiting
	dropped int  // lines that are lost and that no notice tells of yet
	failing bool // the last write failed
	writing bool
	current logged // what is being written
}

// logged is a text for standard error, and how many lines are lost if it cannot be written: one, or for a notice the
// lines that it tells of.
type logged struct {
	text  []byte
	lines int
}

// startLog returns the writer for a log that ends at standard error. The handler gives the notice of dropped lines the
// form of the log.
func startLog(stderr io.Writer, handler func(io.Writer) slog.Handler) logWriter {
	lines, texts := make(chan []byte), make(chan []byte)
	stopc, done, results := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	q := &logQueue{
		lines: lines, stopc: stopc, done: done, texts: texts, results: results,
		notice: func(dropped int) []byte {
			var line bytes.Buffer
			slog.New(handler(&line)).Error("lines of the log were dropped: standard error could not take them",
				"count", dropped)
			return line.Bytes()
		},
	}
	// Ends after close; close waits for it.
	go q.run()
	// Ends when texts is closed. Nobody waits for it: a write to a pipe that nobody reads ends with the process alone.
	go func() {
		for text := range texts {
			_, err := stderr.Write(text)
			results <- err // never blocks: capacity 1, and the queue takes it before it sends the next text
		}
	}()
	return logWriter{lines, stopc, done}
}

// run takes lines and hands them on until close is called, and then until all are written or lastLines is over.
func (q *logQueue) run() {
	defer close(q.done)
	defer close(q.texts)
	stopc := q.stopc
	var timeout <-chan time.Time // nil until close is called
	for {
		next, ready := q.next()
		texts := q.texts
		if !ready {
			texts = nil
			if timeout != nil && !q.writing {
				return
			}
		}
		select {
		case line := <-q.lines:
			q.add(line)
		case texts <- next.text:
			q.begin(next)
		case err := <-q.results:
			q.wrote(err)
		case <-stopc:
			stopc, timeout = nil, time.After(lastLines)
		case <-timeout:
			return
		}
	}
}

// add keeps a line, or drops it where too much waits already: the lines that wait tell how the trouble began.
func (q *logQueue) add(line []byte) {
	if q.size+len(line) > mostQueued {
		q.dropped++
		return
	}
	if q.dropped > 0 && !q.failing {
		q.keep(q.noticed())
		q.dropped = 0
	}
	q.keep(logged{line, 1})
}

func (q *logQueue) keep(l logged) { q.waiting, q.size = append(q.waiting, l), q.size+len(l.text) }

func (q *logQueue) noticed() logged { return logged{q.notice(q.dropped), q.dropped} }

// next returns what can be written now, if there is something. While writes fail, only new lines are tried.
func (q *logQueue) next() (logged, bool) {
	switch {
	case q.writing:
		return logged{}, false
	case len(q.waiting) > 0:
		return q.waiting[0], true
	case q.dropped > 0 && !q.failing:
		return q.noticed(), true
	}
	return logged{}, false
}

// begin takes note that next has been handed to the writing goroutine.
func (q *logQueue) begin(next logged) {
	q.writing, q.current = true, next
	if len(q.waiting) == 0 {
		q.dropped = 0 // it is the notice of all of them
		return
	}
	q.waiting[0] = logged{} // or its text is kept
	q.waiting, q.size = q.waiting[1:], q.size-len(next.text)
}

// wrote takes note of how a write ended.
func (q *logQueue) wrote(err error) {
	q.writing, q.failing = false, err != nil
	if err != nil {
		q.dropped += q.current.lines
	}
	q.current = logged{}
}
