package api

import (
	"strings"
	"testing"

	"github.com/matryer/is"
)

func TestSettingsAreValidated(t *testing.T) {
	is := is.New(t)
	for _, addr := range []string{
		":8080", "127.0.0.1:0", "[::1]:65535", "localhost:http", "0.0.0.0:80",
		"unix:/run/mooring.sock", "unix:/" + strings.Repeat("x", 106),
	} {
		is.NoErr(Settings{ListenAddr: addr}.Validate()) // addr
	}
	for _, addr := range []string{
		"", ":", "8080", "localhost", "localhost:", "::1:80", ":65536", ":-1", ":x1", "http://x:80",
		"unix:", "unix:mooring.sock", "unix:@mooring", "/run/mooring.sock", "unix:/" + strings.Repeat("x", 107),
	} {
		err := Settings{ListenAddr: addr}.Validate()
		is.True(err != nil) // addr
		is.True(strings.HasPrefix(err.Error(), "LISTEN_ADDR "))
	}
	for _, host := range []string{
		"example.org", "EXAMPLE.org.", " mooring", "my_host", "10.0.0.1", "::1", "[::1]", "xn--bcher-kva.example",
	} {
		is.NoErr(Settings{ListenAddr: ":80", AllowedHosts: []string{"x", host}}.Validate()) // host
	}
	for _, host := range []string{
		"", " ", "example.org:80", "[::1]:80", "http://example.org", "example.org/", "*", "*.example.org", "a b", "a..b", ".",
	} {
		err := Settings{ListenAddr: ":80", AllowedHosts: []string{"x", host}}.Validate()
		is.True(err != nil) // host
		is.True(strings.HasPrefix(err.Error(), "ALLOWED_HOSTS "))
	}
}
