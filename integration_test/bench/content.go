package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
)

// content makes the files of stacks from a sequence of pseudo-random choices: the same seed makes the same files.
type content struct {
	*rand.Rand
}

// newContent seeds a sequence with two numbers, such as those of a stack and of an edit.
func newContent(stack, edit int) content {
	return content{rand.New(rand.NewPCG(uint64(stack), uint64(edit)))}
}

// composeFileOf returns a stack's compose file. An edit above 0 gives one service another image, as most edits do.
func composeFileOf(stack, edit int) []byte {
	file := newContent(stack, 0).compose(stackName(stack))
	if edit == 0 {
		return file
	}
	const key = "    image: "
	lines := bytes.SplitAfter(file, []byte("\n"))
	for i, line := range lines {
		if name, found := bytes.CutPrefix(line, []byte(key)); found {
			name, _, _ = bytes.Cut(name, []byte(":"))
			lines[i] = fmt.Appendf(nil, "%s%s:%s\n", key, name, newContent(stack, edit).tag())
			break
		}
	}
	return bytes.Join(lines, nil)
}

// configurationOf returns a configuration file for a stack's containers. An edit above 0 adds a line.
func configurationOf(stack, edit int) []byte {
	file := newContent(stack, -1).settings(500, 3000)
	if edit > 0 {
		file = fmt.Appendf(file, "edit=%d\n", edit)
	}
	return file
}

// between returns a number from low to high, both included.
func (c content) between(low, high int) int { return low + c.IntN(high-low+1) }

// hex returns a number of hexadecimal digits.
func (c content) hex(digits int) string {
	const alphabet = "0123456789abcdef"
	text := make([]byte, digits)
	for i := range text {
		text[i] = alphabet[c.IntN(len(alphabet))]
	}
	return string(text)
}

func (c content) choose(options ...string) string { return options[c.IntN(len(options))] }

// compose returns a compose file of one to three KB, similar to real ones: some text is the same in all files, and
// names, numbers, digests and host names differ.
func (c content) compose(stack string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "name: %s\n\nservices:\n", stack)
	for i := range c.between(2, 5) {
		c.service(&b, stack, i)
	}
	fmt.Fprintf(&b, "networks:\n  proxy:\n    external: true\n  internal:\n    name: %s-%s\n", stack, c.hex(6))
	return b.Bytes()
}

func (c content) service(b *bytes.Buffer, stack string, number int) {
	name := c.choose("web", "api", "worker", "db", "cache", "queue", "search", "proxy", "metrics", "backup")
	image := c.choose("nginx", "postgres", "redis", "traefik", "mariadb", "rabbitmq", "gitea/gitea", "grafana/grafana",
		"prom/prometheus", "minio/minio", "vaultwarden/server", "ghcr.io/home-assistant/home-assistant")
	fmt.Fprintf(b, "  %s-%d:\n    image: %s:%s\n", name, number, image, c.tag())
	fmt.Fprintf(b, "    container_name: %s-%s-%d\n", stack, name, number)
	fmt.Fprintf(b, "    restart: %s\n    environment:\n", c.choose("always", "unless-stopped", "on-failure"))
	for range c.between(2, 7) {
		key := c.choose("TZ", "PUID", "DB_HOST", "DB_NAME", "LOG_LEVEL", "BASE_URL", "SMTP_HOST", "CACHE", "FEATURE")
		value := c.choose("Europe/Berlin", "1000", "info", "true", c.hex(8), "https://"+c.hex(6)+".example.org")
		fmt.Fprintf(b, "      %s_%d: %q\n", key, c.IntN(100), value)
	}
	b.WriteString("    ports:\n")
	for range c.between(1, 2) {
		fmt.Fprintf(b, "      - \"%d:%s\"\n", c.between(1024, 65000), c.choose("80", "443", "3000", "5432", "8080"))
	}
	fmt.Fprintf(b, "    volumes:\n      - ./config:/config:ro\n      - %s-%s:/var/lib/%s\n", name, c.hex(4), name)
	fmt.Fprintf(b, "    labels:\n      traefik.enable: \"true\"\n")
	fmt.Fprintf(b, "      traefik.http.routers.%s-%d.rule: Host(`%s.example.org`)\n", name, number, c.hex(6))
	fmt.Fprintf(b, "    healthcheck:\n      test: [\"CMD\", \"wget\", \"-qO-\", \"http://localhost:%s/health\"]\n",
		c.choose("80", "3000", "8080"))
	fmt.Fprintf(b, "      interval: %ds\n    networks: [proxy, internal]\n\n", c.between(1, 6)*10)
}

// tag returns an image's version, one in three with a digest.
func (c content) tag() string {
	tag := fmt.Sprintf("%d.%d.%d", c.between(1, 20), c.IntN(30), c.IntN(10))
	if c.IntN(3) == 0 {
		tag += "@sha256:" + c.hex(64)
	}
	return tag
}

// settings returns lines of settings, between low and high bytes long, for a file beside a compose file.
func (c content) settings(low, high int) []byte {
	var b bytes.Buffer
	for length := c.between(low, high); b.Len() < length; {
		key := c.choose("path", "url", "limit", "user", "mode", "option", "secret", "key")
		fmt.Fprintf(&b, "%s%d=%s\n", key, c.IntN(1000), c.hex(c.between(4, 24)))
	}
	return b.Bytes()
}

// image returns a big file that cannot be compressed.
func image(number, size int) []byte {
	var seed [32]byte
	copy(seed[:], fmt.Sprintf("image %d", number))
	content := make([]byte, size)
	_, _ = rand.NewChaCha8(seed).Read(content) // never fails
	return content
}
