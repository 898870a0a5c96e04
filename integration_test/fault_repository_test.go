package integration_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// Faults of the repository itself, over every transport: refs and repositories that disappear or are replaced, objects
// that are missing or damaged, formats that cannot be read.

func TestHostOfAnyKindServesTheSameStacks(t *testing.T) {
	overEveryWay(t, func(t *testing.T, format string, at func(*testing.T, repository) []string) {
		repo, first := withFormat(t, format, twoStacks())
		s := start(t, at(t, repo)...)
		followsPushes(t, repo, first, s)
		is.New(t).True(strings.Contains(s.get("/").body, first[:12])) // as the page shows it
	})
}

// The tracked branch is pushed forward, back to an older commit and to unrelated history, twenty times over.
func TestForcedPushTwentyTimesOverIsServedEachTime(t *testing.T) {
	overEveryWay(t, func(t *testing.T, format string, at func(*testing.T, repository) []string) {
		is := is.New(t)
		repo, first := withFormat(t, format, files{"a/docker-compose.yml": "services: {a: {}}", "same/docker-compose.yml": "services: {}"})
		second := repo.push(files{"a/docker-compose.yml": "services: {a: {image: b}}"})
		git(t, repo.work, "checkout", "-q", "--orphan", "unrelated")
		third := repo.commit(files{"a/docker-compose.yml": "", "b/docker-compose.yml": "services: {b: {}}"})
		repo.publish("HEAD:refs/heads/unrelated")
		s := start(t, at(t, repo)...)
		revisions := []string{second, first, third, first, second, third}
		for i := range 20 {
			want := revisions[i%len(revisions)]
			git(t, repo.bare, "update-ref", "refs/heads/main", want)
			is.Equal(s.refresh().Revision, want)
			for _, stack := range s.snapshot().Stacks {
				is.Equal(stack.Hash, repo.hash(want, stack.Path+"/docker-compose.yml"))
			}
		}
	})
}

// A deleted branch is a failure with a code of its own, and empties nothing. When it is pushed again it is served.
func TestTrackedBranchThatIsDeletedEmptiesNothing(t *testing.T) {
	overEveryWay(t, func(t *testing.T, format string, at func(*testing.T, repository) []string) {
		is := is.New(t)
		repo, first := withFormat(t, format, twoStacks())
		next := repo.commit(files{"new/docker-compose.yml": "services: {}"})
		repo.publish("HEAD:refs/heads/other")
		s := start(t, append(at(t, repo), "GIT_REF=main")...)
		s.awaitRevision(first)
		s.logged("refresh completed")
		before := s.get("/api/v1/stacks")
		git(t, repo.bare, "update-ref", "-d", "refs/heads/main")
		failed := s.refresh()
		is.Equal(failed.Error.Code, "git_ref_not_found")
		isSentence(t, failed.Error.Message)
		s.keeps(before, first, failed)
		git(t, repo.bare, "update-ref", "refs/heads/main", next)
		s.awaitRevision(next)
		is.Equal(s.status().Last.Trigger.Source, "poll")
	})
}

// Without GIT_REF the service follows the remote HEAD, even to another branch. It follows a tag, annotated or not,
// forward and back. A full ref name is used unchanged. A commit stays.
func TestEveryKindOfRefIsFollowed(t *testing.T) {
	overEveryWay(t, func(t *testing.T, format string, at func(*testing.T, repository) []string) {
		repo, first := withFormat(t, format, twoStacks())
		next := repo.push(files{"new/docker-compose.yml": "services: {}"})
		settings := at(t, repo)
		for ref, move := range kindsOfRef(t, repo) {
			t.Run(ref, func(t *testing.T) {
				is := is.New(t)
				move(first)
				s := start(t, append(settings, "GIT_REF="+ref)...)
				s.awaitRevision(first)
				for _, to := range []string{next, first, next} {
					move(to)
					is.Equal(s.refresh().Revision, to)
				}
			})
		}
		t.Run("a commit", func(t *testing.T) {
			git(t, repo.bare, "update-ref", "refs/heads/main", next)
			git(t, repo.bare, "tag", "release", first) // a plain host serves only commits that a ref names
			s := start(t, append(settings, "GIT_REF="+strings.ToUpper(first))...)
			s.awaitRevision(first)
			is.New(t).Equal(s.refresh().Revision, first)
		})
	})
}

// kindsOfRef are values of GIT_REF, each with a function that moves the ref to a commit.
func kindsOfRef(t *testing.T, repo repository) map[string]func(to string) {
	t.Helper()
	update := func(ref string) func(string) {
		return func(to string) { git(t, repo.bare, "update-ref", ref, to) }
	}
	git(t, repo.bare, "tag", "both", "main") // a branch comes before a tag of the same name
	return map[string]func(to string){
		"": func(to string) {
			update("refs/heads/at-" + to[:7])(to)
			git(t, repo.bare, "symbolic-ref", "HEAD", "refs/heads/at-"+to[:7])
		},
		"live": update("refs/heads/live"), "both": update("refs/heads/both"), "refs/deploy/live": update("refs/deploy/live"),
		"v1": func(to string) { git(t, repo.bare, "tag", "-f", "v1", to) },
		"v2": func(to string) { git(t, repo.bare, "tag", "-f", "-a", "-m", "x", "v2", to) },
	}
}

// A removed repository is git_not_found. An empty one in its place does not empty the list. Another one in its place is
// served.
func TestRepositoryMadeAnewUnderTheSameURLIsServed(t *testing.T) {
	overEveryWay(t, func(t *testing.T, format string, at func(*testing.T, repository) []string) {
		is := is.New(t)
		repo, first := withFormat(t, format, twoStacks())
		s := start(t, at(t, repo)...)
		s.awaitRevision(first)
		s.logged("refresh completed")
		before := s.get("/api/v1/stacks")

		is.NoErr(os.Rename(repo.bare, repo.bare+".away"))
		failed := s.refresh()
		is.Equal(failed.Error.Code, "git_not_found")
		isSentence(t, failed.Error.Message)
		s.keeps(before, first, failed)

		git(t, filepath.Dir(repo.bare), "init", "-q", "--bare", "-b", "main", "--object-format="+format, repo.bare)
		failed = s.refresh()
		is.Equal(failed.Error.Code, "git_empty")
		s.keeps(before, first, failed)

		other, _ := withFormat(t, format, files{"other/docker-compose.yml": "services: {}"})
		is.NoErr(os.RemoveAll(repo.bare))
		is.NoErr(os.Rename(other.bare, repo.bare))
		s.awaitSnapshot("the other repository", func(seen snapshot) bool { return seen.Revision != first })
		is.Equal(s.snapshot().paths(), []string{"other"})
		is.Equal(s.status().Failures, 0)
	})
}

// A repository that lacks an object, or holds a damaged one, fails the whole refresh: there is no partial snapshot.
// When it is repaired the service recovers by itself.
func TestRepositoryWithAMissingOrDamagedObjectIsNotServedInPart(t *testing.T) {
	damages := map[string]func(path string) error{
		"missing":   os.Remove,
		"empty":     func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"truncated": func(path string) error { return os.Truncate(path, 12) },
		"another":   func(path string) error { return os.WriteFile(path, []byte("x\x9c\x03\x00\x00\x00\x00\x01"), 0o600) },
	}
	for _, object := range []string{"HEAD^{tree}", "HEAD:new", "HEAD:new/docker-compose.yml"} {
		for damage, spoil := range damages {
			for _, way := range []string{"local path", "HTTP, version 2", "git daemon"} {
				t.Run(fmt.Sprintf("%s %s over %s", object, damage, way), func(t *testing.T) {
					t.Parallel()
					is := is.New(t)
					repo, first := with(t, twoStacks())
					s := start(t, ways()[way](t, repo)...)
					s.awaitRevision(first)
					s.logged("refresh completed")
					before := s.get("/api/v1/stacks")
					next := repo.push(files{"new/docker-compose.yml": "services: {new: {}}"})
					id := repo.plumb("", "rev-parse", "main"+strings.TrimPrefix(object, "HEAD"))
					path := filepath.Join(repo.bare, "objects", id[:2], id[2:])
					whole, err := os.ReadFile(path)
					is.NoErr(err)
					is.NoErr(os.Chmod(path, 0o600))
					is.NoErr(spoil(path))
					failed := s.refresh()
					is.Equal(failed.Error.Code, "git_protocol")
					isSentence(t, failed.Error.Message)
					s.keeps(before, first, failed)
					is.NoErr(os.WriteFile(path, whole, 0o600))
					s.awaitRevision(next)
				})
			}
		}
	}
}

// A pack that lacks a subtree or a blob without saying so is a failure.
func TestAnswerThatLacksASubtreeOrABlobIsNotServedInPart(t *testing.T) {
	for _, lacking := range []string{"main:db", "main:db/main", "main:web/docker-compose.yml"} {
		t.Run(lacking, func(t *testing.T) {
			is := is.New(t)
			repo, first := with(t, twoStacks())
			missing := repo.plumb("", "rev-parse", lacking)
			var objects strings.Builder
			for line := range strings.Lines(git(t, repo.bare, "rev-list", "--objects", "main")) {
				if id, _, _ := strings.Cut(strings.TrimSpace(line), " "); id != missing {
					objects.WriteString(id + "\n")
				}
			}
			pack := repo.plumb(objects.String(), "pack-objects", "--stdout", "-q")
			host := serveRepository(t, repo)
			host.Suffer(lab.InPack(sends(pack)))
			s := start(t, "GIT_URL="+host.url())
			failed := s.logged("level=ERROR", "refresh failed")
			is.Equal(lab.Field(failed, "code"), "git_protocol")
			is.Equal(s.snapshot().Revision, "")
			host.Suffer(nil)
			s.awaitRevision(first)
		})
	}
}
