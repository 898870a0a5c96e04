// Package encode turns the domain's values into JSON and reads snapshots back: the answers of the API, the output of
// -once, and SNAPSHOT_FILE. The shapes are those of openapi.json.
//
// Every function returns a whole body with a newline at its end. Times are RFC 3339 in UTC with three digits of a
// second. Lists are [], never null.
//
// Two kinds of bodies are written by hand (append.go), because measurements show a gain. The list of stacks is the
// largest body and is made anew after every report of a deployer: encoding/json takes nearly twice the time and 40,000
// allocations for 20,000 stacks (BenchmarkList20000). The state of the refreshes is the body that clients poll most:
// with encoding/json a service answers about 15 % fewer requests a second, 0.60 of a bare server's and not 0.70
// (BenchmarkStatus, and the mode load of integration_test/bench). encoding/json writes and reads everything else.
// FuzzList and FuzzRefresh check that both ways write the same bytes.
package encode
