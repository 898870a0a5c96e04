#!/usr/bin/env bash
# compose-go, "include" with env_file or project_directory: below two other includes it is looked for in the wrong
# place.
#
# Seen with github.com/compose-spec/compose-go/v2 v2.16.2 and Go 1.26.8; docker compose 5.6.0 does the same. The paths
# of an include are relative to the file that has it. compose.yml includes a/a.yml, that includes b/b.yml, and that
# includes c.yml with env_file: my.env. The file is a/b/my.env.
#
#   expected: c.yml is read with the variables of a/b/my.env
#   seen: compose-go looks for b/my.env from the current directory of the process. If there is one, its variables count,
#         without a word; if there is none, the error names neither the compose file nor the line.
#
# One include less and it works, but only while the current directory is that of compose.yml: from another one, with
# "docker compose -f", the error is the same.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >go.mod <<'MOD'
module finding

go 1.26

require github.com/compose-spec/compose-go/v2 v2.16.2
MOD
cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	options, err := cli.NewProjectOptions([]string{"compose.yml"}, cli.WithDotEnv)
	if err != nil {
		panic(err)
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		fmt.Println("error:", err)
		return
	}
	fmt.Println("image:", project.Services["c"].Image)
}
GO
go mod tidy 2>/dev/null
go version
go build -o read .
mkdir -p stack/a/b stack/b
cd stack
echo 'include: [a/a.yml]' >compose.yml
echo 'include: [b/b.yml]' >a/a.yml
echo 'include: [{path: c.yml, env_file: my.env}]' >a/b/b.yml
# shellcheck disable=SC2016 # Compose puts the variable in
echo 'services: {c: {image: "c:${TAG}"}}' >a/b/c.yml
echo TAG=right >a/b/my.env
../read | tee ../seen
echo TAG=wrong >b/my.env
../read | tee -a ../seen
diff ../seen - <<'SEEN'
error: stat b/my.env: no such file or directory
image: c:wrong
SEEN
