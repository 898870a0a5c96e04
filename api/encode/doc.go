// Package encode is the JSON of the domain, both ways: what the API answers, what -once prints and SNAPSHOT_FILE holds,
// and how that is read back. The shapes are those of openapi.json.
//
// Every function returns a whole body with a newline at its end. Times are RFC 3339 in UTC with three digits of a
// second. Lists are [], never null.
//
// The structs of shapes.go are encoded and decoded by encoding/json. Only the list of stacks is written by hand
// (append.go): it is the one large body, and it is made anew after every report of a deployer. BenchmarkList20000
// compares both ways; FuzzList holds that they write the same bytes.
package encode
