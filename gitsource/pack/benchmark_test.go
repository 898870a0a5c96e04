package pack

import (
	"bytes"
	"testing"

	"mooring/gitsource/githost"
	"mooring/gitsource/object"
)

func BenchmarkPackReader(b *testing.B) {
	r := githost.ManyStacksRepository(b, 2000, 0)
	for name, filter := range map[string]string{"trees": "--filter=blob:none", "everything": "--filter=blob:limit=1g"} {
		ids := githost.Git(b, r.Dir, nil, "rev-list", "--objects", "--no-object-names", filter, "main")
		pack := githost.Git(b, r.Dir, bytes.NewBuffer(ids), "pack-objects", "--stdout", "--quiet", "--delta-base-offset")
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(pack)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := readPack(b.Context(), object.SHA1, bytes.NewReader(pack), testLimits(), &sizes{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
