package api

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"mooring/actors"
)

const (
	// longestWait is the longest wait. A longer one is shortened to it: many proxies end a request after 60 s.
	longestWait = 55 * time.Second
	// defaultLimit is how many refreshes a list has without the parameter limit, and largestLimit how many it has at
	// most.
	defaultLimit = 50
	largestLimit = 100
)

// filter tells which stacks a list has. The zero filter matches all. Without a target there are fifteen different ones:
// five for the status times three for in_sync.
type filter struct {
	// status of the stacks; empty for any.
	status actors.Status
	// inSync is "true", "false", or empty for both.
	inSync string
	// target of the stacks; empty for any.
	target string
}

func (f filter) keeps(stack actors.Stack) bool {
	return (f.status == "" || stack.Status == f.status) &&
		(f.inSync == "" || f.inSync == strconv.FormatBool(stack.InSync())) &&
		(f.target == "" || f.target == stack.Told().Target)
}

// parseFilter reads status, in_sync and target.
func parseFilter(query url.Values) (filter, error) {
	status, err := single(query, "status")
	if err != nil {
		return filter{}, err
	}
	inSync, err := single(query, "in_sync")
	if err != nil {
		return filter{}, err
	}
	target, err := single(query, "target")
	if err != nil {
		return filter{}, err
	}
	f := filter{actors.Status(status), inSync, target}
	switch f.status {
	case actors.Missing, actors.Syncing, actors.Synced, actors.Deleting:
	default:
		if query.Has("status") {
			return filter{}, invalidParameter("status must be missing, syncing, synced or deleting")
		}
	}
	if query.Has("in_sync") && inSync != "true" && inSync != "false" {
		return filter{}, invalidParameter("in_sync must be true or false")
	}
	if query.Has("target") && !isTarget(target) {
		return filter{}, invalidParameter(targetRule)
	}
	return f, nil
}

// parseWait reads wait, a duration in the format of time.ParseDuration; 0 when it is not given.
func parseWait(query url.Values) (time.Duration, error) {
	text, err := single(query, "wait")
	if err != nil || !query.Has("wait") {
		return 0, err
	}
	wait, err := time.ParseDuration(text)
	if err != nil || wait < 0 {
		return 0, invalidParameter("wait must be a duration that is not negative, such as 30s")
	}
	return min(wait, longestWait), nil
}

// parseInputs reads inputs: whether a stack is wanted with what it is made of.
func parseInputs(query url.Values) (bool, error) {
	text, err := single(query, "inputs")
	if err == nil && query.Has("inputs") && text != "true" && text != "false" {
		err = invalidParameter("inputs must be true or false")
	}
	return text == "true", err
}

// parseLimit reads limit, the greatest length of a list.
func parseLimit(query url.Values) (int, error) {
	text, err := single(query, "limit")
	if err != nil {
		return 0, err
	}
	if !query.Has("limit") {
		return defaultLimit, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 || limit > largestLimit {
		return 0, invalidParameter(fmt.Sprintf("limit must be a number from 1 to %d", largestLimit))
	}
	return limit, nil
}

// parseQuery reads the whole query and refuses a malformed one. URL.Query would silently drop the malformed parts.
func parseQuery(r *http.Request) (url.Values, error) {
	if r.URL.RawQuery == "" {
		return nil, nil
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, invalidParameter("the query is malformed: it must be name=value pairs with & between them")
	}
	return query, nil
}

func single(query url.Values, name string) (string, error) {
	if len(query[name]) > 1 {
		return "", invalidParameter(name + " may be given only once")
	}
	return query.Get(name), nil
}

func invalidParameter(message string) error {
	return fault{http.StatusBadRequest, codeInvalidParameter, message}
}
