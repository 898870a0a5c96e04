package encode

import (
	"encoding/json"
	"time"
)

// These functions write JSON by hand (doc.go). Each appends a literal first, such as the name of a member.

// appendText appends a literal and then a JSON string.
func appendText(b []byte, literal, text string) []byte {
	b = append(b, literal...)
	return appendString(b, text)
}

// appendString appends a JSON string as encoding/json writes it.
func appendString(b []byte, text string) []byte {
	for i := range len(text) {
		if !isPlain(text[i]) {
			quoted, _ := json.Marshal(text) // cannot fail for a string
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, text...)
	return append(b, '"')
}

// isPlain tells whether encoding/json writes a byte unchanged, whatever the bytes beside it are.
func isPlain(c byte) bool {
	switch c {
	case '"', '\\', '<', '>', '&':
		return false
	}
	return c >= ' ' && c < 0x7f
}

// appendTextOrNull appends a literal and then a JSON string, or null for an empty text.
func appendTextOrNull(b []byte, literal, text string) []byte {
	if text == "" {
		b = append(b, literal...)
		return append(b, "null"...)
	}
	return appendText(b, literal, text)
}

// Time returns a time as the API writes it, without quotes: RFC 3339 in UTC, always with three digits of a second. So
// the texts sort like the times.
func Time(t time.Time) string {
	quoted := appendTime(nil, "", t)
	return string(quoted[1 : len(quoted)-1])
}

// appendTime appends a literal and then a time in quotes. It writes the three digits of a second itself: the time
// package is fastest with its predefined layouts, and none of them has exactly three.
func appendTime(b []byte, literal string, t time.Time) []byte {
	b = append(b, literal...)
	b = append(b, '"')
	b = t.UTC().AppendFormat(b, time.RFC3339)
	ms := t.Nanosecond() / int(time.Millisecond)
	return append(b[:len(b)-len("Z")], '.', digit(ms/100), digit(ms/10), digit(ms), 'Z', '"')
}

// digit is the last decimal digit of n.
func digit(n int) byte { return '0' + byte(n%10) }

// appendTimeOrNull appends a literal and then a time in quotes, or null for the zero time.
func appendTimeOrNull(b []byte, literal string, t time.Time) []byte {
	if t.IsZero() {
		b = append(b, literal...)
		return append(b, "null"...)
	}
	return appendTime(b, literal, t)
}

// appendList appends a literal and then a JSON array. The function element appends each of its elements.
func appendList[E any](b []byte, literal string, elements []E, element func([]byte, E) []byte) []byte {
	b = append(b, literal...)
	b = append(b, '[')
	for i, e := range elements {
		if i > 0 {
			b = append(b, ',')
		}
		b = element(b, e)
	}
	return append(b, ']')
}
