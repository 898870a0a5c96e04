package inputs

import (
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
