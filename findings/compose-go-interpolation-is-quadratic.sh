#!/usr/bin/env bash
# compose-go, template.Substitute: the time for a line grows with the square of its variables in braces.
#
# Seen with github.com/compose-spec/compose-go/v2 v2.16.2 and Go 1.26.8. For each ${...} of a line a regular
# expression goes over the rest of the line, up to its last brace, and the function calls itself for what follows. A
# line of 28 KB with 4,000 variables takes seconds, one of some MB days. No context and no limit stops it. docker
# compose reads its files the same way.
#
#   expected: four times as many variables take four times as long
#   seen: sixteen times and more
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
	"os"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/template"
)

func main() {
	few, many := fastest(1_000), fastest(4_000)
	fmt.Printf("1,000 variables: %v, 4,000 variables: %v, %.1f times as long\n", few, many, float64(many)/float64(few))
	if many < 8*few {
		fmt.Println("the time no longer grows with the square")
		os.Exit(1)
	}
}

// fastest is the shortest of five times, which other programs on the machine disturb least.
func fastest(variables int) time.Duration {
	text := strings.Repeat("${A:-x}", variables)
	best := time.Hour
	for range 5 {
		begin := time.Now()
		_, err := template.Substitute(text, func(string) (string, bool) { return "", false })
		if err != nil {
			panic(err)
		}
		best = min(best, time.Since(begin))
	}
	return best
}
GO
go mod tidy 2>/dev/null
go version
go run .
