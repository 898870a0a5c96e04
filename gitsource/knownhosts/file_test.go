package knownhosts

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/githost"
)

func read(t *testing.T, files ...string) Hosts {
	t.Helper()
	known, err := Read(files)
	if err != nil {
		t.Fatal(err)
	}
	return known
}

func TestTheDefaultFilesAreThoseOfTheSSHProgram(t *testing.T) {
	is := is.New(t)
	output, err := exec.CommandContext(t.Context(), "ssh", "-F", "/dev/null", "-G", "host").Output()
	is.NoErr(err)
	var files []string
	for _, option := range []string{"userknownhostsfile ", "globalknownhostsfile "} {
		_, rest, found := strings.Cut(string(output), "\n"+option)
		is.True(found)
		line, _, _ := strings.Cut(rest, "\n")
		files = append(files, strings.Fields(line)...)
	}
	home := filepath.Dir(filepath.Dir(files[0])) // of the user database, not of HOME
	is.Equal(DefaultFiles(home), files)
	is.Equal(DefaultFiles(""), files[2:])
}

func TestAllFilesCountAndMissingOnesDoNot(t *testing.T) {
	is := is.New(t)
	k := newKeys(t)
	good := githost.WriteFile(t, "good", "git.example.com "+text(k.host)+"\n")
	other := githost.WriteFile(t, "other", "git.example.com "+text(k.other)+"\n")
	revoked := githost.WriteFile(t, "revoked", "\n@revoked * "+text(k.host)+"\n")
	unreadable := githost.WriteFile(t, "unreadable", "@revoked git.example.com\n")
	missing := filepath.Join(t.TempDir(), "missing")
	check := func(files ...string) error {
		at, err := read(t, files...).At("Git.Example.com", "22")
		if err != nil {
			return err
		}
		return at.Check("", nil, k.host.PublicKey())
	}
	is.NoErr(check(good))
	is.NoErr(check(missing, good+"/below a file", other, good))
	for _, files := range [][]string{{good, revoked}, {revoked, good}, {missing, good, other, revoked}} {
		is.Equal(check(files...).Error(), "The Git host's SSH key is marked as revoked in line 2 of "+revoked+".")
	}
	for _, files := range [][]string{{good, unreadable}, {unreadable, good}} {
		is.Equal(check(files...).Error(), "A revoked SSH key of the Git host cannot be read (line 1 of "+unreadable+
			"), so no key of the host is trusted; mend or remove that line.")
	}
	is.True(read(t, missing).IsEmpty())
	is.True(!read(t, missing, githost.WriteFile(t, "empty", "")).IsEmpty())
}

func TestAFileThatCannotBeReadIsNotLeftOut(t *testing.T) {
	large := githost.WriteFile(t, "large", "")
	if err := os.Truncate(large, maxFile+1); err != nil {
		t.Fatal(err)
	}
	for says, file := range map[string]string{
		"is a directory":         t.TempDir(),
		"larger than 16 MiB":     large,
		"is UTF-16, and must be": githost.WriteFile(t, "utf16", "\xff\xfe@\x00r\x00"),
	} {
		is := is.New(t)
		_, err := Read([]string{githost.WriteFile(t, "good", ""), file})
		failure, _ := errors.AsType[*actors.Failure](err)
		is.True(failure != nil)
		is.Equal(failure.Code, actors.CodeUntrusted)
		is.True(strings.Contains(failure.Message, file))
		is.True(strings.Contains(failure.Message, says))
		is.True(strings.Contains(failure.Message, "GIT_SSH_KNOWN_HOSTS_FILE"))
	}
}

func TestTheWarningNamesTheLinesThatCannotBeRead(t *testing.T) {
	is := is.New(t)
	key := text(githost.NewSigner(t))
	one := githost.WriteFile(t, "one", "# text\r\nhost "+key+"\r\n\r\nhost ssh-new AAAA\n@cert-authority * "+key)
	two := githost.WriteFile(t, "two", "a b\nhost "+key+"\n@x host "+key+"\n")
	many := githost.WriteFile(t, "many", strings.Repeat("a b\n", 1000))
	const begin = "The known SSH hosts have lines that cannot be read and do not count: "
	is.Equal(read(t).Warning(), "")
	is.Equal(read(t, githost.WriteFile(t, "good", "\nhost "+key)).Warning(), "")
	is.Equal(read(t, one, two).Warning(), begin+"line 4 of "+one+"; lines 1 and 3 of "+two+".")
	is.Equal(read(t, many).Warning(), begin+"lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 990 more of "+many+".")
}

func TestAFailureNamesTheLinesAboutTheHostThatCannotBeRead(t *testing.T) {
	is := is.New(t)
	k := newKeys(t)
	const line = "git.example.com ssh-new AAAA\n"
	file := githost.WriteFile(t, "known_hosts", "x y\n"+line+"z "+text(k.host)+"\n")
	at, err := read(t, file).At("git.example.com", "22")
	is.NoErr(err)
	const hint = " What names the host and cannot be read: line 2 of "
	unknown := at.Check("", nil, k.host.PublicKey()).Error()
	is.True(strings.Contains(unknown, "is not known"))
	is.True(strings.HasSuffix(unknown, hint+file+"."))
	is.True(strings.HasSuffix(at.OtherKind().Error(), hint+file+"."))

	file = githost.WriteFile(t, "known_hosts", "git.example.com "+text(k.other)+"\n"+line)
	at, err = read(t, file).At("git.example.com", "22")
	is.NoErr(err)
	changed := at.Check("", nil, k.host.PublicKey()).Error()
	is.True(strings.Contains(changed, "is not the known one"))
	is.True(strings.HasSuffix(changed, hint+file+"."))
	is.True(!strings.Contains(read(t, file).Warning(), "line 1"))
}

// An authority signs keys of other kinds than its own.
func TestAnyKindOfCertificateIsAskedForWhereAnAuthorityIsKnown(t *testing.T) {
	is := is.New(t)
	k := newKeys(t)
	file := githost.WriteFile(t, "known_hosts", "@cert-authority * "+text(k.authority)+"\nhost "+text(k.host))
	at, err := read(t, file).At("host", "22")
	is.NoErr(err)
	algorithms := strings.Join(at.Algorithms(), " ")
	for _, kind := range []string{"rsa-sha2-512", "ecdsa-sha2-nistp256", "ssh-ed25519"} {
		is.True(strings.Contains(algorithms, kind+"-cert-v01@"))
	}
	is.True(strings.HasSuffix(algorithms, " ssh-ed25519")) // certificates first
	at, err = read(t, githost.WriteFile(t, "known_hosts", "other "+text(k.host))).At("host", "22")
	is.NoErr(err)
	is.Equal(len(at.Algorithms()), 0)
}

func TestAddressesOfVersion6AreNamedAsTheSSHProgramWritesThem(t *testing.T) {
	is := is.New(t)
	key := githost.NewSigner(t)
	known := read(t, githost.WriteFile(t, "known_hosts", "::1 "+text(key)+"\n[fe80::1]:2222 "+text(key)+"\n"))
	for address, isKnown := range map[[2]string]bool{
		{"::1", "22"}: true, {"::1", "2222"}: true, {"fe80::1", "2222"}: true, {"FE80::1", "2222"}: true,
		{"fe80::1", "22"}: false,
	} {
		at, err := known.At(address[0], address[1])
		is.NoErr(err)
		is.Equal(at.Check("", nil, key.PublicKey()) == nil, isKnown)
	}
}

func TestPatternsAreMatchedInBoundedTime(t *testing.T) {
	is := is.New(t)
	is.True(!matches(strings.Repeat("a*", 2000)+"b", strings.Repeat("a", 5000)))
	for pattern, isMatch := range map[string]bool{
		"": false, "*": true, "**": true, "h*t": true, "h*": true, "*st": true, "?ost": true, "????": true, "???": false,
		"host": true, "hos": false, "hostx": false, "*x": false, "h**?t*": true,
	} {
		is.Equal(matches(pattern, "host"), isMatch)
	}
	is.True(matches("*", ""))
	is.True(!matches("?", ""))
}
