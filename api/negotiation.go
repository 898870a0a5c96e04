package api

import (
	"net/http"
	"strconv"
	"strings"
)

// acceptsGzip tells whether a request accepts gzip and does not prefer identity (RFC 9110, 12.5.3): Accept-Encoding
// names gzip, or "*", with a weight that is above 0 and not below the weight of identity.
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

// parseWeight reads the weight after a coding. Without a weight it returns 1; for a malformed one 0, which means not
// acceptable.
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

// inIfNoneMatch tells whether If-None-Match names an entity tag. The comparison is weak (RFC 9110, 13.1.2): proxies
// make tags weak, and a long poll must wait with the weak tag too.
func inIfNoneMatch(header http.Header, etag string) bool {
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

// cutTag returns the first entity tag of a list, without the mark W/ of a weak tag, and the rest of the list. Both are
// empty if the list does not begin with a tag. A comma may be part of a tag.
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
