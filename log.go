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

// logWriter is the writer of slog's handlers: each call of Write is one line. A line goes to an actor that never waits
// for standard error. So nobody who logs waits, even if standard error is a full pipe or a file on a full disk.
type logWriter struct {
	lines chan<- []byte   // from whoever logs → logQueue
	stopc chan<- struct{} // closed by close
	done  <-chan struct{} // closed by logQueue at its end
}

// Write hands a line to the actor. It always takes the whole line and returns no error: the actor counts the lines that
// it cannot write, and logs their number later. Lines that come after close are lost.
func (w logWriter) Write(line []byte) (int, error) {
	select {
	case w.lines <- bytes.Clone(line): // slog uses its buffer again
	case <-w.done:
	}
	return len(line), nil
}

// close waits for up to lastLines until the waiting lines are written, and ends the actor. It is called once.
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
	dropped int  // lost lines that no notice has counted yet
	failing bool // the last write failed
	writing bool
	current logged // what is being written
}

// logged is a text for standard error, and the number of lines that are lost if it cannot be written: one for a line,
// and for a notice the lines that it counts.
type logged struct {
	text  []byte
	lines int
}

// startLog returns the writer for a log at standard error. The notice of dropped lines has the format of the handler.
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
	var hurry, timeout <-chan time.Time // nil until close is called
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
			stopc, hurry, timeout = nil, time.After(lastLines/2), time.After(lastLines)
		case <-hurry:
			q.keepLast()
		case <-timeout:
			return
		}
	}
}

// add keeps a line, or drops it if too much waits already. It drops the new line and keeps the old ones, because they
// tell how the trouble began.
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

// keepLast drops the oldest lines. Standard error is read so slowly that not all can be written in time, and the last
// lines tell how the service ends.
func (q *logQueue) keepLast() {
	const most = 8 << 10 // bytes: some forty lines
	lost := 0
	for q.size > most {
		lost += q.waiting[0].lines
		q.size -= len(q.waiting[0].text)
		q.waiting = q.waiting[1:]
	}
	if lost > 0 {
		first := logged{q.notice(lost), lost}
		q.waiting, q.size = append([]logged{first}, q.waiting...), q.size+len(first.text)
	}
}

func (q *logQueue) keep(l logged) { q.waiting, q.size = append(q.waiting, l), q.size+len(l.text) }

func (q *logQueue) noticed() logged { return logged{q.notice(q.dropped), q.dropped} }

// next returns the text that can be written now, if there is one. While writes fail, it returns new lines and no
// notice.
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

// begin notes that next has been handed to the writing goroutine.
func (q *logQueue) begin(next logged) {
	q.writing, q.current = true, next
	if len(q.waiting) == 0 {
		q.dropped = 0 // next is the notice that counts them
		return
	}
	q.waiting[0] = logged{} // otherwise the slice keeps its text in memory
	q.waiting, q.size = q.waiting[1:], q.size-len(next.text)
}

// wrote notes how a write ended.
func (q *logQueue) wrote(err error) {
	q.writing, q.failing = false, err != nil
	if err != nil {
		q.dropped += q.current.lines
	}
	q.current = logged{}
}
