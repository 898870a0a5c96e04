package location

import (
	"strings"
	"testing"

	"github.com/matryer/is"
)

func TestRedactRemovesEverySecretInEveryForm(t *testing.T) {
	is := is.New(t)
	settings := Settings{
		URL:              "https://ghp%5FT0ken:@github.com/alice/stacks",
		Password:         func() (string, error) { return `p@ss "w/rd`, nil },
		SSHKeyPassphrase: func() (string, error) { return "passphrase", nil },
	}
	for _, text := range []string{"ghp_T0ken", "ghp%5FT0ken:", `p@ss "w/rd`, `p%40ss+%22w%2Frd`, `p%40ss%20%22w%2frd`,
		`p@ss \"w/rd`, "passphrase", "Z2hwX1Qwa2VuOnBAc3MgIncvcmQ="} {
		got := redact(settings, "before "+text+" after")
		if got != "before *** after" && got != "before ***: after" && got != "before ghp%5FT0ken: after" {
			t.Errorf("%q became %q", text, got)
		}
	}
	is.Equal(settings.DisplayURL(), "https://github.com/alice/stacks")
	is.Equal(redact(settings, "alice at git-upload-pack"), "alice at git-upload-pack")

	bearer := Settings{URL: "https://alice:0ld@h/x", BearerToken: func() (string, error) { return "t0k/en+x==", nil }}
	for _, text := range []string{"t0k/en+x==", "t0k%2Fen%2Bx%3D%3D", "t0k%2fen%2bx%3d%3d", "t0k%2Fen+x==", "0ld"} {
		is.Equal(redact(bearer, "before "+text+" after"), "before *** after")
	}
	is.Equal(redact(bearer, "Bearer"), "Bearer")

	named := Settings{URL: "https://alice:s3cret@github.com/alice/stacks"}
	is.Equal(redact(named, named.URL), "https://alice:***@github.com/alice/stacks")
	broken := Settings{URL: "https://alice:%zz@github.com"}
	is.Equal(redact(broken, "at "+broken.URL), "at ***")
	is.Equal(broken.DisplayURL(), "(a GIT_URL that cannot be read)")
}

// redact removes every secret of the settings from a text, as a session does.
func redact(s Settings, text string) string {
	at, err := Parse(s.URL)
	if err != nil && s.URL != "" {
		text = strings.ReplaceAll(text, s.URL, redacted)
	}
	shown, _ := s.Credentials(at)
	return s.Redactor(at, shown).Clean(text)
}
