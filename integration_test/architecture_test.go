package integration_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// The rules of CONTRIBUTING.md ("Who may import whom", "Rules of the house") that a compiler does not check.

// source is a file of Go, parsed.
type source struct {
	name string // relative to the module's root, with "/"
	*ast.File
	positions *token.FileSet
}

// sources parses the module's files: those of the service, or the tests.
func sources(t *testing.T, tests bool) []source {
	t.Helper()
	const root = ".."
	positions := token.NewFileSet()
	var parsed []source
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name = filepath.ToSlash(strings.TrimPrefix(name, root+string(filepath.Separator)))
		hidden := strings.HasPrefix(entry.Name(), ".") && name != root
		_, err = os.Stat(filepath.Join(root, name, "go.mod"))
		isModule := err == nil && name != root
		if entry.IsDir() && (hidden || isModule || entry.Name() == "testdata") {
			return fs.SkipDir // another module is a program for tests
		}
		test := strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "integration_test/") ||
			slices.Contains(forTests(), path.Dir(name))
		if entry.IsDir() || path.Ext(name) != ".go" || test != tests {
			return nil
		}
		file, err := parser.ParseFile(positions, filepath.Join(root, name), nil, parser.ParseComments)
		parsed = append(parsed, source{name, file, positions})
		return err
	})
	is.New(t).NoErr(err)
	is.New(t).True(len(parsed) > 10) // the module was found
	return parsed
}

// forTests are the packages that only tests import. The program below integration_test is a test that is run by hand.
func forTests() []string {
	return []string{"api/apitest", "gitsource/githost", "gitsource/packmaker", "gitsource/tablemaker"}
}

// at returns the position of a node, in a form for editors.
func (s source) at(node ast.Node) string { return s.name + ":" + strconv.Itoa(s.line(node.Pos())) }

func (s source) line(pos token.Pos) int { return s.positions.Position(pos).Line }

func (s source) directory() string { return path.Dir(s.name) }

// imports returns the paths that a file imports.
func (s source) imports() []string {
	var paths []string
	for _, spec := range s.Imports {
		if unquoted, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths = append(paths, unquoted)
		}
	}
	return paths
}

// mayImportFrom is the matrix of imports: for each package of the service the packages of the module that it may
// import, and the modules of others. Imports point downwards: a package stands below those that import it.
func mayImportFrom() map[string][]string {
	const ssh, httpProxy = "golang.org/x/crypto/ssh", "golang.org/x/net/http/httpproxy"
	return map[string][]string{
		".":                        {"actors", "api", "api/encode", "dockertarget", "gitsource", "github.com/coreos/go-systemd", "github.com/kelseyhightower/envconfig"},
		"api":                      {"actors", "api/encode", "api/metrics", "api/page", "api/webhook", "hashing", "github.com/julienschmidt/httprouter"},
		"api/page":                 {"actors", "api/encode"},
		"api/encode":               {"actors", "hashing"},
		"api/metrics":              {"actors", "github.com/prometheus/client_golang"},
		"api/webhook":              {},
		"dockertarget/inputs":      {"github.com/compose-spec/compose-go/v2", "github.com/sirupsen/logrus", "go.yaml.in/yaml/v4"},
		"dockertarget/plan":        {"dockertarget/inputs"},
		"gitsource":                {"actors", "hashing", "gitsource/*"},
		"gitsource/transport":      {"actors", "gitsource/fault", "gitsource/knownhosts", "gitsource/location", "gitsource/object", "gitsource/pktline", "gitsource/privatekey", "gitsource/protocol", ssh, httpProxy},
		"gitsource/protocol":       {"actors", "gitsource/fault", "gitsource/location", "gitsource/object", "gitsource/pktline"},
		"gitsource/checkout":       {},
		"gitsource/local":          {"actors", "gitsource/fault", "gitsource/inflate", "gitsource/location", "gitsource/object", "gitsource/pack", "github.com/go-git", "gitsource/local/reftable"},
		"gitsource/knownhosts":     {"actors", "gitsource/fault", ssh},
		"gitsource/privatekey":     {"actors", "gitsource/fault", ssh},
		"gitsource/index":          {"actors", "gitsource/fault", "gitsource/object"},
		"gitsource/location":       {"actors", "gitsource/fault", "gitsource/object"},
		"gitsource/pack":           {"gitsource/fault", "gitsource/inflate", "gitsource/object"},
		"gitsource/object":         {"gitsource/fault", "github.com/pjbgf/sha1cd"},
		"gitsource/pktline":        {"gitsource/fault"},
		"gitsource/fault":          {"actors"},
		"gitsource/inflate":        {},
		"actors":                   {},
		"hashing":                  {},
		"gitsource/local/reftable": {"gitsource/fault"},
		"dockertarget":             {"actors", "dockertarget/*", "gitsource"},
		"dockertarget/engine":      {"dockertarget/plan", "github.com/moby/moby/api", "github.com/moby/moby/client"},
		"dockertarget/readings":    {"dockertarget/inputs"},
		"dockertarget/repository":  {"dockertarget/inputs", "dockertarget/readings", "gitsource", "gitsource/checkout", "gitsource/object"},
	}
}

// mayImport tells whether a package may import another one. All may import the standard library, except for the
// packages that share memory between goroutines.
func mayImport(directory, imported string) bool {
	switch imported {
	case "sync", "sync/atomic", "unsafe", "weak", "expvar", "plugin", "C", "testing":
		return false
	}
	first, rest, _ := strings.Cut(imported, "/")
	if first != "mooring" && !strings.Contains(first, ".") {
		return true
	}
	if first == "mooring" {
		imported = rest
	}
	return slices.ContainsFunc(mayImportFrom()[directory], func(known string) bool {
		if parent, all := strings.CutSuffix(known, "/*"); all {
			_, listed := mayImportFrom()[imported] // packages for tests are not listed
			return listed && path.Dir(imported) == parent
		}
		return imported == known || first != "mooring" && strings.HasPrefix(imported, known+"/")
	})
}

func TestPackagesImportWhatTheyMayKnow(t *testing.T) {
	is := is.New(t)
	found := map[string]bool{}
	for _, s := range sources(t, false) {
		found[s.directory()] = true
		for _, imported := range s.imports() {
			if !mayImport(s.directory(), imported) {
				t.Errorf("%s may not import %s", s.name, imported)
			}
		}
	}
	is.Equal(slices.Sorted(maps.Keys(found)), slices.Sorted(maps.Keys(mayImportFrom()))) // the matrix has each package
	// A test of the test: the matrix refuses imports.
	for directory, imported := range map[string]string{
		"actors": "mooring/hashing", "hashing": "mooring/actors", "api": "github.com/go-git/go-git/v5",
		"gitsource": "mooring/gitsource/githost", "gitsource/pack": "mooring/gitsource", ".": "weak",
		"api/webhook": "mooring/api", "elsewhere": "mooring/actors", "api/page": "github.com/prometheus/client_golang/prometheus",
	} {
		is.True(!mayImport(directory, imported))
	}
}

// The rules below find functions of the standard library by the names of their packages.
func TestPackagesThatRulesNameKeepTheirNames(t *testing.T) {
	for _, s := range sources(t, false) {
		for _, spec := range s.Imports {
			renamed := spec.Name != nil && slices.Contains([]string{`"context"`, `"errors"`, `"runtime"`, `"time"`}, spec.Path.Value)
			if renamed {
				t.Errorf("%s: %s must keep its name", s.at(spec), spec.Path.Value)
			}
		}
	}
}

func TestTestsKeepToChannelsAndSleepNowhere(t *testing.T) {
	for _, s := range sources(t, true) {
		for _, imported := range s.imports() {
			if slices.Contains([]string{"sync/atomic", "unsafe", "golang.org/x/sync/errgroup"}, imported) {
				t.Errorf("%s imports %s", s.name, imported)
			}
		}
		if slices.Contains(s.imports(), "testing/synctest") {
			continue // a sleep there is in the bubble's time, and takes no real time
		}
		for call := range calls(s, "time", "Sleep") {
			t.Errorf("%s: wait for what has to happen, not for time to pass", s.at(call))
		}
	}
}

func TestNothingSleeps(t *testing.T) {
	for _, s := range sources(t, false) {
		for call := range calls(s, "time", "Sleep") {
			t.Errorf("%s: a timer that is selected on can be stopped, a sleep cannot", s.at(call))
		}
	}
}

// calls returns the calls to a function of another package.
func calls(s source, pkg, name string) map[*ast.CallExpr]bool {
	found := map[*ast.CallExpr]bool{}
	ast.Inspect(s.File, func(node ast.Node) bool {
		if call, ok := node.(*ast.CallExpr); ok && isOf(call.Fun, pkg, name) {
			found[call] = true
		}
		return true
	})
	return found
}

// isOf tells whether an expression is a name of another package.
func isOf(expression ast.Expr, pkg, name string) bool {
	selector, ok := expression.(*ast.SelectorExpr)
	if !ok || selector.Sel.Name != name {
		return false
	}
	identifier, ok := selector.X.(*ast.Ident)
	return ok && identifier.Name == pkg
}

// Every file is short.
func TestFilesHaveAtMost300Lines(t *testing.T) {
	const limit = 300
	for _, s := range sources(t, false) {
		if lines := s.line(s.FileEnd - 1); lines > limit {
			t.Errorf("%s has %d lines, %d at most", s.name, lines, limit)
		}
	}
}

// Package variables have no owner, so they are only sentinel errors and embedded files.
func TestPackageVariablesAreErrorsAndEmbeddedFiles(t *testing.T) {
	for _, s := range sources(t, false) {
		for _, declaration := range s.Decls {
			general, ok := declaration.(*ast.GenDecl)
			if !ok || general.Tok != token.VAR {
				continue
			}
			for _, spec := range general.Specs {
				value := spec.(*ast.ValueSpec)
				// What is embedded is a string, or a file system: bytes could be changed.
				embedded := (holdsDirective(general.Doc) || holdsDirective(value.Doc)) && !isSlice(value.Type)
				sentinel := len(value.Values) == len(value.Names) &&
					!slices.ContainsFunc(value.Values, func(e ast.Expr) bool { return !isErrorsNew(e) })
				if !embedded && !sentinel {
					t.Errorf("%s: the variable %s belongs to nobody", s.at(value), value.Names[0].Name)
				}
			}
		}
	}
}

func holdsDirective(comment *ast.CommentGroup) bool {
	return comment != nil && slices.ContainsFunc(comment.List, func(line *ast.Comment) bool {
		return strings.HasPrefix(line.Text, "//go:embed ")
	})
}

func isSlice(expression ast.Expr) bool {
	_, ok := expression.(*ast.ArrayType)
	return ok
}

func isErrorsNew(expression ast.Expr) bool {
	call, ok := expression.(*ast.CallExpr)
	return ok && isOf(call.Fun, "errors", "New")
}

// A context belongs to one call, so no struct keeps one.
func TestContextsOutliveNoCall(t *testing.T) {
	for _, s := range sources(t, false) {
		ast.Inspect(s.File, func(node ast.Node) bool {
			if structure, ok := node.(*ast.StructType); ok {
				for _, field := range structure.Fields.List {
					if isOf(field.Type, "context", "Context") {
						t.Errorf("%s: a context is kept", s.at(field))
					}
				}
			}
			return true
		})
	}
}
