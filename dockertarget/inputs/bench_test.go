package inputs

import (
	"path/filepath"
	"testing"

	"github.com/matryer/is"
)

// BenchmarkRead reads a stack with an override, variables, an included file and three services.
func BenchmarkRead(b *testing.B) {
	is := is.New(b)
	files := commit{
		"s/docker-compose.yml": "include: [../shared/db.yml]\n" + web + "    env_file: a.env\n    volumes: [./conf:/conf]\n" +
			"  app:\n    image: app:${V}\n    depends_on: [db]\n",
		"s/compose.override.yml": "services: {web: {ports: ['8080:80']}}\n", "s/.env": "V=1\n", "s/a.env": "A=1", "s/conf/x": "x",
		"shared/db.yml": "services:\n  db:\n    image: postgres\n",
	}
	reader, err := NewReader(b.TempDir(), nil, "repo")
	is.NoErr(err)
	b.ReportAllocs()
	for b.Loop() {
		_, err := reader.Read(b.Context(), files, "s", "docker-compose.yml")
		is.NoErr(err)
	}
	is.NoErr(reader.Close())
}

// BenchmarkReadTheCorpus reads each stack of the corpus once: 15 times are a thousand stacks.
func BenchmarkReadTheCorpus(b *testing.B) {
	is := is.New(b)
	names, err := filepath.Glob("testdata/corpus/*.txt")
	is.NoErr(err)
	var examples []example
	for _, name := range names {
		examples = append(examples, readExample(b, name))
	}
	reader, err := NewReader(b.TempDir(), nil, "repo")
	is.NoErr(err)
	b.ReportAllocs()
	for b.Loop() {
		for _, e := range examples {
			_, err := reader.Read(b.Context(), e.files, e.stack, e.file)
			is.NoErr(err)
		}
	}
	b.ReportMetric(float64(len(examples)), "stacks/op")
	is.NoErr(reader.Close())
}
