package b1sim

import "strings"

// token is one word of a $filter.
type token struct {
	kind tokenKind
	text string
}

type tokenKind uint8

const (
	tokenEnd    tokenKind = iota
	tokenName             // property, operator or function
	tokenString           // 'text', quotes taken off
	tokenPlain            // number or bare date
	tokenMark             // ( ) ,
	tokenBad
)

// scanFilter cuts a $filter into tokens. A quote inside a string is written twice.
func scanFilter(text string) []token {
	var out []token
	for {
		text = strings.TrimLeft(text, " \t\r\n")
		if text == "" {
			return append(out, token{kind: tokenEnd})
		}
		next, size := scanToken(text)
		out = append(out, next)
		if next.kind == tokenBad {
			return out
		}
		text = text[size:]
	}
}

func scanToken(text string) (token, int) {
	switch first := text[0]; {
	case strings.IndexByte("(),", first) >= 0:
		return token{kind: tokenMark, text: text[:1]}, 1
	case first == '\'':
		return scanString(text)
	case isNameByte(first) && !isDigit(first):
		size := span(text, isNameByte)
		if rest := text[size:]; text[:size] == "datetime" && strings.HasPrefix(rest, "'") {
			literal, length := scanString(rest)
			return literal, size + length
		}
		return token{kind: tokenName, text: text[:size]}, size
	case first == '-' || isDigit(first):
		size := 1 + span(text[1:], func(b byte) bool { return isNameByte(b) || strings.IndexByte(".:+-", b) >= 0 })
		return token{kind: tokenPlain, text: text[:size]}, size
	}
	return token{kind: tokenBad}, 0
}

// scanString reads a quoted string.
func scanString(text string) (token, int) {
	var value strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] != '\'':
			value.WriteByte(text[i])
		case strings.HasPrefix(text[i+1:], "'"):
			value.WriteByte('\'')
			i++
		default:
			return token{kind: tokenString, text: value.String()}, i + 1
		}
	}
	return token{kind: tokenBad}, 0
}

func span(text string, in func(byte) bool) int {
	for i := range len(text) {
		if !in(text[i]) {
			return i
		}
	}
	return len(text)
}

// isNameByte accepts the slash of a path so that a lambda such as DocumentLines/any is one name, which is refused.
func isNameByte(b byte) bool {
	return b == '_' || b == '/' || isDigit(b) || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }
