package checkout

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// generation is a commit whose files all say the same number. Its files differ by the number's rest.
func generation(n int) commit {
	files := commit{}
	for i := range 20 {
		if i%5 != n%5 {
			files[fmt.Sprintf("a/%d/f%d", i%3, i)] = strings.Repeat(strconv.Itoa(n)+"\n", 1000)
		}
	}
	files[fmt.Sprintf("a/turn%d/x", n%2)] = "x"
	return files
}

// TestPutUntilKilled is the process that TestAKillAtAnyMoment kills. It is no test by itself.
func TestPutUntilKilled(t *testing.T) {
	work := os.Getenv("CHECKOUT_TO_KILL")
	if work == "" {
		t.Skip("another test starts this one")
	}
	d := open(t, work)
	for n := 0; ; n++ {
		contents := newBlobs()
		if _, err := d.Put(t.Context(), "a", contents.files(generation(n)), contents); err != nil {
			t.Fatal(err)
		}
		fmt.Println("done", n)
	}
}

func TestAKillAtAnyMomentLeavesWholeFilesAndIsMendedByTheNextPut(t *testing.T) {
	work := t.TempDir()
	is := is.New(t)
	is.NoErr(os.MkdirAll(work+"/tree/a/0", 0o755))
	is.NoErr(os.WriteFile(work+"/tree/a/0/mine", []byte("rows"), 0o600))
	for round := range 20 {
		killAfter(t, work, 1+rand.IntN(4), rand.IntN(60))

		for path, content := range onDisk(t, work+"/tree") {
			lines := strings.Split(strings.TrimSuffix(content, "\n"), "\n")
			whole := len(lines) == 1000 || content == "x" || content == "rows" || strings.HasSuffix(path, "/")
			for _, line := range lines {
				whole = whole && line == lines[0]
			}
			if !whole && !strings.Contains(path, partial) {
				t.Fatalf("%s is not whole: %d lines", path, len(lines))
			}
		}
		d, contents := open(t, work), newBlobs()
		want := generation(1000 + round)
		_, err := d.Put(t.Context(), "a", contents.files(want), contents)
		is.NoErr(err)
		want["a/0/mine"] = "rows"
		is.Equal(onDisk(t, work+"/tree"), want)
		is.NoErr(d.Close())
	}
}

// killAfter lets a process put one generation after another, and kills it in the middle of one: after some generations
// and some system calls of this process.
func killAfter(t *testing.T, work string, generations, spins int) {
	t.Helper()
	is := is.New(t)
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestPutUntilKilled$", "-test.count=1")
	command.Env = append(os.Environ(), "CHECKOUT_TO_KILL="+work)
	output, err := command.StdoutPipe()
	is.NoErr(err)
	is.NoErr(command.Start())
	lines := bufio.NewScanner(output)
	for done := 0; done < generations && lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "done ") {
			done++
		}
	}
	for range spins {
		os.ReadDir(work)
	}
	is.NoErr(command.Process.Kill())
	is.True(command.Wait() != nil) // it was killed
}
