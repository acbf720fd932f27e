package sapb1

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"datawald/order"
)

// maxAnswer bounds what is read of one answer; a page of 20 full orders is about 400 KB. A partner with 40,000 contact
// persons is more.
const maxAnswer = 32 << 20

// codeTooLarge is the code of a failure for an answer beyond maxAnswer: it would be the same each time.
const codeTooLarge = "answer_too_large"

// codePage is the code of a failure for a page in place of an answer, with a good status: a proxy or a guard before B1 speaks.
const codePage = "page"

// reader is what reads an answer that is not one JSON document.
type reader interface {
	read(r request, res *http.Response, body []byte) error
}

// read makes of what came back what the caller wants, or the failure that it is; err is that of the connection.
func read(r request, res *http.Response, body []byte, err error, out any) error {
	switch {
	case err != nil:
		return transportFailure(r.op, r.write, err)
	case res.StatusCode >= 300:
		return failure(r.op, r.write, res.StatusCode, res.Header, body)
	}
	err = decode(r, res, body, out)
	if f := failureOf(err); f != nil && f.Code == codeUnreadable {
		if f.Status = res.StatusCode; isPage(body) {
			f.Code = codePage
		}
	}
	return err
}

// isPage reports whether an answer is HTML: B1 writes JSON, or parts.
func isPage(body []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) }

// decode reads a good answer. Nothing is read where nothing is wanted, a change is answered 204, without a body; but a page is
// no answer.
func decode(r request, res *http.Response, body []byte, out any) error {
	if out == nil && isPage(body) {
		return unreadable(r, fmt.Sprintf("HTTP %d with a page", res.StatusCode), nil)
	}
	if out == nil {
		return nil
	}
	if len(body) > maxAnswer {
		return tooLarge(r)
	}
	if own, ok := out.(reader); ok {
		return own.read(r, res, body)
	}
	if err := json.Unmarshal(body, out); err != nil {
		return notJSON(r, res, err)
	}
	return nil
}

func notJSON(r request, res *http.Response, err error) *order.Failure {
	return unreadable(r, fmt.Sprintf("HTTP %d with an answer that is not the JSON it should be", res.StatusCode), err)
}

// tooLarge is a good answer that was cut off. A read is refused for good, a write is unknown as with every answer that
// cannot be read.
func tooLarge(r request) *order.Failure {
	f := unreadable(r, fmt.Sprintf("the answer is larger than %d MB", maxAnswer>>20), nil)
	f.Code = codeTooLarge
	if !r.write {
		f.Kind = order.Permanent
	}
	return f
}

// IsTooLarge reports whether B1's answer was too large to be read.
func IsTooLarge(err error) bool {
	f, ok := errors.AsType[*order.Failure](err)
	return ok && f.System == system && f.Code == codeTooLarge
}

const codeUnreadable = "unreadable"

// unreadable is a good answer that does not say what it should. It leaves a write unknown: B1 did something.
func unreadable(r request, message string, err error) *order.Failure {
	f := &order.Failure{Kind: order.Transient, System: system, Op: r.op, Code: codeUnreadable, Message: message, Err: err}
	if r.write {
		f.Kind = order.Unknown
	}
	return f
}

// IsNotFound reports whether B1 says that the named document does not exist.
func IsNotFound(err error) bool {
	f, ok := errors.AsType[*order.Failure](err)
	return ok && f.System == system && f.Code == codeNoMatch
}
