package sjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"
)

var errUnknown = errors.New("a document that FerretDB 1.24 would not have written so")

// scanner reads JSON text without white space, as FerretDB writes it. Its first error makes all later steps do nothing.
type scanner struct {
	text []byte
	err  error
}

func (s *scanner) fail() { s.err, s.text = errUnknown, nil }

// peek is the next byte, 0 at the end.
func (s *scanner) peek() byte {
	if len(s.text) == 0 {
		return 0
	}
	return s.text[0]
}

// take passes over this very text, and reports whether it was there.
func (s *scanner) take(text string) bool {
	if len(s.text) < len(text) || string(s.text[:len(text)]) != text {
		return false
	}
	s.text = s.text[len(text):]
	return true
}

// expect fails where another text stands.
func (s *scanner) expect(text string) {
	if !s.take(text) {
		s.fail()
	}
}

// rawString reads a string without its quotes, escapes as they are.
func (s *scanner) rawString() (raw []byte, escaped bool) {
	if s.peek() != '"' {
		s.fail()
		return nil, false
	}
	for end := 1; end < len(s.text); {
		next := bytes.IndexByte(s.text[end:], '"')
		if next < 0 {
			break
		}
		if slash := bytes.IndexByte(s.text[end:end+next], '\\'); slash >= 0 {
			escaped, end = true, end+slash+2
			continue
		}
		raw, s.text = s.text[1:end+next], s.text[end+next+1:]
		return raw, escaped
	}
	s.fail()
	return nil, false
}

// stringValue reads a string.
func (s *scanner) stringValue() []byte {
	raw, escaped := s.rawString()
	if !escaped {
		if !utf8.Valid(raw) {
			s.fail()
		}
		return raw
	}
	var value string
	if err := json.Unmarshal(append(append([]byte{'"'}, raw...), '"'), &value); err != nil {
		s.fail()
	}
	return []byte(value)
}

// number reads the text of a number.
func (s *scanner) number() string {
	end := 0
	for end < len(s.text) && bytes.IndexByte([]byte("+-.eE0123456789"), s.text[end]) >= 0 {
		end++
	}
	if end == 0 {
		s.fail()
		return ""
	}
	text := string(s.text[:end])
	s.text = s.text[end:]
	return text
}

// skip passes over a value.
func (s *scanner) skip() {
	depth := 0
	for s.err == nil {
		switch s.peek() {
		case '"':
			s.rawString()
		case '{', '[':
			depth++
			s.text = s.text[1:]
			continue
		case '}', ']':
			depth--
			s.text = s.text[1:]
		case ',', ':':
			s.text = s.text[1:]
			continue
		case 0:
			s.fail()
		default:
			s.skipPlain()
		}
		if depth <= 0 {
			return
		}
	}
}

// skipPlain passes over a number, true, false or null.
func (s *scanner) skipPlain() {
	end := bytes.IndexAny(s.text, ",]}")
	if end <= 0 {
		s.fail()
		return
	}
	s.text = s.text[end:]
}
