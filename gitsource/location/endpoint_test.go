package location

import (
	"testing"

	"github.com/matryer/is"
)

func TestEveryFormOfAddressIsTakenApart(t *testing.T) {
	tests := map[string]struct {
		want    Endpoint
		display string
		address string
	}{
		"https://u:p%40@Host:8443/a%20b.git/": {Endpoint{HTTPS, "Host:8443", "/a%20b.git", "u", "p@"},
			"https://Host:8443/a%20b.git", "Host:8443"},
		"HTTP://host":           {Endpoint{HTTP, "host", "", "", ""}, "http://host", "host:1"},
		"ssh://git@h:22/a/b":    {Endpoint{SSH, "h:22", "/a/b", "git", ""}, "ssh://h:22/a/b", "h:22"},
		"ssh://h/~u/b":          {Endpoint{SSH, "h", "~u/b", "", ""}, "h:~u/b", "h:1"},
		"git@host:a/b.git":      {Endpoint{SSH, "host", "a/b.git", "git", ""}, "host:a/b.git", "host:1"},
		"host:/a@b:c":           {Endpoint{SSH, "host", "/a@b:c", "", ""}, "ssh://host/a@b:c", "host:1"},
		"git@[::1]:a":           {Endpoint{SSH, "[::1]", "a", "git", ""}, "[::1]:a", "[::1]:1"},
		"git://host:9/a":        {Endpoint{Git, "host:9", "/a", "", ""}, "git://host:9/a", "host:9"},
		"file:///a%20b":         {Endpoint{Scheme: Local, Path: "/a b"}, "/a b", ""},
		"file://localhost/a":    {Endpoint{Scheme: Local, Path: "/a"}, "/a", ""},
		"/a:b":                  {Endpoint{Scheme: Local, Path: "/a:b"}, "/a:b", ""},
		"./a:b":                 {Endpoint{Scheme: Local, Path: "./a:b"}, "./a:b", ""},
		"../somewhere/else.git": {Endpoint{Scheme: Local, Path: "../somewhere/else.git"}, "../somewhere/else.git", ""},
	}
	for text, test := range tests {
		t.Run(text, func(t *testing.T) {
			is := is.New(t)
			got, err := Parse(text)
			is.NoErr(err)
			is.Equal(got, test.want)
			is.Equal(Settings{URL: text}.DisplayURL(), test.display)
			if test.address != "" {
				is.Equal(got.Address("1"), test.address)
			}
		})
	}
}
