package b1sim

import (
	"net/http"
	"slices"
	"strings"
)

// request is one call of the Service Layer, from the wire or from inside a $batch.
type request struct {
	version version
	method  string
	path    string // below the service root, decoded, without a leading slash
	query   string // as sent
	header  http.Header
	body    []byte
	base    string // scheme, host and service root
	inBatch bool   // part of a $batch
	inSet   bool   // part of a change set
	call    *call
}

// response is what goes back.
type response struct {
	status    int
	header    http.Header
	body      []byte
	committed bool // the company was changed, whatever the answer says
	failed    bool // the answer is an error
	drop      bool // no answer at all: the connection is closed
}

func newResponse(status int, body []byte) *response {
	return &response{status: status, header: http.Header{}, body: body}
}

// resource is a parsed path: Set, Set(key), Set(key)/Tail or Service_Method.
type resource struct {
	name string
	keys []keyPart // nil: the collection
	tail string
}

// keyPart is a value in the parentheses of a path.
type keyPart struct {
	name   string // "" when the value stands alone
	value  string
	quoted bool
}

// parseResource reads a decoded path. Quotes inside a key are written twice, and a slash in quotes is part of the key.
func parseResource(path string) (resource, error) {
	open := strings.IndexAny(path, "(/")
	if open < 0 {
		return resource{name: path}, nil
	}
	res := resource{name: path[:open]}
	rest := path[open:]
	if rest[0] == '(' {
		end := closingParenthesis(rest)
		if end < 0 {
			return res, fail(codePath, msgPath)
		}
		keys, err := parseKeys(rest[1:end])
		if err != nil {
			return res, err
		}
		res.keys, rest = keys, rest[end+1:]
	}
	if rest != "" && rest[0] != '/' {
		return res, fail(codePath, msgPath)
	}
	res.tail = strings.TrimPrefix(rest, "/")
	return res, nil
}

// closingParenthesis finds the parenthesis that ends the key, outside of quotes.
func closingParenthesis(text string) int {
	quoted := false
	for i := range len(text) {
		switch {
		case text[i] == '\'':
			quoted = !quoted
		case text[i] == ')' && !quoted:
			return i
		}
	}
	return -1
}

// parseKeys reads "5", "'C1'", "CardCode='C1'" and "TableName='ORDR',FieldID=0".
func parseKeys(text string) ([]keyPart, error) {
	var parts []keyPart
	for _, piece := range splitOutsideQuotes(text) {
		part := keyPart{value: strings.TrimSpace(piece)}
		if i := strings.IndexByte(part.value, '='); i > 0 && !strings.Contains(part.value[:i], "'") {
			part.name, part.value = strings.TrimSpace(part.value[:i]), strings.TrimSpace(part.value[i+1:])
		}
		if strings.HasPrefix(part.value, "'") {
			literal, size := scanString(part.value)
			if literal.kind != tokenString || size != len(part.value) {
				return nil, fail(codeQuery, msgBadKey, text)
			}
			part.value, part.quoted = literal.text, true
		}
		parts = append(parts, part)
	}
	return parts, nil
}

func splitOutsideQuotes(text string) []string {
	var out []string
	quoted, start := false, 0
	for i := range len(text) {
		switch {
		case text[i] == '\'':
			quoted = !quoted
		case text[i] == ',' && !quoted:
			out, start = append(out, text[start:i]), i+1
		}
	}
	return append(out, text[start:])
}

// key turns the key parts of a path into the key of a table. Texts must be quoted, numbers must not.
func (s *entitySet) key(parts []keyPart) (string, error) {
	values := make([]string, len(s.keys))
	if len(parts) != len(s.keys) {
		return "", fail(codeQuery, msgBadKey, "")
	}
	for i, part := range parts {
		at := i
		if part.name != "" {
			at = slices.Index(s.keys, part.name)
		}
		if at < 0 || part.quoted != (s.typ.byName[strings.ToLower(s.keys[at])].kind == kindText) {
			return "", fail(codeQuery, msgBadKey, part.value)
		}
		values[at] = part.value
	}
	return strings.Join(values, "\x00"), nil
}

// keyLiteral spells the key of a row as it stands in a path.
func (s *entitySet) keyLiteral(r row) string {
	parts := make([]string, len(s.keys))
	for i, name := range s.keys {
		text := keyText(r[name])
		if _, isText := r[name].(string); isText {
			text = "'" + strings.ReplaceAll(text, "'", "''") + "'"
		}
		if len(s.keys) > 1 {
			text = name + "=" + text
		}
		parts[i] = text
	}
	return strings.Join(parts, ",")
}
