#!/usr/bin/env bash
# compose-go panics at values of another type where a service extends another one.
#
# Seen with github.com/compose-spec/compose-go/v2 v2.16.2 and Go 1.26.8; docker compose 5.6.0 ends with the same stack
# trace. The schema is checked after "extends" was followed, and the file that is extended is not checked at all.
#
#   expected: an error that names the file and the key
#   seen: a panic, "interface conversion: interface {} is int, not string"
#
# A program that reads the files of others by compose-go has to recover, or one of them ends it.
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
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	read("services: {web: {extends: {file: 5, service: base}}}", "")
	read("services: {web: {extends: {file: base.yml, service: base}}}", "services: {base: {build: {context: 5}}}")
	read("services: {web: {extends: {file: base.yml, service: base}}}",
		"services: {base: {image: x, volumes: [{type: bind, source: 5, target: /x}]}}")
}

func read(compose, base string) {
	defer func() { fmt.Println("panic:", recover()) }()
	for name, content := range map[string]string{"compose.yml": compose, "base.yml": base} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			panic(err)
		}
	}
	options, err := cli.NewProjectOptions([]string{"compose.yml"})
	if err != nil {
		panic(err)
	}
	_, err = options.LoadProject(context.Background())
	fmt.Println("error:", err)
}
GO
go mod tidy 2>/dev/null
go version
go run . | tee seen
diff seen - <<'SEEN'
panic: interface conversion: interface {} is int, not string
panic: interface conversion: interface {} is int, not string
panic: interface conversion: interface {} is int, not string
SEEN
