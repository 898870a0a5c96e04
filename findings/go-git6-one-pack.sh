#!/usr/bin/env bash
# go-git 6 as a server of git-upload-pack on a stream (git://, SSH), in version 2 of Git's protocol.
#
# Seen with go-git 6.0.0-beta.1 and git 2.39.5. A client sends three requests on one stream: ls-refs, fetch, ls-refs.
#
#   git upload-pack: answers all three. A version 2 session takes commands until the client sends a flush packet
#                    (gitprotocol-v2, "Command Request").
#   go-git 6:        answers the first two, and ends the stream after the pack.
#
# Then a client asks for an object that the repository does not have.
#
#   git upload-pack: answers with a packet "ERR upload-pack: not our ref ...".
#   go-git 6:        ends the stream without a word.
#
# So a client that keeps a stream for more than one pack must be ready to connect again, and to get no reason.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >go.mod <<'MOD'
module finding

go 1.26

require (
	github.com/go-git/go-billy/v6 v6.0.0-beta.1
	github.com/go-git/go-git/v6 v6.0.0-beta.1
)
MOD
cat >main.go <<'GO'
package main

import (
	"context"
	"net/url"
	"os"

	"github.com/go-git/go-billy/v6/osfs"
	"github.com/go-git/go-git/v6/backend"
	"github.com/go-git/go-git/v6/plumbing/transport"
)

func main() {
	host := backend.New(transport.NewFilesystemLoader(osfs.New(os.Args[1]), true))
	at := &url.URL{Path: "/r.git"}
	request := &backend.Request{URL: at, Service: transport.UploadPackService, GitProtocol: "version=2"}
	if err := host.Serve(context.Background(), os.Stdin, os.Stdout, request); err != nil {
		println(err.Error())
	}
}
GO
GOFLAGS=-mod=mod go build -o gogit6 .
git --version

git init --quiet --bare --initial-branch=main r.git
tree=$(git -C r.git mktree </dev/null)
commit=$(git -C r.git -c user.name=a -c user.email=a@example.com commit-tree "$tree" -m x)
git -C r.git update-ref refs/heads/main "$commit"

# The packets of a request: the length in hex with its own four digits, then the line; 0001 and 0000 are marks.
line() { printf '%04x%s\n' $((${#1} + 5)) "$1"; }
listing() { line command=ls-refs && printf 0001 && line 'ref-prefix refs/heads/' && printf 0000; }
fetch() { line command=fetch && printf 0001 && line "want $1" && line 'done' && printf 0000; }
count() { tr -d '\0' | grep -a -c refs/heads/main || true; }
said() { grep -a -o 'ERR upload-pack: not our ref' || echo nothing; }
{ listing && fetch "$commit" && listing; } >three
fetch "${commit//[0-9a-f]/1}" >absent

export GIT_PROTOCOL=version=2
for host in 'git upload-pack r.git' "./gogit6 $folder"; do
	echo "listings: $($host <three 2>/dev/null | count); of an absent object: $($host <absent 2>/dev/null | said)"
done | tee seen
diff seen - <<'SEEN'
listings: 2; of an absent object: ERR upload-pack: not our ref
listings: 1; of an absent object: nothing
SEEN
