package location

import (
	"strings"
	"testing"

	"github.com/matryer/is"
)

func TestARefNameFollowsGitsRules(t *testing.T) {
	is := is.New(t)
	for _, ref := range []string{"main", "feature/x", "refs/heads/main", "v1.0", "ünï", "a@b", strings.Repeat("a", 40)} {
		is.NoErr(validateRef(ref))
	}
	for _, ref := range []string{"refs/", "a b", "a..b", "a~1", "a^{}", "a:b", "a?", "*", "[a", "a\\b", "a@{1}", "a/",
		"a//b", ".a", "a/.b", "a.lock", "a.", "a\nb", "a\x7f"} {
		if validateRef(ref) == nil {
			t.Errorf("%q is taken for a ref name", ref)
		}
	}
}
