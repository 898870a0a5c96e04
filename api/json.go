package api

import (
	"encoding/json"
	"time"
)

// The answers are appended by hand: a list of 20,000 stacks is encoded several times faster than by reflection, and
// the small answers that are polled cost next to nothing. The tests hold the result against encoding/json.

// appendText appends a literal, such as the name of a member, and then a JSON string.
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

// isPlain tells whether encoding/json writes a byte as it is, whatever stands around it.
func isPlain(c byte) bool {
	switch c {
	case '"', '\\', '<', '>', '&':
		return false
	}
	return c >= ' ' && c < 0x7f
}

// appendTextOrNull appends null for an empty text.
func appendTextOrNull(b []byte, literal, text string) []byte {
	if text == "" {
		b = append(b, literal...)
		return append(b, "null"...)
	}
	return appendText(b, literal, text)
}

// appendTextIfSet appends nothing for an empty text.
func appendTextIfSet(b []byte, literal, text string) []byte {
	if text == "" {
		return b
	}
	return appendText(b, literal, text)
}

// appendTime appends a time in UTC as RFC 3339 has it, always with three digits after the point: so times sort as text,
// and are as precise as anyone needs. The time package is fastest at its own layouts, which have no such digits.
func appendTime(b []byte, literal string, t time.Time) []byte {
	b = append(b, literal...)
	b = append(b, '"')
	b = t.UTC().AppendFormat(b, time.RFC3339)
	ms := t.Nanosecond() / int(time.Millisecond)
	return append(b[:len(b)-len("Z")], '.', digit(ms/100), digit(ms/10), digit(ms), 'Z', '"')
}

// digit is the last decimal digit of n.
func digit(n int) byte { return '0' + byte(n%10) }

// appendTimeOrNull appends null for the zero time.
func appendTimeOrNull(b []byte, literal string, t time.Time) []byte {
	if t.IsZero() {
		b = append(b, literal...)
		return append(b, "null"...)
	}
	return appendTime(b, literal, t)
}

// appendTimeIfSet appends nothing for the zero time.
func appendTimeIfSet(b []byte, literal string, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	return appendTime(b, literal, t)
}

// appendList appends a literal and then a JSON array, in which each element is appended by element.
func appendList[E any](b []byte, literal string, list []E, element func([]byte, E) []byte) []byte {
	b = append(b, literal...)
	b = append(b, '[')
	for i, e := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = element(b, e)
	}
	return append(b, ']')
}
