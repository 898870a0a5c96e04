// Command gogit6 serves the repository in a directory with go-git 6, for tests. Its first argument says how:
//
//	http  over HTTP. It prints the port, and serves until it is killed.
//	git   one connection of git://, on standard input and output, as inetd would start it.
//	ssh   one session of SSH, on standard input and output, as sshd's ForceCommand would start it.
//
// The second argument is the directory. In an address the repository has the directory's name. The program is a module
// of its own, so that mooring does not depend on go-git 6.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"

	"github.com/go-git/go-billy/v6/osfs"
	"github.com/go-git/go-git/v6/backend"
	"github.com/go-git/go-git/v6/plumbing/protocol/packp"
	"github.com/go-git/go-git/v6/plumbing/transport"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: gogit6 http|git|ssh DIRECTORY")
	}
	if err := serve(os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func serve(way, directory string) error {
	ctx := context.Background()
	host := backend.New(transport.NewFilesystemLoader(osfs.New(filepath.Dir(directory)), true))
	switch way {
	case "http":
		return serveHTTP(host)
	case "git":
		input := bufio.NewReader(os.Stdin)
		var asked packp.GitProtoRequest
		if err := asked.Decode(input); err != nil {
			return fmt.Errorf("read the request: %w", err)
		}
		return host.Serve(ctx, io.NopCloser(input), os.Stdout, backend.RequestFromProto(&asked))
	case "ssh":
		return host.Serve(ctx, os.Stdin, os.Stdout, &backend.Request{
			URL:         &url.URL{Path: "/" + filepath.Base(directory)},
			Service:     transport.UploadPackService,
			GitProtocol: os.Getenv("GIT_PROTOCOL"),
		})
	}
	return fmt.Errorf("%q is no way to serve", way)
}

// serveHTTP serves the repository on a port that the system chooses.
func serveHTTP(host *backend.Backend) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	return http.Serve(listener, host)
}
