package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matryer/is"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sink is a standard error that the test can block and make fail.
type sink struct {
	gate    chan struct{} // each write receives from it first, unless it is nil
	pause   time.Duration // each write takes as long
	failure error
	written bytes.Buffer
}

func (s *sink) Write(text []byte) (int, error) {
	if s.gate != nil {
		<-s.gate
	}
	time.Sleep(s.pause) // of the bubble's time
	if s.failure != nil {
		return 0, s.failure
	}
	return s.written.Write(text)
}

func textHandler(out io.Writer) slog.Handler { return slog.NewTextHandler(out, nil) }

func TestLogWritesEachLineInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		var stderr sink
		out := startLog(&stderr, textHandler)
		var want strings.Builder
		for i := range 100 {
			fmt.Fprintf(out, "line %d\n", i)
			fmt.Fprintf(&want, "line %d\n", i)
		}
		out.close()
		is.Equal(stderr.written.String(), want.String())
		n, err := fmt.Fprintln(out, "too late")
		is.NoErr(err) // a line after the end is no error
		is.Equal(n, len("too late\n"))
		is.Equal(stderr.written.String(), want.String())
	})
}

func TestLogThatNobodyReadsBlocksNobodyAndTellsWhatItDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		stderr := sink{gate: make(chan struct{})}
		out := startLog(&stderr, textHandler)
		line := strings.Repeat("x", 999) + "\n"
		const lines = 5000
		for range lines { // 5 MB, and nothing is read
			_, err := io.WriteString(out, line)
			is.NoErr(err)
		}
		close(stderr.gate) // now it is read
		synctest.Wait()
		_, err := io.WriteString(out, "after\n")
		is.NoErr(err)
		out.close()
		text := stderr.written.String()
		kept := strings.Count(text, line)
		is.Equal(kept, mostQueued/len(line)+1) // the lines that may wait, and the one that was being written
		before, notice, _ := strings.Cut(text, strings.Repeat(line, kept))
		is.Equal(before, "")
		is.True(strings.Contains(notice, "level=ERROR"))
		is.True(strings.Contains(notice, fmt.Sprintf("count=%d\nafter\n", lines-kept)))
	})
}

func TestLogOnAFullDiskTellsWhatItDroppedOnceThereIsRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		stderr := sink{failure: errors.New("no space left on device")}
		out := startLog(&stderr, textHandler)
		for range 7 {
			fmt.Fprintln(out, "lost")
			synctest.Wait()
		}
		stderr.failure = nil
		fmt.Fprintln(out, "kept")
		out.close()
		text := stderr.written.String()
		is.True(strings.HasPrefix(text, "kept\n"))
		is.True(strings.HasSuffix(text, "count=7\n"))
		is.Equal(strings.Count(text, "\n"), 2)
	})
}

func TestLogThatNobodyReadsHoldsUpAStopForASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		stderr := sink{gate: make(chan struct{})}
		out := startLog(&stderr, textHandler)
		fmt.Fprintln(out, "unread")
		began := time.Now()
		out.close()
		is.Equal(time.Since(began), lastLines)
		close(stderr.gate) // or the writing goroutine would outlive the test
	})
}

func TestLogThatIsReadIsWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		stderr := sink{pause: time.Millisecond}
		out := startLog(&stderr, textHandler)
		for range 400 { // 400 kB, which still wait when the service stops
			fmt.Fprint(out, strings.Repeat("x", 999)+"\n")
		}
		out.close()
		is.Equal(stderr.written.Len(), 400_000)
	})
}

func TestLogThatIsReadSlowlyEndsWithTheLastLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		stderr := sink{pause: lastLines / 50}
		out := startLog(&stderr, textHandler)
		for range 500 {
			fmt.Fprint(out, strings.Repeat("x", 999)+"\n")
		}
		fmt.Fprintln(out, "the last words")
		out.close()
		text := stderr.written.String()
		is.True(strings.HasSuffix(text, "the last words\n"))
		is.Equal(strings.Count(text, "dropped"), 1)
		is.True(strings.Count(text, "\n") < 50)
	})
}
