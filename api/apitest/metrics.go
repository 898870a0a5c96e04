package apitest

import (
	"strings"
	"testing"
)

// Metrics returns the values of a scrape in Prometheus' text format, by name and labels.
func Metrics(scrape string) map[string]string {
	values := make(map[string]string)
	for line := range strings.Lines(scrape) {
		if at := strings.LastIndexByte(line, ' '); at > 0 && !strings.HasPrefix(line, "#") {
			values[line[:at]] = strings.TrimSpace(line[at:])
		}
	}
	return values
}

// HasMetrics checks some of the values of a scrape.
func HasMetrics(t testing.TB, values, wanted map[string]string) {
	t.Helper()
	for name, want := range wanted {
		if got := values[name]; got != want {
			t.Errorf("%s is %q, not %q", name, got, want)
		}
	}
}
