package local

import (
	"bytes"
	"strings"
)

// configValues reads the variables of a config file that stand in sections without a subsection, by section.name in
// lower case. A variable without a value has an empty one, and the last one of a name counts (git-config, "Syntax").
// It reads what git reads, and passes over what it does not understand up to the end of that line: nothing else in the
// file concerns a reader of refs and objects.
func configValues(content []byte) map[string]string {
	s := configScanner{rest: bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))}
	values := map[string]string{}
	section, isPlain := "", false
	for len(s.rest) > 0 {
		switch c := s.rest[0]; {
		case isConfigSpace(c):
			s.rest = s.rest[1:]
		case c == '#' || c == ';':
			s.skipLine()
		case c == '[':
			section, isPlain = s.section()
		case isConfigLetter(c):
			name, value, ok := s.variable()
			if ok && isPlain {
				values[section+"."+name] = value
			}
		default:
			s.skipLine()
		}
	}
	return values
}

// configScanner is the part of a config file that is still to be read.
type configScanner struct{ rest []byte }

// skipLine passes over the rest of the line.
func (s *configScanner) skipLine() {
	_, s.rest, _ = bytes.Cut(s.rest, []byte("\n"))
}

// section reads a section's header: [name], [name "subsection"] or, as git once wrote it, [name.subsection]. isPlain
// means that there is no subsection. A variable may follow on the same line.
func (s *configScanner) section() (name string, isPlain bool) {
	header := s.rest[1:]
	end := bytes.IndexAny(header, "] \t\n")
	switch {
	case end >= 0 && header[end] == ']':
		s.rest = header[end+1:]
		return strings.ToLower(string(header[:end])), !bytes.ContainsRune(header[:end], '.')
	case end < 0 || header[end] == '\n':
		s.skipLine()
		return "", false
	}
	quote := bytes.IndexAny(header, "\"\n")
	if quote < 0 || header[quote] == '\n' {
		s.skipLine()
		return "", false
	}
	for at := quote + 1; at < len(header); at++ {
		switch header[at] {
		case '\\':
			at++ // the next byte stands for itself
		case '\n':
			s.rest = header[at:]
			return "", false
		case '"':
			s.rest = bytes.TrimPrefix(header[at+1:], []byte("]"))
			return "", false
		}
	}
	s.rest = nil
	return "", false
}

// variable reads a name and, after an equals sign, a value. It returns false if git would refuse the line.
func (s *configScanner) variable() (name, value string, ok bool) {
	end := 0
	for end < len(s.rest) && (isConfigLetter(s.rest[end]) || s.rest[end] == '-' || '0' <= s.rest[end] && s.rest[end] <= '9') {
		end++
	}
	name, s.rest = strings.ToLower(string(s.rest[:end])), bytes.TrimLeft(s.rest[end:], " \t")
	switch {
	case len(s.rest) == 0 || s.rest[0] == '\n' || bytes.HasPrefix(s.rest, []byte("\r\n")):
		s.skipLine()
		return name, "", true
	case s.rest[0] != '=':
		s.skipLine()
		return "", "", false
	}
	s.rest = s.rest[1:]
	value, ok = s.value()
	return name, value, ok
}

// value reads a value: up to the end of the line or a comment, without the blanks around it. Quotes keep blanks and
// comment signs. A backslash at the end of a line joins it with the next one.
func (s *configScanner) value() (value string, ok bool) {
	var read []byte
	kept, inQuotes, inComment := 0, false, false // kept is how much of read is not blanks at the end
	ok = true
	for len(s.rest) > 0 {
		c := s.rest[0]
		if c == '\r' && len(s.rest) > 1 && s.rest[1] == '\n' {
			c, s.rest = '\n', s.rest[1:]
		}
		s.rest = s.rest[1:]
		switch {
		case c == '\n':
			return string(read[:kept]), ok && !inQuotes
		case inComment:
		case isConfigSpace(c) && !inQuotes:
			if len(read) > 0 {
				read = append(read, c)
			}
		case (c == '#' || c == ';') && !inQuotes:
			inComment = true
		case c == '"':
			inQuotes = !inQuotes
			kept = len(read)
		case c == '\\':
			escaped, isEscape := s.escape()
			ok = ok && isEscape
			read = append(read, escaped...)
			kept = len(read)
		default:
			read = append(read, c)
			kept = len(read)
		}
	}
	return string(read[:kept]), ok && !inQuotes
}

// escape reads what follows a backslash: the end of the line, which means nothing, or one of the escapes.
func (s *configScanner) escape() (text string, ok bool) {
	s.rest = bytes.TrimPrefix(s.rest, []byte("\r"))
	if len(s.rest) == 0 {
		return "", true
	}
	c := s.rest[0]
	if at := strings.IndexByte("\n\\\"ntb", c); at >= 0 {
		s.rest = s.rest[1:]
		return []string{"", "\\", "\"", "\n", "\t", "\b"}[at], true
	}
	return "", false
}

func isConfigSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func isConfigLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
