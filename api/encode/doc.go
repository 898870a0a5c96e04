// Package encode is the JSON of the domain, both ways: what the API answers, what -once prints and SNAPSHOT_FILE holds,
// and how that is read back. The shapes are those of openapi.json.
//
// Every function returns a whole body with a newline at its end. Times are RFC 3339 in UTC with three digits of a
// second. Lists are [], never null.
//
// encoding/json does the work, from the structs of shapes.go, but for one body: the list of stacks is written by hand
// (append.go). It is the largest body, and it is made anew after every report of a deployer: at 20,000 stacks and a report
// every 50 ms encoding/json would need more than a core (BenchmarkList20000). FuzzList holds that both ways write the
// same bytes.
package encode
