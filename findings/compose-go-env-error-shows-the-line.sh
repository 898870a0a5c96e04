#!/usr/bin/env bash
# compose-go, package dotenv: the error for a line of ".env" that is wrong has the line in it, the password included.
#
# Seen with github.com/compose-spec/compose-go/v2 v2.16.2 and Go 1.26.8; docker compose 5.6.0 prints the same error.
# Lines of .env files are passwords more often than not, and the mistakes here are common: a key of several lines
# without quotes, a quote that is not closed, and a dollar sign in a password.
#
#   expected: the number of the line, and what is wrong
#   seen: that, and the rest of the line
#
# Whoever shows, keeps or sends on what docker compose prints shows the password.
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
	"fmt"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
)

func main() {
	for _, content := range []string{"KEY=MIIEvQ\nhunter2/AoIBAQ==\n", "DB_PASSWORD=\"hunter2\n", "DB_PASSWORD=hunter2${\n"} {
		_, err := dotenv.Parse(strings.NewReader(content))
		fmt.Println(err)
	}
}
GO
go mod tidy 2>/dev/null
go version
go run . | tee seen
diff seen - <<'SEEN'
line 2: unexpected character "/" in variable name "hunter2/AoIBAQ=="
line 2: unterminated quoted value "hunter2
Invalid template: "hunter2${"
SEEN
