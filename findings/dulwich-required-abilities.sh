#!/usr/bin/env bash
# Dulwich as a server of git-upload-pack: it requires abilities of the client that Git's protocol leaves to the client.
#
# Seen with Dulwich 0.21.2 (Debian: python3-dulwich) and git 2.39.5. A client of version 0 asks for a commit, and names
# abilities in its first line (gitprotocol-capabilities). It needs no thin pack, because it has nothing.
#
#   names side-band-64k, thin-pack and ofs-delta: both hosts send a pack.
#   leaves thin-pack out:                         git sends a pack. Dulwich sends nothing, and ends the connection.
#
# The reason is an exception in the server (dulwich/server.py, "Client does not support required capability"). So a
# client that names only what it needs cannot read from Dulwich, and is told nothing.
set -euo pipefail
folder=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill "$server"; fi; rm -rf "$folder"' EXIT
cd "$folder"
git --version
/usr/bin/python3 -c 'import dulwich; print("Dulwich", ".".join(map(str, dulwich.__version__)))'

git init --quiet --bare --initial-branch=main r.git
tree=$(git -C r.git mktree </dev/null)
commit=$(git -C r.git -c user.name=a -c user.email=a@example.com commit-tree "$tree" -m x)
git -C r.git update-ref refs/heads/main "$commit"

mkfifo port
/usr/bin/python3 - >port 2>log <<'PYTHON' &
from dulwich.repo import Repo
from dulwich.server import DictBackend, TCPGitServer
server = TCPGitServer(DictBackend({b"/": Repo("r.git")}), "127.0.0.1", 0)
print(server.server_address[1], flush=True)
server.serve_forever()
PYTHON
server=$!
read -r port <port

# The packets of a request: the length in hex with its own four digits, then the line; 0000 is a mark.
line() { printf '%04x%s\n' $((${#1} + 5)) "$1"; }
request() { line "want $commit $1" && printf 0000 && line 'done'; }
said() { if grep -a -q PACK; then echo a pack; else echo nothing; fi; }
git_says() { git upload-pack --timeout=10 r.git < <(request "$1") 2>/dev/null | said; }
dulwich_says() {
	exec 3<>"/dev/tcp/127.0.0.1/$port"
	{ printf '%04x%s\0host=x\0' $((4 + 17 + 8)) 'git-upload-pack /' && request "$1"; } >&3
	timeout 10 cat <&3 | said
	exec 3>&-
}
for names in 'side-band-64k thin-pack ofs-delta' 'side-band-64k ofs-delta'; do
	echo "$names: git $(git_says "$names"), Dulwich $(dulwich_says "$names")"
done | tee seen
diff seen - <<'SEEN'
side-band-64k thin-pack ofs-delta: git a pack, Dulwich a pack
side-band-64k ofs-delta: git a pack, Dulwich nothing
SEEN
