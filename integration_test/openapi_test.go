package integration_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	"github.com/pb33f/libopenapi-validator/schema_validation"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
)

// described is /openapi.json, parsed by a library for OpenAPI 3.1 and its dialect of JSON Schema.
type described struct {
	t         *testing.T
	model     *v3.Document
	validator validator.Validator
	schemas   schema_validation.SchemaValidator
	seen      map[string]bool // "operation status" of each answer
}

func readDescription(t *testing.T, content string) *described {
	t.Helper()
	is := is.New(t)
	document, err := libopenapi.NewDocument([]byte(content))
	is.NoErr(err)
	model, err := document.BuildV3Model()
	is.NoErr(err)
	// Strict: a member that the description lacks is an error.
	options := []config.Option{
		config.WithStrictMode(), config.WithFormatAssertions(),
		config.WithStrictIgnoredHeadersExtra("X-Content-Type-Options", "Referrer-Policy"),
		// The document must be valid by OpenAPI's own schema.
		config.WithStrictIgnorePaths("$.body.openapi", "$.body.info", "$.body.servers", "$.body.security", "$.body.tags",
			"$.body.paths", "$.body.components"),
	}
	v, failures := validator.NewValidator(document, options...)
	is.Equal(len(failures), 0)
	valid, reasons := v.ValidateDocument()
	for _, reason := range reasons {
		t.Errorf("the document: %s", reason.Error())
	}
	is.True(valid)
	return &described{t, &model.Model, v, schema_validation.NewSchemaValidator(options...), map[string]bool{}}
}

func TestOpenAPIIsValidAndItsExamplesFit(t *testing.T) {
	is := is.New(t)
	s := start(t)
	d := readDescription(t, s.get("/openapi.json").body)
	is.Equal(d.model.Version, "3.1.1")
	examples := 0
	check := func(where string, content *v3.MediaType) {
		for name, example := range content.Examples.FromOldest() {
			var value any
			is.NoErr(example.Value.Decode(&value))
			encoded, err := json.Marshal(value)
			is.NoErr(err)
			fits, reasons := d.schemas.ValidateSchemaBytes(content.Schema.Schema(), encoded)
			for _, reason := range reasons {
				t.Errorf("%s: the example %q: %s", where, name, reason.Error())
			}
			is.True(fits)
			examples++
		}
	}
	for path, item := range d.model.Paths.PathItems.FromOldest() {
		for method, operation := range item.GetOperations().FromOldest() {
			if operation.RequestBody != nil {
				for _, content := range operation.RequestBody.Content.FromOldest() {
					check(method+" "+path, content)
				}
			}
			for status, response := range operation.Responses.Codes.FromOldest() {
				for _, content := range response.Content.FromOldest() {
					check(method+" "+path+" "+status, content)
				}
			}
		}
	}
	is.True(examples > 50)
}

// ask sends a request unchanged, over a connection of its own, and checks that the answer matches the description.
func (d *described) ask(s *service, method, path, body string, headers ...string) reply {
	d.t.Helper()
	is := is.New(d.t)
	lines := append([]string{method + " " + path + " HTTP/1.1", "Connection: close"}, headers...)
	if !slices.ContainsFunc(headers, func(line string) bool { return strings.HasPrefix(line, "Host: ") }) {
		lines = append(lines, "Host: "+s.address)
	}
	if body != "" && !holdsAll(strings.Join(headers, "\n"), []string{"Transfer-Encoding"}) &&
		!holdsAll(strings.Join(headers, "\n"), []string{"Content-Length"}) {
		lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)))
	}
	raw := strings.Join(lines, "\r\n") + "\r\n\r\n" + body
	connection, err := net.Dial("tcp", s.address)
	is.NoErr(err)
	defer connection.Close()
	is.NoErr(connection.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(connection, raw)
	is.NoErr(err)
	request := httptest.NewRequest(method, "http://"+s.address+path, strings.NewReader(body))
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		request.Header.Add(name, value)
	}
	response, err := http.ReadResponse(bufio.NewReader(connection), request)
	is.NoErr(err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	is.NoErr(err)
	s.search(method+" "+path, response.Header, content)
	d.fits(request, body, response, content)
	return reply{status: response.StatusCode, header: response.Header, body: string(content)}
}

// fits checks an answer, and also the request if it was not refused.
func (d *described) fits(request *http.Request, body string, response *http.Response, content []byte) {
	d.t.Helper()
	what := fmt.Sprintf("%s %s: %d %.300q", request.Method, request.URL, response.StatusCode, content)
	if response.StatusCode == http.StatusMethodNotAllowed {
		d.fitsComponent(what, "MethodNotAllowed", response, content)
		return
	}
	path, item := d.find(request)
	operation := item.GetOperations().GetOrZero(strings.ToLower(request.Method))
	status := fmt.Sprint(response.StatusCode)
	d.seen[operation.OperationId+" "+status] = true
	response.Body = io.NopCloser(bytes.NewReader(content))
	_, reasons := d.validator.GetResponseBodyValidator().ValidateResponseBodyWithPathItem(request, response, item, path)
	if response.StatusCode < http.StatusBadRequest {
		request.Body = io.NopCloser(strings.NewReader(body))
		_, faults := d.validator.ValidateHttpRequestSyncWithPathItem(request, item, path)
		reasons = append(reasons, faults...)
	}
	for _, reason := range reasons {
		d.t.Errorf("%s\n%s", what, reason.Error())
	}
	described := operation.Responses.Codes.GetOrZero(status)
	if described == nil {
		return // the validator has reported that
	}
	for name, header := range described.Headers.FromOldest() {
		if header.Required && response.Header.Get(name) == "" {
			d.t.Errorf("%s: the header %s is missing", what, name)
		}
	}
}

// fitsComponent checks an answer that belongs to no operation.
func (d *described) fitsComponent(what, name string, response *http.Response, content []byte) {
	d.t.Helper()
	component := d.model.Components.Responses.GetOrZero(name)
	_, reasons := d.schemas.ValidateSchemaBytes(component.Content.GetOrZero("application/json").Schema.Schema(), content)
	for _, reason := range reasons {
		d.t.Errorf("%s\n%s", what, reason.Error())
	}
	for header := range component.Headers.FromOldest() {
		if response.Header.Get(header) == "" {
			d.t.Errorf("%s: the header %s is missing", what, header)
		}
	}
	d.seen[name] = true
}

// find returns the described path that a request's path belongs to. A path without parameters comes first. (The library
// would take /api/v1/stacks and /api/v1/stacks/ for the same.)
func (d *described) find(request *http.Request) (string, *v3.PathItem) {
	d.t.Helper()
	if item := d.model.Paths.PathItems.GetOrZero(request.URL.Path); item != nil {
		return request.URL.Path, item
	}
	directory, _ := filepath.Split(request.URL.EscapedPath())
	for path, item := range d.model.Paths.PathItems.FromOldest() {
		if before, _, found := strings.Cut(path, "{"); found && before == directory {
			return path, item
		}
	}
	d.t.Fatalf("%s is not described", request.URL)
	return "", nil
}
