package magento

import "iter"

// This file walks JSON that is known to be valid, without decoding it: an answer holds hundreds of documents, and each is
// looked at by list, by name and by hash before anybody reads it.

// membersOf gives the members of an object, name and value as they are written; none of anything else.
func membersOf(b []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		for i := inside(b, '{'); i < len(b) && b[i] != '}'; {
			end := afterText(b, i)
			name := b[i:end]
			i = afterSpace(b, afterSpace(b, end)+1) // behind the colon
			end = afterValue(b, i)
			if !yield(name, b[i:end:end]) {
				return
			}
			i = nextOf(b, end)
		}
	}
}

// memberOf gives the last member of that name, as encoding/json does. The name must need no escape.
func memberOf(b []byte, name string) (value []byte, ok bool) {
	for n, v := range membersOf(b) {
		if string(n[1:len(n)-1]) == name {
			value, ok = v, true
		}
	}
	return value, ok
}

// elementsOf gives the elements of an array as they are written; none of anything else.
func elementsOf(b []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := inside(b, '['); i < len(b) && b[i] != ']'; {
			end := afterValue(b, i)
			if !yield(b[i:end:end]) {
				return
			}
			i = nextOf(b, end)
		}
	}
}

// inside is where the first member or element begins, or the end of the list; the end of b when the value does not open so.
func inside(b []byte, open byte) int {
	i := afterSpace(b, 0)
	if i == len(b) || b[i] != open {
		return len(b)
	}
	return afterSpace(b, i+1)
}

// nextOf is where the next member or element begins behind the one that ends at i, or the end of the list.
func nextOf(b []byte, i int) int {
	if i = afterSpace(b, i); i < len(b) && b[i] == ',' {
		i = afterSpace(b, i+1)
	}
	return i
}

func afterSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// afterText is behind the string that begins at i.
func afterText(b []byte, i int) int {
	for i++; b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// afterValue is behind the value that begins at i.
func afterValue(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			i = afterText(b, i)
		case '{', '[':
			depth++
			i++
			continue
		case '}', ']':
			depth--
			i++
		case ',', ':', ' ', '\n', '\t', '\r':
			i++
			continue
		default:
			i = afterLiteral(b, i)
		}
		if depth == 0 {
			return i
		}
	}
	return i
}

// afterLiteral is behind the number, true, false or null that begins at i.
func afterLiteral(b []byte, i int) int {
	for i < len(b) {
		switch b[i] {
		case ',', ':', '}', ']', ' ', '\n', '\t', '\r':
			return i
		}
		i++
	}
	return i
}
