package inputs

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzRead reads stacks with an included file, an extended one and a .env. Whatever they have in them, the library must
// not end the process, and what is wrong must be a sentence about the stack.
func FuzzRead(f *testing.F) {
	names, err := filepath.Glob("testdata/corpus/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		e := readExample(f, name)
		f.Add(e.files[e.stack+"/"+e.file], e.files["shared/db.yml"], e.files["app/.env"])
	}
	f.Add("include: [a.yml, {path: [a.yml], project_directory: .., env_file: .env}]\nservices: {w: {extends: {file: a.yml, service: w}}}",
		"services: {w: {image: '${V:-x}', build: {context: .}}}", "V=1")
	reader, err := NewReader(f.TempDir(), nil, "repo")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, compose, included, variables string) {
		stack, err := reader.Read(t.Context(), commit{
			"s/docker-compose.yml": compose, "s/a.yml": included, "s/.env": variables, "shared/db.yml": included,
		}, "s", "docker-compose.yml")
		if err == nil {
			if stack.Project == "" || len(stack.Inputs) == 0 {
				t.Fatalf("a stack without a name or inputs: %+v", stack)
			}
			return
		}
		problem, ok := errors.AsType[*Problem](err)
		if !ok {
			t.Fatalf("no problem of the stack: %v", err)
		}
		if strings.Contains(problem.Message, "mooring-read-") || strings.ContainsFunc(problem.Message, unicode.IsControl) ||
			utf8.RuneCountInString(problem.Message) > maxMessage {
			t.Fatalf("no sentence: %q", problem.Message)
		}
	})
}
