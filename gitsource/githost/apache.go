package githost

import (
	"crypto/md5"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// ServeApache serves the repository in a directory with Apache, which runs git http-backend as a CGI program, until the
// end of the test. It returns the repository's URL. It skips the test if Apache is not installed.
func ServeApache(t *testing.T, dir string, options WebOptions) string {
	t.Helper()
	s := newWebServer(t, "/usr/sbin/apache2", "resuming normal operations")
	modules := []string{"mpm_event", "authz_core", "authz_user", "authn_core", "authn_file", "auth_basic", "auth_digest",
		"cgid", "alias", "env", "headers"}
	var conf strings.Builder
	line := func(format string, values ...any) { fmt.Fprintf(&conf, format+"\n", values...) }
	for _, module := range modules {
		line("LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so", module, module)
	}
	line("ServerName 127.0.0.1\nServerRoot %[1]s\nPidFile %[1]s/pid\nScriptSock %[1]s/cgi\nErrorLog /dev/stderr", s.dir)
	line("LogLevel notice\nStartServers 1\nMinSpareThreads 1\nMaxSpareThreads 25\nThreadsPerChild 25")
	if options.Dumb {
		line("DocumentRoot %s", filepath.Dir(dir))
	} else {
		line("SetEnv GIT_PROJECT_ROOT %s\nSetEnv GIT_HTTP_EXPORT_ALL 1", filepath.Dir(dir))
		line("SetEnv GIT_CONFIG_GLOBAL /dev/null\nSetEnv GIT_CONFIG_NOSYSTEM 1\nPassEnv PATH")
		line("ScriptAlias / %s/", filepath.Join(gitExecPath(t), "git-http-backend"))
	}
	if options.DropVersion {
		line("RequestHeader unset Git-Protocol")
	}
	line("<Location />\n%s\n</Location>", s.access(options))
	return s.start(func(address string) string {
		return conf.String() + "Listen " + address + "\n"
	}, "-d", s.dir, "-f", s.file("conf"), "-DFOREGROUND") + "/" + filepath.Base(dir)
}

// access are Apache's directives for who may read.
func (s webServer) access(options WebOptions) string {
	var lines []string
	if options.MaxBody != 0 {
		lines = append(lines, fmt.Sprint("LimitRequestBody ", options.MaxBody))
	}
	switch {
	case options.Digest:
		const realm = "git"
		sum := md5.Sum([]byte(options.User + ":" + realm + ":" + options.Password)) // htdigest(1)
		file := s.write("users", fmt.Sprintf("%s:%s:%x\n", options.User, realm, sum))
		lines = append(lines, "AuthType Digest", "AuthName "+realm, "AuthUserFile "+file, "Require valid-user")
	case options.User != "":
		lines = append(lines, "AuthType Basic", "AuthName git", "AuthUserFile "+s.users(options), "Require valid-user")
	default:
		lines = append(lines, "Require all granted")
	}
	return strings.Join(lines, "\n")
}
