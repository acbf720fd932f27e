package b1sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// failure is an error that the Service Layer answers.
type failure struct {
	status int // HTTP status; 0 means by the code
	code   int
	text   message
	args   []any
	place  string // "[TABLE.Field][line: n]", never translated
}

// message is an error text in the two languages the simulator speaks. Real messages follow the user's language, so
// codes and places are what a caller can rely on.
type message struct{ en, es string }

func fail(code int, text message, args ...any) *failure {
	return &failure{code: code, text: text, args: args}
}

// at names the place of the error.
func (f *failure) at(place string) *failure {
	f.place = place
	return f
}

// atLine names the property and the line, counted from 1 as B1 does.
func (f *failure) atLine(place string, index int) *failure {
	return f.at(fmt.Sprintf("[%s][line: %d]", place, index+1))
}

func (f *failure) withStatus(status int) *failure {
	f.status = status
	return f
}

func (f *failure) Error() string { return f.in("en") }

// in returns the text in a language.
func (f *failure) in(language string) string {
	format := f.text.en
	if language == "es" && f.text.es != "" {
		format = f.text.es
	}
	text := fmt.Sprintf(format, f.args...)
	if f.place != "" {
		text += "  " + f.place
	}
	return text
}

// httpStatus is 404 for -2028, 412 for -2039, 401 for the session, else 400.
func (f *failure) httpStatus() int {
	switch {
	case f.status != 0:
		return f.status
	case f.code == codeNoMatch:
		return http.StatusNotFound
	case f.code == codeChanged:
		return http.StatusPreconditionFailed
	case f.code == codeSession:
		return http.StatusUnauthorized
	}
	return http.StatusBadRequest
}

// body returns the error document. OData 3 has a numeric code and a message with language, inside $batch also an
// innererror (Service Layer manual 3.10.6); OData 4 has both as strings. The language tag stays "en-us" whatever the
// language of the text.
func (f *failure) body(v version, language string, inBatch, details bool) []byte {
	text := f.in(language)
	if v == v2 {
		answer := map[string]any{"code": strconv.Itoa(f.code), "message": text}
		if details {
			answer["details"] = []map[string]string{{"code": "", "message": ""}}
		}
		return mustJSON(map[string]any{"error": answer})
	}
	answer := map[string]any{"code": f.code, "message": map[string]string{"lang": "en-us", "value": text}}
	if inBatch {
		answer["innererror"] = map[string]any{"context": nil, "trace": nil}
	}
	return mustJSON(map[string]any{"error": answer})
}

// mustJSON encodes values built in this package of maps, slices, strings and numbers, which always encode.
func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
