package webhook

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// benchmarkPush receives the same push of GitHub again and again. Its body has as many bytes more than the push needs.
func benchmarkPush(b *testing.B, more int) {
	r := receiver(new(shelf))
	request := delivery("refs/heads/main", more)
	body, err := io.ReadAll(request.Body)
	if err != nil {
		b.Fatal(err)
	}
	text := string(body)
	content := strings.NewReader(text)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		content.Reset(text)
		request.Body = io.NopCloser(content)
		if got, err := r.Receive(httptest.NewRecorder(), request, time.Now()); err != nil || got.Expected == "" {
			b.Fatal(got, err)
		}
	}
}

func BenchmarkPushOf8KiB(b *testing.B) { benchmarkPush(b, 8<<10) }

func BenchmarkPushOf1MiB(b *testing.B) { benchmarkPush(b, 1<<20) }
