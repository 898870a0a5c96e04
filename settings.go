package main

import (
	"bytes"
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/kelseyhightower/envconfig"

	"mooring/actors"
	"mooring/api"
	"mooring/dockertarget"
	"mooring/gitsource"
)

// settings are those of the process and of each package that has some.
type settings struct {
	Process struct {
		Headless     bool     `envconfig:"HEADLESS" default:"false" desc:"do not open LISTEN_ADDR; refresh at the start, by POLL_INTERVAL and on SIGHUP"`
		SnapshotFile string   `envconfig:"SNAPSHOT_FILE" desc:"after each change the stacks are written here, as JSON, and read back at a start"`
		LogLevel     logLevel `envconfig:"LOG_LEVEL" default:"info" desc:"lowest level that is logged to standard error: debug, info, warn or error"`
		LogFormat    string   `envconfig:"LOG_FORMAT" default:"text" desc:"format of the log: text or json"`
	}
	Git     gitsource.Settings
	Refresh actors.Settings
	API     api.Settings
	// Deploy is read by readDeploy, for -plan and for the API.
	Deploy dockertarget.Settings
}

// logLevel is a slog.Level that is set by its name alone. The parser of slog also accepts "info-1", and this one does
// not.
type logLevel slog.Level

// UnmarshalText reads a level in any case.
func (l *logLevel) UnmarshalText(text []byte) error {
	if bytes.ContainsAny(text, "+-") {
		return errors.New("not the name of a level")
	}
	return (*slog.Level)(l).UnmarshalText(text)
}

// settingError is an error in a setting or an argument: the operator can correct it.
type settingError struct{ error }

// unsetEmpty unsets the empty variables, because envconfig takes an empty variable for a value.
func unsetEmpty() {
	for _, variable := range os.Environ() {
		if name, value, _ := strings.Cut(variable, "="); name != "" && value == "" {
			os.Unsetenv(name)
		}
	}
}

func readSettings() (settings, error) {
	var s settings
	for _, step := range []func() error{
		func() error { return process(&s.Process) },
		func() error { return process(&s.Git) },
		func() error { return process(&s.Refresh) },
		func() error { return process(&s.API) },
		s.readSecrets,
		s.validate,
	} {
		if err := step(); err != nil {
			return settings{}, err
		}
	}
	s.API.TrackedRefs = s.Git.TrackedRefs() // the webhook needs to know which pushes count
	s.Refresh.Origin = s.Git.Origin()       // removals are held when it is another one than before
	return s, nil
}

// process fills one package's settings from the environment. It replaces envconfig's sentence about a value that cannot
// be parsed, because that sentence is for programmers.
func process(spec any) error {
	err := envconfig.Process("", spec)
	bad, ok := errors.AsType[*envconfig.ParseError](err)
	if !ok {
		return err
	}
	rule := map[string]string{
		"time.Duration":  "a duration with a unit, such as 90s or 1m",
		"actors.Percent": "a whole percentage from 0% to 100%, such as 50%",
		"main.logLevel":  "debug, info, warn or error",
		"bool":           "true or false",
	}[bad.TypeName]
	return fmt.Errorf("%s must be %s, and is %q", bad.KeyName, rule, bad.Value)
}

// secrets returns the settings that can also be read from files, by the names of their variables.
func (s *settings) secrets() map[string]*func() (string, error) {
	return map[string]*func() (string, error){
		"GIT_BEARER_TOKEN":        &s.Git.BearerToken,
		"GIT_PASSWORD":            &s.Git.Password,
		"GIT_SSH_KEY_PASSPHRASE":  &s.Git.SSHKeyPassphrase,
		"WEBHOOK_SECRET":          &s.API.WebhookSecret,
		"WEBHOOK_SECRET_PREVIOUS": &s.API.WebhookSecretPrevious,
		"DEPLOYER_TOKEN":          &s.API.DeployerToken,
	}
}

func isSecret(name string) bool {
	_, found := new(settings).secrets()[name]
	return found
}

func (s *settings) readSecrets() error {
	secrets := s.secrets()
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		if err := readSecret(name, secrets[name]); err != nil {
			return err
		}
	}
	return nil
}

// readSecret binds a secret to its variable, or to the file that the variable with the suffix _FILE names. It reads the
// file now, so that a mistake shows at the start. Each use reads the file again, so that a rotated secret takes effect.
func readSecret(name string, secret *func() (string, error)) error {
	value, file := os.Getenv(name), os.Getenv(name+"_FILE")
	switch {
	case value != "" && file != "":
		return fmt.Errorf("%s and %s_FILE are both set: unset one of them", name, name)
	case value != "":
		*secret = func() (string, error) { return value, nil }
	case file != "":
		*secret = func() (string, error) { return secretFromFile(name+"_FILE", file) }
		_, err := (*secret)()
		return err
	}
	return nil
}

func secretFromFile(variable, file string) (string, error) {
	const largest = 64 << 10
	var content []byte
	f, err := os.Open(file)
	if err == nil {
		defer f.Close()
		content, err = io.ReadAll(io.LimitReader(f, largest))
	}
	if unnamed, ok := errors.AsType[*os.PathError](err); ok {
		err = unnamed.Err // the path may be a secret that was meant for the other variable
	}
	secret, found := strings.CutSuffix(string(content), "\r\n")
	if !found {
		secret = strings.TrimSuffix(secret, "\n")
	}
	switch {
	case err != nil:
		return "", fmt.Errorf("%s names a file that cannot be read: %w", variable, err)
	case secret == "" || len(content) == largest:
		return "", fmt.Errorf("%s must name a file that holds a secret, of less than 64 KiB", variable)
	}
	return secret, nil
}

func (s *settings) validate() error {
	for _, err := range []error{s.Git.Validate(), s.Refresh.Validate(), s.API.Validate()} {
		if err != nil {
			return err
		}
	}
	for _, name := range []string{"WEBHOOK_SECRET", "WEBHOOK_SECRET_PREVIOUS"} {
		if value := os.Getenv(name); value != "" {
			if err := s.API.CheckWebhookSecret(name, value); err != nil {
				return err
			}
		}
	}
	if os.Getenv("ALLOWED_HOSTS") != "" && len(s.API.AllowedHosts) == 0 {
		// An empty list would allow every host.
		return errors.New("ALLOWED_HOSTS must be host names separated by commas, and is blank")
	}
	if os.Getenv("WEBHOOK_SENDERS") != "" && len(s.API.WebhookSenders) == 0 {
		return errors.New("WEBHOOK_SENDERS must be names separated by commas, such as github,gitlab, and is blank")
	}
	if s.Process.Headless && s.Refresh.PollInterval == 0 {
		return errors.New("HEADLESS needs POLL_INTERVAL above 0: without it nothing follows Git")
	}
	if format := s.Process.LogFormat; format != "text" && format != "json" {
		return fmt.Errorf("LOG_FORMAT must be text or json, and is %q", format)
	}
	return nil
}

// logHandler returns a handler that logs as LOG_LEVEL and LOG_FORMAT say.
func (s *settings) logHandler(out io.Writer) slog.Handler {
	options := &slog.HandlerOptions{Level: slog.Level(s.Process.LogLevel)}
	if s.Process.LogFormat == "json" {
		return slog.NewJSONHandler(out, options)
	}
	return slog.NewTextHandler(out, options)
}

//go:embed packaging/help.txt
var manual string

// help prints the manual: packaging/help.txt, with the descriptions in the settings' tags in its middle.
func help(out io.Writer) error {
	var s settings
	before, after, _ := strings.Cut(manual, "{settings}\n")
	fmt.Fprint(out, before)
	for _, group := range []any{&s.Git, &s.Refresh, &s.API, &s.Process, &s.Deploy} {
		if err := describe(out, group); err != nil {
			return err
		}
	}
	_, err := fmt.Fprint(out, after)
	return err
}

// describe prints the variables of one group of settings.
func describe(out io.Writer, group any) error {
	const separator = "\t"
	const row = "{{range .}}{{usage_key .}}\t{{usage_default .}}\t{{usage_description .}}\n{{end}}"
	var rows strings.Builder
	if err := envconfig.Usagef("", group, &rows, row); err != nil {
		return err
	}
	for line := range strings.Lines(rows.String()) {
		fields := strings.SplitN(strings.TrimSpace(line), separator, 3)
		if len(fields) < 3 {
			return fmt.Errorf("a setting is not described: %q", line)
		}
		name, preset, meaning := fields[0], fields[1], fields[2]
		heading := "    " + name
		if isSecret(name) {
			heading += ", " + name + "_FILE"
		}
		const width = 80 // columns of the meaning
		lines := strings.Join(wrap(sentence(meaning), width), "\n        ")
		fmt.Fprintf(out, "%s  (default: %s)\n        %s\n\n", heading, cmp.Or(preset, "unset"), lines)
	}
	return nil
}

// sentence turns a phrase into a sentence.
func sentence(phrase string) string {
	return strings.ToUpper(phrase[:1]) + phrase[1:] + "."
}

// wrap breaks a text between its words into lines of at most width columns.
func wrap(text string, width int) []string {
	lines := []string{""}
	for word := range strings.FieldsSeq(text) {
		last := &lines[len(lines)-1]
		switch {
		case *last == "":
			*last = word
		case len(*last)+1+len(word) > width:
			lines = append(lines, word)
		default:
			*last += " " + word
		}
	}
	return lines
}
