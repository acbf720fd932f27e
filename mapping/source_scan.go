package mapping

import "strings"

// scanner finds the ends of JSON values, by RFC 8259 to the letter.
type scanner struct {
	text string
	at   int
	// nameEnd is where the last name of a table ended.
	nameEnd int
}

// maxDocumentNesting is how deep lists and tables may lie in each other; Magento's go to ten or so.
const maxDocumentNesting = 500

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

// skip moves behind the value that begins here; false where there is none.
func (s *scanner) skip(depth int) bool {
	if s.at >= len(s.text) || depth > maxDocumentNesting {
		return false
	}
	switch s.text[s.at] {
	case '"':
		return s.skipString()
	case '{':
		return s.skipMany('}', depth, s.skipNamed)
	case '[':
		return s.skipMany(']', depth, s.skip)
	case 't':
		return s.skipWord("true")
	case 'f':
		return s.skipWord("false")
	case 'n':
		return s.skipWord("null")
	}
	return s.skipNumber()
}

// skipMany moves behind a table or a list, over each of whose values one moves.
func (s *scanner) skipMany(end byte, depth int, one func(depth int) bool) bool {
	s.at++
	if s.space(); s.here(end) {
		return true
	}
	for one(depth + 1) {
		if s.space(); s.here(end) {
			return true
		}
		if !s.here(',') {
			return false
		}
		s.space()
	}
	return false
}

func (s *scanner) skipNamed(depth int) bool { return s.skipName() && s.skip(depth) }

// here moves behind a sign, if it stands here.
func (s *scanner) here(sign byte) bool {
	if s.at < len(s.text) && s.text[s.at] == sign {
		s.at++
		return true
	}
	return false
}

func (s *scanner) skipName() bool {
	if s.at >= len(s.text) || s.text[s.at] != '"' || !s.skipString() {
		return false
	}
	s.nameEnd = s.at
	s.space()
	if !s.here(':') {
		return false
	}
	s.space()
	return true
}

func (s *scanner) skipWord(word string) bool {
	if !strings.HasPrefix(s.text[s.at:], word) {
		return false
	}
	s.at += len(word)
	return true
}

func (s *scanner) skipString() bool {
	for s.at++; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return true
		case c < ' ':
			return false
		case c == '\\' && !s.skipEscape():
			return false
		}
	}
	return false
}

// skipEscape stays on the last sign of an escape.
func (s *scanner) skipEscape() bool {
	if s.at++; s.at >= len(s.text) {
		return false
	}
	if s.text[s.at] != 'u' {
		return strings.IndexByte(`"\/bfnrt`, s.text[s.at]) >= 0
	}
	if s.at+4 >= len(s.text) {
		return false
	}
	for i := range 4 {
		if strings.IndexByte("0123456789abcdefABCDEF", s.text[s.at+1+i]) < 0 {
			return false
		}
	}
	s.at += 4
	return true
}

func (s *scanner) skipNumber() bool {
	s.here('-')
	if !s.here('0') && s.digits() == 0 {
		return false
	}
	if s.here('.') && s.digits() == 0 {
		return false
	}
	if s.here('e') || s.here('E') {
		if !s.here('+') {
			s.here('-')
		}
		return s.digits() > 0
	}
	return true
}

func (s *scanner) digits() int {
	begin := s.at
	for s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
		s.at++
	}
	return s.at - begin
}
