package page

import (
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"time"

	"mooring/actors"
	"mooring/api/encode"
)

// functions are the functions that the template calls.
func functions() template.FuncMap {
	notes := newWords().Notes
	return template.FuncMap{
		"iso": isoTime, "utc": readableTime, "short": short, "grouped": grouped, "mark": mark, "file": composePath,
		"note": func(stack actors.Stack) string { return notes[mark(stack)] },
		"why":  why, "attempt": attempt, "source": sourceLine, "contents": contentsAddress,
	}
}

// isoTime is a time as the API writes it, or empty for the zero time.
func isoTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return encode.Time(t)
}

// readableTime writes a time for people. The script replaces it with an age.
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

// short cuts a revision or a hash to its first 12 digits, which are enough to recognize it.
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

// composePath is the path of a stack's compose file in the repository.
func composePath(stack actors.Stack) string {
	if stack.Path == "." {
		return stack.ComposeFile
	}
	return stack.Path + "/" + stack.ComposeFile
}

// mark is the kind of a stack's row: held, failed, outdated, uncertain, or else the stack's status.
func mark(stack actors.Stack) string {
	switch {
	case stack.Hold != nil:
		return "held"
	case stack.HasFailed():
		return "failed"
	case stack.Status == actors.Synced && !stack.InSync():
		return "outdated"
	case stack.Status == actors.Missing && stack.AppliedHash != "":
		return "uncertain"
	default:
		return string(stack.Status)
	}
}

// why is the sentence of a deployer that could not apply a stack; empty for other stacks and without one.
func why(stack actors.Stack) string {
	if !stack.HasFailed() {
		return ""
	}
	return stack.Told().LastSync.Message
}

// attempt tells of the last attempt to apply a stack; empty if there was none. The script has the same function.
func attempt(stack actors.Stack) string {
	sync := stack.Told().LastSync
	var text string
	switch {
	case sync.StartedAt.IsZero():
		return ""
	case sync.FinishedAt.IsZero():
		text = "began " + readableTime(sync.StartedAt)
	case sync.Outcome == "":
		text = "ended " + readableTime(sync.FinishedAt)
	default:
		text = string(sync.Outcome) + " " + readableTime(sync.FinishedAt)
	}
	if sync.Revision != "" {
		text += ", revision " + short(sync.Revision)
	}
	if sync.Target != "" {
		text += ", on " + sync.Target
	}
	return text
}

// sourceLine tells in one line where stacks are read from. The script has the same function.
func sourceLine(origin actors.Origin) string {
	if origin.URL == "" {
		return ""
	}
	line := origin.URL + " · " + origin.Ref
	if origin.DeployDir != "." {
		line += " · " + origin.DeployDir
	}
	return line
}

// contentsAddress is the relative address of what a stack is made of. The script has the same function.
func contentsAddress(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return "api/v1/stacks/" + strings.Join(parts, "/") + "?inputs=true"
}

// words are the phrases and numbers that server and script share. The server writes them into the page.
type words struct {
	// Notes tell why a stack is not in sync, by mark.
	Notes map[string]string `json:"notes"`
	// Failures are the titles of failures, by code.
	Failures map[actors.Code]string `json:"failures"`
	// None are the sentences for an empty list: the filter keeps no stack, Git has none, or no refresh has completed.
	None map[string]string `json:"none"`
	// Uses tell what a stack uses a file for, by the use; Kinds what is no plain file, by the kind.
	Uses  map[string]string `json:"uses"`
	Kinds map[string]string `json:"kinds"`
	// Rows is how many rows there are at first, and MoreRows how many a click adds.
	Rows     int `json:"rows"`
	MoreRows int `json:"moreRows"`
	// History is how many refreshes the script reads, and Paths how many paths it lists for each kind of change.
	History int `json:"history"`
	Paths   int `json:"paths"`
	// Reasons is how many reasons of holds the notice lists.
	Reasons int `json:"reasons"`
}

func newWords() words {
	all := words{
		Notes: map[string]string{
			"missing":   "nothing is known to run",
			"uncertain": "something may still run",
			"syncing":   "a deployer is at work",
			"outdated":  "other content is applied",
			"deleting":  "waits to be taken down",
			"failed":    "could not be applied",
			"held":      "its removal is held",
		},
		Failures: map[actors.Code]string{},
		None: map[string]string{
			"narrowed": "No stack matches.",
			"empty":    "There is no compose file under the deploy directory.",
			"unknown":  "Stacks are listed as soon as a refresh has completed.",
		},
		Uses: map[string]string{
			"compose":     "compose file",
			"environment": "variables",
			"config":      "config",
			"secret":      "secret",
			"mount":       "mounted",
			"build":       "built from",
			"link":        "symbolic link",
		},
		Kinds: map[string]string{"directory": "a directory", "submodule": "a submodule, which is not read"},
		Rows:  firstRows, MoreRows: moreRows, History: historyLength, Paths: shownPaths,
		Reasons: shownReasons,
	}
	for _, code := range []actors.Code{
		actors.CodeUnreachable, actors.CodeUntrusted, actors.CodeAuth, actors.CodeNotFound, actors.CodeRefNotFound,
		actors.CodeEmpty, actors.CodeProtocol, actors.CodeTimeout, actors.CodeDeployDirNotFound,
		actors.CodeDeployDirNotADirectory, actors.CodeInternal,
	} {
		all.Failures[code] = failureTitle(code)
	}
	return all
}

// failureTitle says in few words what a code means. The failure's message gives the details.
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
