package api

import (
	"net/http"
	"strconv"
	"strings"
)

// acceptsGzip tells whether a request's Accept-Encoding prefers gzip, or does not mind it (RFC 9110, 12.5.3): it is
// named, or covered by "*", with a weight above 0 and not below the one that identity is given.
func acceptsGzip(header http.Header) bool {
	gzip, other, identity := -1.0, 0.0, 0.0 // -1: not named
	for _, line := range header.Values("Accept-Encoding") {
		for item := range strings.SplitSeq(line, ",") {
			coding, parameters, _ := strings.Cut(item, ";")
			weight := parseWeight(parameters)
			switch strings.ToLower(strings.TrimSpace(coding)) {
			case "gzip", "x-gzip":
				gzip = max(gzip, weight)
			case "identity":
				identity = weight
			case "*":
				other = weight
			}
		}
	}
	if gzip < 0 {
		gzip = other
	}
	return gzip > 0 && gzip >= identity
}

// parseWeight reads the weight after a coding; one that is malformed counts as 0 (not acceptable).
func parseWeight(parameters string) float64 {
	name, value, given := strings.Cut(parameters, "=")
	if !given && strings.TrimSpace(name) == "" {
		return 1
	}
	weight, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || !strings.EqualFold(strings.TrimSpace(name), "q") || !(weight >= 0 && weight <= 1) {
		return 0
	}
	return weight
}

// matchesNone tells whether If-None-Match names an entity tag, by weak comparison (RFC 9110, 13.1.2): proxies weaken
// tags, and a client that polls with such a one must not be told at once that something is new.
func matchesNone(header http.Header, etag string) bool {
	for _, list := range header.Values("If-None-Match") {
		if strings.TrimSpace(list) == "*" {
			return true
		}
		for list != "" {
			var tag string
			tag, list = cutTag(list)
			if tag == etag {
				return true
			}
		}
	}
	return false
}

// cutTag returns the first entity tag of a list without its mark of weakness, and what comes after it. Both are empty
// where the list goes on with something else. A comma may be part of a tag.
func cutTag(list string) (tag, rest string) {
	list = strings.TrimLeft(list, " \t,")
	list = strings.TrimPrefix(list, "W/")
	if !strings.HasPrefix(list, `"`) {
		return "", ""
	}
	end := strings.IndexByte(list[1:], '"')
	if end < 0 {
		return "", ""
	}
	return list[:end+2], list[end+2:]
}
