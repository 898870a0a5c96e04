package engine

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"

	"github.com/moby/moby/api/types/container"
)

// item is a container in the engine's list.
type item = container.Summary

// firstName is the first name of a container; each has one.
func firstName(c item) string { return slices.Concat(c.Names, []string{""})[0] }

// ownIDs are the ids of the containers that this process may run in: none on a machine, one or more in a container.
func ownIDs() ([]string, error) {
	var ids []string
	for _, file := range []string{"/proc/self/mountinfo", "/proc/self/cgroup"} {
		found, err := idsIn(file)
		if err != nil {
			return nil, fmt.Errorf("find the container that this process runs in: %w", err)
		}
		ids = append(ids, found...)
	}
	return ids, nil
}

// idsIn finds the ids of containers in a file of /proc. The engine mounts /etc/hostname and its like from a directory
// that has the container's id as its name, whatever the version of cgroups is (proc(5), "mountinfo"). With the first
// version of cgroups it is also the name of the process's groups. Other systems have no such files.
func idsIn(file string) ([]string, error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, 16<<20))
	if err != nil {
		return nil, err
	}
	return idsOf(string(content)), nil
}

// idsOf finds the ids of containers in the text of mountinfo or cgroup. A mount below a directory "containers" counts
// only if it is one of the files that the engine makes for the container itself: a process may also have mounts of other
// containers' files, such as one that looks after logs.
func idsOf(text string) []string {
	var ids []string
	for _, form := range []string{
		`/containers/([0-9a-f]{64})/(?:hostname|hosts|resolv\.conf) /etc/(?:hostname|hosts|resolv\.conf) `,
		`(?m)^\d+:[^:]*:.*[/-]([0-9a-f]{64})(?:\.scope)?$`,
	} {
		for _, match := range regexp.MustCompile(form).FindAllStringSubmatch(text, -1) {
			ids = append(ids, match[1])
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
