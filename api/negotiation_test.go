package api

import (
	"net/http"
	"testing"

	"github.com/matryer/is"
)

func TestAcceptEncodingIsWeighed(t *testing.T) {
	is := is.New(t)
	for value, accepted := range map[string]bool{
		"":                        false,
		"gzip":                    true,
		"GZIP":                    true,
		"x-gzip":                  true,
		"deflate, gzip, br":       true,
		" gzip ; q=0.001 ":        true,
		"gzip;q=1.0":              true,
		"gzip;Q=1":                true,
		"*":                       true,
		"*;q=0.1":                 true,
		"identity":                false,
		"br, zstd":                false,
		"gzip;q=0":                false,
		"gzip;q=0.000":            false,
		"gzip;q=0, *":             false,
		"gzip, *;q=0":             true,
		"identity, gzip;q=0.5":    false,
		"identity;q=0.5, gzip":    true,
		"identity, gzip":          true,
		"identity;q=0, gzip":      true,
		"identity;q=0.5, *;q=0.2": false,
		"gzip;q=x":                false,
		"gzip;q=":                 false,
		"gzip;q=NaN":              false,
		"gzip;q=2":                false,
		"gzip;q=-1":               false,
		"gzip;level=1":            false,
		"gzipped":                 false,
		",,;,gzip":                true,
	} {
		is.Equal(acceptsGzip(http.Header{"Accept-Encoding": {value}}), accepted) // value
	}
	is.True(acceptsGzip(http.Header{"Accept-Encoding": {"br", "gzip"}})) // two lines are one list
	is.True(!acceptsGzip(http.Header{}))
}

func TestEntityTagsAreComparedWeakly(t *testing.T) {
	is := is.New(t)
	for value, matches := range map[string]bool{
		`"a"`:            true,
		`W/"a"`:          true,
		` "a" `:          true,
		`"b","a"`:        true,
		`"b" , W/"a"`:    true,
		`,, "a"`:         true,
		`"b,\"", "a"`:    false, // a tag has no escapes, so the rest of the list is no tag
		`"x,y", "a"`:     true,
		`*`:              true,
		` * `:            true,
		``:               false,
		`"b"`:            false,
		`a`:              false,
		`"a`:             false,
		`a"`:             false,
		`w/"a"`:          false,
		`"A"`:            false,
		`"a-gzip"`:       false,
		`"", "a"`:        true,
		`"b", junk, "a"`: false,
		`W/W/"a"`:        false,
		`"*"`:            false,
		`"b", *`:         false,
	} {
		is.Equal(inIfNoneMatch(http.Header{"If-None-Match": {value}}, `"a"`), matches) // value
	}
	is.True(inIfNoneMatch(http.Header{"If-None-Match": {`"b"`, `"a"`}}, `"a"`))
	is.True(!inIfNoneMatch(http.Header{}, `"a"`))
}
