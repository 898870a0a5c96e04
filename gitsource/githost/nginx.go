package githost

import (
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// ServeNginx serves the repository in a directory with nginx, which hands requests to git http-backend by FastCGI. It
// serves until the end of the test, and returns the repository's URL. It skips the test if nginx or fcgiwrap is not
// installed.
func ServeNginx(t *testing.T, dir string, options WebOptions) string {
	t.Helper()
	const fcgiwrap = "/usr/sbin/fcgiwrap"
	s := newWebServer(t, "/usr/sbin/nginx", "start worker processes", fcgiwrap)
	var location strings.Builder
	line := func(format string, values ...any) { fmt.Fprintf(&location, format+";\n", values...) }
	if options.User != "" {
		line(`auth_basic git`)
		line(`auth_basic_user_file %s`, s.users(options))
	}
	if options.MaxBody != 0 {
		line(`client_max_body_size %d`, options.MaxBody)
	}
	if options.Dumb {
		line(`root %s`, filepath.Dir(dir))
		line(`default_type application/octet-stream`)
	} else {
		line(`fastcgi_pass unix:%s`, s.serveCGI(fcgiwrap))
		for name, value := range map[string]string{
			"SCRIPT_FILENAME": filepath.Join(gitExecPath(t), "git-http-backend"), "GIT_HTTP_EXPORT_ALL": "1",
			"GIT_PROJECT_ROOT": filepath.Dir(dir), "PATH_INFO": "$uri", "QUERY_STRING": "$query_string",
			"REQUEST_METHOD": "$request_method", "CONTENT_TYPE": "$content_type", "CONTENT_LENGTH": "$content_length",
		} {
			line(`fastcgi_param %s %s`, name, value)
		}
	}
	if options.DropVersion {
		line(`fastcgi_param HTTP_GIT_PROTOCOL ""`)
	}
	return s.start(func(address string) string {
		return fmt.Sprintf("daemon off;\npid %[1]s/pid;\nerror_log stderr notice;\nworker_processes 1;\nevents {}\n"+
			"http {\naccess_log off;\nclient_body_temp_path %[1]s/1;\nproxy_temp_path %[1]s/2;\nfastcgi_temp_path %[1]s/3;\n"+
			"uwsgi_temp_path %[1]s/4;\nscgi_temp_path %[1]s/5;\nserver {\nlisten %[2]s;\nlocation / {\n%[3]s}\n}\n}\n",
			s.dir, address, location.String())
	}, "-p", s.dir, "-e", "stderr", "-c", s.file("conf")) + "/" + filepath.Base(dir)
}

// serveCGI runs the server of FastCGI until the end of the test, and returns the path of its socket.
func (s webServer) serveCGI(program string) string {
	s.t.Helper()
	listener, err := net.Listen("unix", s.file("cgi"))
	if err != nil {
		s.t.Fatal(err)
	}
	socket, err := listener.(*net.UnixListener).File()
	if err != nil {
		s.t.Fatal(err)
	}
	server := exec.CommandContext(s.t.Context(), program)
	server.Env, server.Stdin = Environment(), socket // FastCGI 1.0, section 2.2: the socket is descriptor 0
	if err := server.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = server.Wait() // the context of the test has ended the server
		listener.Close()
		socket.Close()
	})
	return s.file("cgi")
}
