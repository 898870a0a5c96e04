package integration_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// example is a command of the README and the answer that it shows.
type example struct {
	command, answer string
}

// examples returns the commands of a section of the README that show an answer in JSON.
func examples(t *testing.T, title string) []example {
	t.Helper()
	content, err := os.ReadFile("../README.md")
	is.New(t).NoErr(err)
	_, section, found := strings.Cut(string(content), "\n## "+title+"\n")
	is.New(t).True(found)
	section, _, _ = strings.Cut(section, "\n## ")
	var list []example
	pairs := regexp.MustCompile("(?s)```sh\n([^`]+)```\n\n```json\n([^`]+)```")
	for _, pair := range pairs.FindAllStringSubmatch(section, -1) {
		list = append(list, example{pair[1], pair[2]})
	}
	return list
}

// shape reduces JSON to names, types, and whether a list is empty.
func shape(t *testing.T, text string) string {
	t.Helper()
	var shapes []string
	for decoder := json.NewDecoder(strings.NewReader(text)); ; {
		var value any
		err := decoder.Decode(&value)
		if errors.Is(err, io.EOF) {
			return strings.Join(shapes, "\n")
		}
		if err != nil {
			t.Fatalf("no JSON: %v\n%s", err, text)
		}
		reduced, err := json.MarshalIndent(reduce(value), "", "  ")
		is.New(t).NoErr(err)
		shapes = append(shapes, string(reduced))
	}
}

func reduce(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			value[name] = reduce(member)
		}
		return value
	case []any:
		if len(value) == 0 {
			return []any{}
		}
		return []any{reduce(value[0])}
	default:
		return fmt.Sprintf("%T", value)
	}
}

// cloned clones this repository, as a reader of the README does first.
func cloned(t *testing.T) string {
	t.Helper()
	directory := t.TempDir() + "/mooring"
	git(t, ".", "clone", "--quiet", "..", directory)
	return directory
}

func head(t *testing.T, directory string) string {
	t.Helper()
	return strings.TrimSpace(git(t, directory, "rev-parse", "HEAD"))
}

func TestTourOfTheREADMEAnswersAsItShows(t *testing.T) {
	is := is.New(t)
	directory := cloned(t)
	s := startIn(t, directory, "WEBHOOK_SECRET=only-for-a-try", "POLL_INTERVAL=1h")
	s.awaitRevision(head(t, directory))
	tour := examples(t, "A tour of the API")
	is.True(len(tour) >= 8) // the section was found
	tour = append(tour, examples(t, "Removals that are held")...)
	for _, step := range tour {
		command := exec.CommandContext(t.Context(), "bash", "-c", strings.ReplaceAll(step.command, "localhost:8080", s.address))
		command.Dir = directory
		var complaint bytes.Buffer
		command.Stderr = &complaint
		answer, err := command.Output()
		if err != nil {
			t.Fatalf("%s\n%v: %s (curl, jq and openssl must be there)", step.command, err, &complaint)
		}
		if got, want := shape(t, string(answer)), shape(t, step.answer); got != want {
			t.Errorf("%s\nanswers\n%s\nand the README shows\n%s", step.command, got, want)
		}
	}
}

func TestFirstCommandOfTheREADMEServesTheCloneItself(t *testing.T) {
	is := is.New(t)
	directory := cloned(t)
	content, err := os.ReadFile("../README.md")
	is.NoErr(err)
	first := regexp.MustCompile("```sh\n([^`]+)```").FindStringSubmatch(string(content))
	is.True(first != nil)
	command := exec.CommandContext(t.Context(), "bash", "-c", first[1])
	command.Dir = directory
	command.Env = append(os.Environ(), "LISTEN_ADDR=127.0.0.1:0", "GOFLAGS=-buildvcs=false")
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	log, err := command.StderrPipe()
	is.NoErr(err)
	is.NoErr(command.Start())
	defer func() {
		// The whole group: the service is a child of the go command.
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGTERM)
		_, _ = io.Copy(io.Discard, log)
		_ = command.Wait()
	}()
	reader, address := bufio.NewReader(log), ""
	for address == "" {
		line, err := reader.ReadString('\n')
		is.NoErr(err) // an error means that it has ended without listening
		address = lab.Listening([]string{line})
	}
	answer, err := exec.CommandContext(t.Context(), "curl", "-s", "--retry", "5", "--retry-all-errors", "--fail",
		"http://"+address+"/readyz").Output()
	is.NoErr(err)
	is.True(strings.Contains(string(answer), head(t, directory)))
}
