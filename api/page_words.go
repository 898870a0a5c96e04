package api

import (
	"html/template"
	"strconv"
	"strings"
	"time"

	"mooring/actors"
)

// pageFunctions are what the template calls.
func pageFunctions() template.FuncMap {
	words := newPageWords()
	return template.FuncMap{
		"iso": isoTime, "utc": readableTime, "short": short, "grouped": grouped, "mark": mark, "file": composePath,
		"note": func(stack actors.Stack) string { return words.Notes[mark(stack)] },
	}
}

// isoTime is a time as the API has it, or empty.
func isoTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strings.Trim(string(appendTime(nil, "", t)), `"`)
}

// readableTime is a time as people read it when no script tells its age.
func readableTime(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

func readableTimeOrEmpty(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return readableTime(t)
}

// short cuts a revision or hash to what tells it from others.
func short(text string) string {
	const digits = 12
	text = strings.TrimPrefix(text, "sha256:")
	return text[:min(digits, len(text))]
}

// grouped writes a count with commas between thousands.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// composePath is where a stack's compose file stands in the repository.
func composePath(stack actors.Stack) string {
	if stack.Path == "." {
		return stack.ComposeFile
	}
	return stack.Path + "/" + stack.ComposeFile
}

// mark tells kinds of stacks apart that ask for different looks: the status, where need be with more.
func mark(stack actors.Stack) string {
	switch {
	case stack.Status == actors.Synced && !stack.InSync():
		return "outdated"
	case stack.Status == actors.Missing && stack.AppliedHash != "":
		return "uncertain"
	default:
		return string(stack.Status)
	}
}

// pageWords are the phrases that server and script share: the server hands them to the script.
type pageWords struct {
	// Notes say by mark why a stack is not in sync.
	Notes map[string]string `json:"notes"`
	// Failures are the titles of failures by code.
	Failures map[actors.Code]string `json:"failures"`
	// None say why no stack is listed: the filter keeps none, Git has none, or nothing is known yet.
	None map[string]string `json:"none"`
	// Rows and MoreRows are how many rows there are at first, and how many a click adds.
	Rows     int `json:"rows"`
	MoreRows int `json:"moreRows"`
	// History is how many refreshes are looked at, Paths how many paths of each are listed.
	History int `json:"history"`
	Paths   int `json:"paths"`
}

func newPageWords() pageWords {
	words := pageWords{
		Notes: map[string]string{
			"missing":   "nothing is known to run",
			"uncertain": "something may still run",
			"syncing":   "a deployer is at work",
			"outdated":  "other content is applied",
			"deleting":  "waits to be taken down",
		},
		Failures: map[actors.Code]string{},
		None: map[string]string{
			"narrowed": "No stack is like this.",
			"empty":    "There is no compose file under the deploy directory.",
			"unknown":  "Stacks are listed from the first completed refresh on.",
		},
		Rows: pageRows, MoreRows: pageMoreRows, History: pageHistory, Paths: pagePaths,
	}
	for _, code := range []actors.Code{
		actors.CodeUnreachable, actors.CodeUntrusted, actors.CodeAuth, actors.CodeNotFound, actors.CodeRefNotFound,
		actors.CodeEmpty, actors.CodeProtocol, actors.CodeTimeout, actors.CodeDeployDirNotFound,
		actors.CodeDeployDirNotADirectory, actors.CodeInternal,
	} {
		words.Failures[code] = failureTitle(code)
	}
	return words
}

// failureTitle says in few words what a code means; the failure's own message tells the rest.
func failureTitle(code actors.Code) string {
	switch code {
	case actors.CodeUnreachable:
		return "Git cannot be reached"
	case actors.CodeUntrusted:
		return "The Git host is not trusted"
	case actors.CodeAuth:
		return "Git refuses the credentials"
	case actors.CodeNotFound:
		return "The repository is not there"
	case actors.CodeRefNotFound:
		return "The branch, tag or commit is not there"
	case actors.CodeEmpty:
		return "The repository is empty"
	case actors.CodeProtocol:
		return "Git’s answer cannot be used"
	case actors.CodeTimeout:
		return "The refresh took too long"
	case actors.CodeDeployDirNotFound:
		return "The deploy directory is not there"
	case actors.CodeDeployDirNotADirectory:
		return "The deploy directory is a file"
	default:
		return "The refresh failed inside mooring"
	}
}
