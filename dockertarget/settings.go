package dockertarget

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// defaultWorkDir is WORK_DIR if neither it nor STATE_DIRECTORY is set.
const defaultWorkDir = "/var/lib/mooring"

// Settings say where files are kept and which stacks are meant. The tags name the environment variables and describe them
// for -help.
type Settings struct {
	WorkDir     string   `envconfig:"WORK_DIR" desc:"directory for the files of the stacks, in tree/ below it; by default STATE_DIRECTORY, which systemd sets, or else /var/lib/mooring. files of your own there count as a stack's, and nothing is written there"`
	DeployPaths []string `envconfig:"DEPLOY_PATHS" desc:"patterns of the paths of the stacks that are meant, separated by commas, such as hosts/alpha/**; by default all. * stands for a part of a name, ** for any number of directories"`
}

// Validate returns an error that names the variable and the rule.
func (s Settings) Validate() error {
	if at := s.workDir(); !filepath.IsAbs(at) || strings.ContainsFunc(at, unicode.IsControl) || !utf8.ValidString(at) {
		return errors.New("WORK_DIR must be an absolute path without control characters")
	}
	if os.Getenv("DEPLOY_PATHS") != "" && len(s.DeployPaths) == 0 {
		return errors.New("DEPLOY_PATHS must be patterns separated by commas, and is blank") // blank would mean all
	}
	for _, pattern := range s.patterns() {
		if err := validatePattern(pattern); err != nil {
			return fmt.Errorf("DEPLOY_PATHS must be patterns of paths in the repository, such as hosts/alpha/**: %w", err)
		}
	}
	return nil
}

// workDir is WORK_DIR, or what takes its place. Of several state directories the first is taken (systemd.exec(5)).
func (s Settings) workDir() string {
	if s.WorkDir != "" {
		return filepath.Clean(s.WorkDir)
	}
	if first, _, _ := strings.Cut(os.Getenv("STATE_DIRECTORY"), ":"); first != "" {
		return filepath.Clean(first)
	}
	return defaultWorkDir
}

// patterns are DeployPaths without the blanks around a pattern.
func (s Settings) patterns() []string {
	patterns := make([]string, 0, len(s.DeployPaths))
	for _, pattern := range s.DeployPaths {
		patterns = append(patterns, strings.TrimSpace(pattern))
	}
	return patterns
}

func validatePattern(pattern string) error {
	if pattern == "" {
		return errors.New("one of them is empty")
	}
	if path.Clean(pattern) != pattern || path.IsAbs(pattern) || pattern == ".." || strings.HasPrefix(pattern, "../") {
		return fmt.Errorf("%q is no path relative to its root", pattern)
	}
	if strings.ContainsFunc(pattern, unicode.IsControl) || !utf8.ValidString(pattern) {
		return errors.New("one of them has control characters")
	}
	for part := range strings.SplitSeq(pattern, "/") {
		if _, err := path.Match(part, ""); err != nil {
			return fmt.Errorf("%q has a bracket that is not closed", pattern)
		}
		if strings.Contains(part, "**") && part != "**" {
			return fmt.Errorf("%q has a ** that is not a whole name", pattern)
		}
	}
	return nil
}

// means tells whether a stack is one that DEPLOY_PATHS names.
func (s Settings) means(stack string) bool {
	patterns := s.patterns()
	for _, pattern := range patterns {
		if matches(split(pattern), split(stack)) {
			return true
		}
	}
	return len(patterns) == 0
}

// split splits a path into its names. The root has none.
func split(name string) []string {
	if name == "." {
		return nil
	}
	return strings.Split(name, "/")
}

// matches tells whether a pattern matches a path. "**" stands for any number of names, none included. It takes the fewest
// that will do, and only the last "**" has to be tried with more: what an earlier one leaves to it, it can take itself.
func matches(pattern, names []string) bool {
	retry, from := -1, 0
	p, n := 0, 0
	for n < len(names) {
		switch {
		case p < len(pattern) && pattern[p] == "**":
			retry, from = p, n
			p++
			continue
		case p < len(pattern):
			if same, _ := path.Match(pattern[p], names[n]); same { // the pattern is valid
				p, n = p+1, n+1
				continue
			}
		}
		if retry < 0 {
			return false
		}
		from++
		p, n = retry+1, from
	}
	for p < len(pattern) && pattern[p] == "**" {
		p++
	}
	return p == len(pattern)
}
