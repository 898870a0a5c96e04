package api

import (
	"encoding/json"
	"log/slog"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// document is the part of openapi.json that the tests here read. integration_test checks that the document is valid and
// that the answers match it.
type document struct {
	Paths      map[string]map[string]json.RawMessage
	Components struct {
		Schemas map[string]struct {
			Properties map[string]struct {
				Enum       []string
				Properties map[string]struct{ Enum []string }
			}
		}
	}
}

func readDocument(t *testing.T) document {
	t.Helper()
	var d document
	is.New(t).NoErr(json.Unmarshal([]byte(openAPI), &d))
	return d
}

func TestEveryRouteIsDescribedAndTheReverse(t *testing.T) {
	is := is.New(t)
	var described []string
	for path, item := range readDocument(t).Paths {
		for method := range item {
			if method != "parameters" && method != "description" {
				described = append(described, strings.ToUpper(method)+" "+path)
			}
		}
	}
	var routed []string
	for _, r := range New(Settings{}, nil, nil, slog.New(slog.DiscardHandler)).table() {
		path := regexp.MustCompile(`[:*](\w+)`).ReplaceAllString(r.path, "{$1}")
		routed = append(routed, r.method+" "+path)
		if before, found := strings.CutSuffix(path, "{path}"); found {
			routed = append(routed, r.method+" "+before) // the root's stack
		}
	}
	slices.Sort(described)
	slices.Sort(routed)
	is.Equal(described, routed)
}

// codes returns the values that a file gives to the constants of a type.
func codes(t *testing.T, file, typeName string) []string {
	t.Helper()
	source, err := os.ReadFile(file)
	is.New(t).NoErr(err)
	found := map[string]bool{}
	for _, match := range regexp.MustCompile(typeName+`\s+= "(\w+)"`).FindAllStringSubmatch(string(source), -1) {
		found[match[1]] = true
	}
	return slices.Sorted(maps.Keys(found))
}

func TestEveryErrorCodeIsDescribedAndTheReverse(t *testing.T) {
	is := is.New(t)
	schemas := readDocument(t).Components.Schemas
	is.Equal(slices.Sorted(slices.Values(schemas["Error"].Properties["error"].Properties["code"].Enum)),
		codes(t, "fault.go", "errorCode"))
	is.Equal(slices.Sorted(slices.Values(schemas["RefreshError"].Properties["code"].Enum)),
		codes(t, "../actors/refresh.go", " Code"))
}

// exampleCodes returns the error codes of the examples that an operation's answers have.
func exampleCodes(t *testing.T, path, method string) []string {
	t.Helper()
	is := is.New(t)
	type response struct {
		Ref     string `json:"$ref"`
		Content map[string]struct {
			Examples map[string]struct {
				Value struct {
					Error struct{ Code string }
				}
			}
		}
	}
	var operation struct{ Responses map[string]response }
	is.NoErr(json.Unmarshal(readDocument(t).Paths[path][method], &operation))
	var shared struct {
		Components struct{ Responses map[string]response }
	}
	is.NoErr(json.Unmarshal([]byte(openAPI), &shared))
	var found []string
	for _, r := range operation.Responses {
		if name, isRef := strings.CutPrefix(r.Ref, "#/components/responses/"); isRef {
			r = shared.Components.Responses[name]
		}
		for _, example := range r.Content["application/json"].Examples {
			if code := example.Value.Error.Code; code != "" {
				found = append(found, code)
			}
		}
	}
	return found
}

func TestOpenAPIIsServedAsItIs(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{})
	r := s.do("GET", "/openapi.json", "")
	is.Equal(r.status, 200)
	is.Equal(r.body, openAPI)
	is.Equal(s.do("HEAD", "/openapi.json", "").header.Get("Content-Length"), r.header.Get("Content-Length"))
}
