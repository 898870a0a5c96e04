package gitsource

import (
	"os"
	"strings"
	"testing"

	"github.com/kelseyhightower/envconfig"
	"github.com/matryer/is"

	"mooring/gitsource/githost"
)

// unsetenv unsets the variable until the test ends.
func unsetenv(t *testing.T, variable string) {
	t.Helper()
	t.Setenv(variable, "")
	if err := os.Unsetenv(variable); err != nil {
		t.Fatal(err)
	}
}

func validSettings() Settings {
	return Settings{URL: ".", DeployDir: ".", ComposeFiles: []string{"docker-compose.yml"}}
}

func TestTheDefaultSettingsAreValid(t *testing.T) {
	is := is.New(t)
	for _, variable := range []string{"GIT_URL", "GIT_REF", "GIT_DEPLOY_DIR", "GIT_USERNAME", "GIT_SSH_KEY_FILE",
		"GIT_SSH_KNOWN_HOSTS_FILE", "GIT_CA_FILE", "GIT_CLIENT_CERT_FILE", "GIT_CLIENT_KEY_FILE", "COMPOSE_FILES"} {
		unsetenv(t, variable)
	}
	var settings Settings
	is.NoErr(envconfig.Process("", &settings))
	is.NoErr(settings.Validate())
	is.Equal(settings.composeNames(), []string{"docker-compose.yml", "docker-compose.yaml"})
	is.Equal(settings.rules().DeployDir, ".")
	source, err := New(settings)
	is.NoErr(err)
	is.Equal(source.local, ".")

	t.Setenv("COMPOSE_FILES", "compose.yaml, docker-compose.yml")
	t.Setenv("GIT_DEPLOY_DIR", "deploy/../stacks/")
	is.NoErr(envconfig.Process("", &settings))
	is.NoErr(settings.Validate())
	is.Equal(settings.composeNames(), []string{"compose.yaml", "docker-compose.yml"})
	is.Equal(settings.rules().DeployDir, "stacks")
}

func TestABadSettingIsNamedWithItsRule(t *testing.T) {
	empty, notPEM := githost.WriteFile(t, "empty", ""), githost.WriteFile(t, "ca.pem", "s3cret")
	tests := map[string]struct {
		change func(*Settings)
		says   string
	}{
		"no address":        {func(s *Settings) { s.URL = "" }, "GIT_URL must not be empty"},
		"password unquoted": {func(s *Settings) { s.URL = "https://u:s3cret%@host/x" }, "GIT_URL cannot be read as a URL"},
		"hash in password":  {func(s *Settings) { s.URL = "https://u:1#s3cret@host/x" }, "GIT_URL must have no query"},
		"other scheme":      {func(s *Settings) { s.URL = "ftp://u:s3cret@host/x" }, "GIT_URL must be an https"},
		"no host":           {func(s *Settings) { s.URL = "https:///s3cret" }, "GIT_URL must name a host"},
		"no path":           {func(s *Settings) { s.URL = "ssh://u:s3cret@host" }, "GIT_URL must name a repository"},
		"file elsewhere":    {func(s *Settings) { s.URL = "file://s3cret/x" }, "GIT_URL must be file:///path"},
		"option as path":    {func(s *Settings) { s.URL = "git@host:-s3cret" }, "GIT_URL must not have a host or path"},
		"control":           {func(s *Settings) { s.URL = "git://host/s3cret%0a" }, "GIT_URL must not hold control"},
		"newline":           {func(s *Settings) { s.URL = "s3cret\n" }, "GIT_URL must not hold control characters"},
		"scheme forgotten":  {func(s *Settings) { s.URL = "u:s3cret@host/x.git" }, "GIT_URL must begin with https://"},
		"colon forgotten":   {func(s *Settings) { s.URL = "https//u:s3cret@host/x" }, "GIT_URL must begin with https://"},
		"nothing but //":    {func(s *Settings) { s.URL = "//u:s3cret@host/x" }, "GIT_URL must begin with https://"},
		"one slash":         {func(s *Settings) { s.URL = "https:/u:s3cret@host/x" }, "GIT_URL must begin with https://"},
		"colon in name":     {func(s *Settings) { s.URL = "https://s3c%3Aret@host/x" }, "GIT_URL must not have a colon"},
		"ref":               {func(s *Settings) { s.Ref = "a b" }, "GIT_REF must be a ref name"},
		"no commit":         {func(s *Settings) { s.Ref = strings.Repeat("0", 40) }, "GIT_REF must be a ref name"},
		"absolute dir":      {func(s *Settings) { s.DeployDir = "/x" }, "GIT_DEPLOY_DIR must be relative"},
		"dir outside":       {func(s *Settings) { s.DeployDir = "x/../../y" }, "GIT_DEPLOY_DIR must be inside"},
		"parent":            {func(s *Settings) { s.DeployDir = ".." }, "GIT_DEPLOY_DIR must be inside"},
		"control in dir":    {func(s *Settings) { s.DeployDir = "a\tb" }, "GIT_DEPLOY_DIR must be UTF-8"},
		"colon in username": {func(s *Settings) { s.Username = "s3cret:" }, "GIT_USERNAME must hold no colon"},
		"no names":          {func(s *Settings) { s.ComposeFiles = nil }, "COMPOSE_FILES must name at least one"},
		"empty name":        {func(s *Settings) { s.ComposeFiles = []string{"a", " "} }, "COMPOSE_FILES must not hold an"},
		"name in dir":       {func(s *Settings) { s.ComposeFiles = []string{"a/b"} }, "COMPOSE_FILES must hold plain"},
		"parent as name":    {func(s *Settings) { s.ComposeFiles = []string{".."} }, "COMPOSE_FILES must hold plain"},
		"twice":             {func(s *Settings) { s.ComposeFiles = []string{"a", "a "} }, "COMPOSE_FILES must not hold a name"},
		"not UTF-8":         {func(s *Settings) { s.ComposeFiles = []string{"\xff"} }, "COMPOSE_FILES must hold names"},
		"no key":            {func(s *Settings) { s.SSHKeyFile = "s3cret" }, "GIT_SSH_KEY_FILE must name a file"},
		"a directory":       {func(s *Settings) { s.SSHKnownHostsFile = t.TempDir() }, "GIT_SSH_KNOWN_HOSTS_FILE must name"},
		"client cert alone": {func(s *Settings) { s.ClientCertFile = notPEM }, "GIT_CLIENT_CERT_FILE and GIT_CLIENT_KEY_FILE must both"},
		"no client cert":    {func(s *Settings) { s.ClientCertFile, s.ClientKeyFile = notPEM, notPEM }, "GIT_CLIENT_CERT_FILE must name a file with a certificate"},
		"no roots":          {func(s *Settings) { s.CAFile = notPEM }, "GIT_CA_FILE must name a file with at least one"},
		"empty roots":       {func(s *Settings) { s.CAFile = empty }, "GIT_CA_FILE must name a file with at least one"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			settings := validSettings()
			test.change(&settings)
			err := settings.Validate()
			if err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("got %v, want %q", err, test.says)
			}
		})
	}
}

// A path on this machine may have any bytes. If an origin came back from a file as another one, removals would be held.
func TestAnOriginHasNoBytesThatAFileCannotHave(t *testing.T) {
	is := is.New(t)
	origin := Settings{URL: "/srv/caf\xe9\xff", Ref: "b\xe9"}.Origin()
	is.Equal(origin.URL, "/srv/caf\ufffd\ufffd")
	is.Equal(origin.Ref, "b\ufffd")
	is.Equal(Settings{URL: "/srv/café"}.Origin().URL, "/srv/café")
}
