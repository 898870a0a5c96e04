package local

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/githost"
	"mooring/gitsource/object"
)

// oddConfigs are config files that git reads.
func oddConfigs() map[string]string {
	return map[string]string{
		"a variable on the section's line": "[core] bare = false\n[extensions] objectFormat = sha1\n",
		"a subsection after a dot":         "[branch.main]\n\tremote = origin\n[extensions]\n\tobjectFormat=sha1",
		"a byte order mark":                "\ufeff[extensions]\nobjectformat = sha1\n",
		"Latin-1":                          "[user]\n\tname = J\xf6rg\n[branch \"f\xfcr\"]\n\tmerge = x\n[extensions]\n\tobjectFormat = sha1\n",
		"an empty subsection":              "[credential \"\"]\n\thelper = x\n[extensions]\n\tobjectFormat = sha1\n",
		"backslashes in a subsection":      "[includeIf \"gitdir:C:\\Users\\x\\\"y\"]\n\tpath = a\n[extensions]\n\tobjectFormat = sha1\n",
		"quotes, comments and blanks":      "# [extensions]\n[eXtensions] ; x\n  OBJECTformat\t= \"sha\" 1 # sha256\nobjectFormat = \"sha\"1 ;\"\n",
		"a value on two lines":             "[extensions]\r\n\tobjectFormat = sh\\\r\na1\r\n",
		"the last value counts":            "[extensions]\nobjectFormat = sha256\n[core]\n[extensions]\nobjectFormat = sha1\n",
		"a subsection of that name":        "[extensions \"x\"]\nobjectFormat = sha256\n[extensions.x]\nobjectFormat = sha256\n",
		"no value":                         "[core]\n\tbare\n\tlogAllRefUpdates\n[extensions]\n\tnoop\n",
		"escapes":                          "[extensions]\n\tnoop = \"a;b\\n\\t\\b\\\\\\\"#\" \\\n  c  d \\\n\n\tobjectFormat = sha1",
		"no newline at the end":            "[extensions]\n\tobjectFormat = sha1 #",
		"tabs inside of a value":           "[extensions]\n\tnoop = a\t \"\" b\t\n",
		"sections without blanks":          "[core]bare=false[extensions]\n[extensions]objectformat=sha1",
		"nothing":                          "",
	}
}

func TestAConfigFileIsReadAsGitReadsIt(t *testing.T) {
	for claim, content := range oddConfigs() {
		t.Run(claim, func(t *testing.T) {
			is := is.New(t)
			name := filepath.Join(t.TempDir(), "config")
			is.NoErr(os.WriteFile(name, []byte(content), 0o600))
			command := exec.CommandContext(t.Context(), "git", "config", "--file", name, "--null", "--list")
			command.Env = githost.Environment()
			output, err := command.Output()
			is.NoErr(err)
			want := map[string]string{}
			for entry := range bytes.SplitSeq(bytes.TrimSuffix(output, []byte{0}), []byte{0}) {
				name, value, _ := strings.Cut(string(entry), "\n")
				if strings.Count(name, ".") == 1 {
					want[name] = strings.ReplaceAll(value, "\t", " ") // git before 2.46 makes a blank of a tab
				}
			}
			got := configValues([]byte(content))
			for name, value := range got {
				got[name] = strings.ReplaceAll(value, "\t", " ")
			}
			is.Equal(got, want)
		})
	}
}

func TestARepositoryWithAnOddConfigFileIsServed(t *testing.T) {
	r := githost.New(t)
	tip := r.Commit("a/docker-compose.yml", "1")
	configs := slices.Collect(maps.Values(oddConfigs()))
	configs = append(configs, "[core]\n\tbare = \"unclosed\n", "[extensions\n", "\x00\xff[", "[core]\n\trepositoryFormatVersion = 1\n")
	for _, content := range configs {
		is := is.New(t)
		is.NoErr(os.WriteFile(filepath.Join(r.Dir, ".git", "config"), []byte(content), 0o600))
		found, err := localTip(t, r.Dir, "")
		is.NoErr(err)
		is.Equal(found, tip)
	}
}

func TestAFormatThatCannotBeReadIsRefusedHoweverItIsWritten(t *testing.T) {
	r := githost.New(t)
	r.Commit("a/docker-compose.yml", "1")
	for content, says := range map[string]string{
		"[core]repositoryFormatVersion=1\n[extensions] objectFormat = \"sha512\"": "\"sha512\"",
		"\ufeff[extensions]\n[branch.main]\n[Extensions]\nrefStorage=sqlite":      "sqlite",
		"[extensions]\nrefStorage = reftable://a\n":                               "reftable://a",
		"[core]\n\trepositoryFormatVersion = 2\n":                                 "version 2",
	} {
		is := is.New(t)
		is.NoErr(os.WriteFile(filepath.Join(r.Dir, ".git", "config"), []byte(content), 0o600))
		_, err := localTip(t, r.Dir, "")
		is.Equal(fault.Of(err).Code, actors.CodeProtocol)
		is.True(strings.Contains(fault.Of(err).Message, says))
	}
}

func TestTheObjectFormatIsThatOfTheConfigFile(t *testing.T) {
	for _, c := range []struct {
		format object.Format
		config string
	}{
		{object.SHA1, "[extensions]\n\tobjectFormat = sha1\n\tcompatObjectFormat = sha256\n"},
		{object.SHA1, "[extensions]\n\tobjectFormat =\n"},
		{object.SHA256, "[extensions]\n\tobjectformat = sha256\n\tcompatObjectFormat = sha1\n"},
		{object.SHA256, "[EXTENSIONS] OBJECTFORMAT = \"SHA256\""},
	} {
		is := is.New(t)
		r := githost.NewOf(t, c.format)
		tip := r.Commit("a/docker-compose.yml", "1")
		name := filepath.Join(r.Dir, ".git", "config")
		is.NoErr(os.WriteFile(name, []byte("[core]\n\trepositoryFormatVersion = 1\n"+c.config), 0o600))
		found, err := localTip(t, r.Dir, "")
		is.NoErr(err)
		is.Equal(found, tip)
	}
}

// The ids in refs show that the config file is wrong.
func TestARefWithAnIDOfTheOtherFormatIsAFailure(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		is := is.New(t)
		r := githost.NewOf(t, format)
		r.Commit("a/docker-compose.yml", "1")
		packed := githost.At(t, filepath.Join(filepath.Dir(r.Dir), "packed"))
		r.Git("clone", "--quiet", r.Dir, packed.Dir)
		packed.Git("pack-refs", "--all")
		config := "[core]\n\trepositoryFormatVersion = 1\n[extensions]\n\tobjectFormat = " + (1 - format).String()
		for _, dir := range []string{r.Dir, packed.Dir} {
			is.NoErr(os.WriteFile(filepath.Join(dir, ".git", "config"), []byte(config), 0o600))
			_, err := localTip(t, dir, "")
			is.True(err != nil)
			is.True(fault.Of(err).Code == actors.CodeProtocol || fault.Of(err).Code == actors.CodeRefNotFound)
		}
		_, err := localTip(t, r.Dir, githost.SomeIDOf(format))
		is.Equal(fault.Of(err).Code, actors.CodeRefNotFound)
		is.True(strings.Contains(fault.Of(err).Message, "GIT_REF is a commit id of"))
	})
}

// FuzzConfig checks that any file is read to its end, and that what is read can be written and read again.
func FuzzConfig(f *testing.F) {
	for _, content := range oddConfigs() {
		f.Add([]byte(content))
	}
	quoted := strings.NewReplacer("\\", "\\\\", "\"", "\\\"", "\n", "\\n", "\t", "\\t", "\b", "\\b")
	f.Fuzz(func(t *testing.T, content []byte) {
		values := configValues(content)
		var written strings.Builder
		for name, value := range values {
			section, variable, _ := strings.Cut(name, ".")
			if strings.ContainsAny(section, "] \t\n") || section == "" || strings.Contains(value, "\r") {
				continue
			}
			written.WriteString("[" + section + "]" + variable + "=\"" + quoted.Replace(value) + "\"\n")
		}
		for name, value := range configValues([]byte(written.String())) {
			if values[name] != value {
				t.Fatalf("%q is %q, and then %q", name, values[name], value)
			}
		}
	})
}
