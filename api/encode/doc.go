// Package encode is the JSON of the domain, both ways: what the API answers, what -once prints and SNAPSHOT_FILE holds,
// and how that is read back. The shapes are those of openapi.json.
//
// Every function returns a whole body with a newline at its end. Times are RFC 3339 in UTC with three digits of a
// second. Lists are [], never null.
//
// Two kinds of bodies are written by hand (append.go), each because a figure asks for it. The list of stacks is the
// largest body and is made anew after every report of a deployer: encoding/json takes nearly twice the time and 40,000
// allocations for 20,000 stacks (BenchmarkList20000).
// The state of the refreshes is what clients poll most: with encoding/json a service answers about 15 % fewer of them a
// second, 0.60 of what a bare server does and not 0.70 (BenchmarkStatus, and the load program of integration_test).
// Everything else is written and read by encoding/json. FuzzList and FuzzRefresh hold that both ways write the same
// bytes.
package encode
