package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"mooring/actors"
	"mooring/api/encode"
	"mooring/hashing"
)

const (
	// longestMessage is how many characters of a report's message are kept.
	longestMessage = 1000
	// longestTarget is how many characters the name of a target may have.
	longestTarget = 64
)

// parseReport reads a report: one JSON object with a status, with synced also a hash, and members that any report may
// have. It reads a map and not a struct, because encoding/json ignores the case of a struct's names. A member that is
// null counts as absent.
func parseReport(body []byte) (actors.Report, error) {
	if !json.Valid(body) {
		return actors.Report{}, fault{http.StatusBadRequest, codeInvalidBody,
			`the body must be one JSON object, such as {"status":"syncing"}`}
	}
	var members map[string]*string
	if err := json.Unmarshal(body, &members); err != nil {
		return actors.Report{}, invalidReport(`a report is an object of strings, such as {"status":"syncing"}`)
	}
	var report actors.Report
	for name, value := range members {
		if err := setMember(&report, name, value); err != nil {
			return actors.Report{}, err
		}
	}
	hashed := members["hash"] != nil
	switch {
	case report.Status != actors.Synced && report.Status != actors.Syncing && report.Status != actors.Missing:
		return actors.Report{}, invalidReport("status must be syncing, synced or missing")
	case report.Status != actors.Synced && hashed:
		return actors.Report{}, invalidReport("a hash may be sent only with the status synced")
	case report.Status == actors.Synced && !hashing.Valid(report.Hash):
		return actors.Report{}, invalidReport(
			"with the status synced, hash must be the hash that was applied: sha256: and 64 lower-case hex digits")
	}
	return report, nil
}

// setMember sets a member of a report. The value is nil for null.
func setMember(report *actors.Report, name string, value *string) error {
	text := ""
	if value != nil {
		text = *value
	}
	var isValid bool
	switch name {
	case "status":
		report.Status = actors.Status(text)
	case "hash":
		report.Hash = text
	case "tree":
		if report.Tree, isValid = encode.DecodeTree(text); value != nil && !isValid {
			return invalidReport("tree must be the tree that was applied: 40 or 64 lower-case hex digits")
		}
	case "revision":
		if report.Revision, isValid = text, encode.IsRevision(text); value != nil && !isValid {
			return invalidReport("revision must be the full id of the commit that was applied")
		}
	case "target":
		report.Target = text
		if value != nil && !isTarget(text) {
			return invalidReport(targetRule)
		}
	case "message":
		report.Message = oneLine(text)
	default:
		return invalidReport("a report has only the members status, hash, tree, revision, target and message")
	}
	return nil
}

const targetRule = "target must be a name of 1 to 64 characters without control characters"

// isTarget tells whether text may name a target.
func isTarget(text string) bool {
	return text != "" && utf8.RuneCountInString(text) <= longestTarget && utf8.ValidString(text) &&
		!strings.ContainsFunc(text, unicode.IsControl)
}

// oneLine makes one line of a deployer's message: the lines of a command's output are joined by blanks. It drops other
// control characters, and what is too long.
func oneLine(text string) string {
	visible := func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}
	line := strings.Join(strings.Fields(strings.Map(visible, text)), " ")
	if utf8.RuneCountInString(line) > longestMessage {
		line = string([]rune(line)[:longestMessage])
	}
	return line
}

func invalidReport(message string) error {
	return fault{http.StatusBadRequest, codeInvalidReport, message}
}
