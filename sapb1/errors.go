package sapb1

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"datawald/order"
)

const system = "b1"

// Codes that decide what a caller does. Texts are localised, so the class never comes from their words.
const (
	codeSessionGone   = "301"
	codeNoMatch       = "-2028" // also: an approval procedure made a draft (Service Layer API Reference, POST Orders)
	codeDuplicate     = "-2035"
	codeConcurrent    = "-2039"
	codeCommitFailed  = "-1116" // the commit may have happened (B1SLayer issue 81)
	codeBadLogin      = "-304"
	codeLoginFailed   = "100000027"
	codeSwitchCompany = "-5027"

	codeNoAnswer  = "no_answer"  // ours: B1 said nothing
	codeNoSession = "no_session" // ours: a login that gives no session
)

// Hints that tell causes of the kind Config apart.
const (
	hintAddress = "Check that B1_URL leads to the Service Layer, https://host:50000/b1s/v2, and that nothing on the way sends callers elsewhere."
	hintRights  = "Check the B1 user's licence and authorisations."
)

// failure is the answer of a call that did not succeed: method and status decide between transient and unknown.
func failure(op string, write bool, status int, header http.Header, body []byte) *order.Failure {
	f := &order.Failure{System: system, Op: op, Code: strconv.Itoa(status), Status: status, RetryAfter: retryAfter(header.Get("Retry-After"))}
	code, message, isJSON := parseError(body)
	if !isJSON {
		f.Message = "HTTP " + strconv.Itoa(status) + " " + http.StatusText(status) + ", not from B1 itself"
		f.Kind, f.Hint = gatewayKind(write, status)
		return f
	}
	f.Message = oneLine(message)
	f.Code, f.Field, f.Detail = odbc(f.Message, code), place(f.Message), detail(f.Message)
	if f.Message == "" {
		f.Message = "HTTP " + strconv.Itoa(status) + " without a text"
	}
	f.Kind, f.Hint = classify(f.Code, write, status)
	if f.Kind == order.Permanent && sequenceLost.MatchString(f.Message) {
		f.Kind = order.Transient
	}
	return f
}

// gatewayKind is for answers of what stands before B1.
func gatewayKind(write bool, status int) (order.Kind, string) {
	switch {
	case status == http.StatusTooManyRequests:
		return order.Transient, ""
	case status < 400, status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusNotFound:
		// A proxy or a wrong path, never a document.
		return order.Config, hintAddress
	case write:
		return order.Unknown, ""
	}
	return order.Transient, ""
}

// longestWait bounds what the other side may ask for.
const longestWait = 24 * time.Hour

// retryAfter reads the seconds that a load balancer asks to wait.
func retryAfter(v string) time.Duration {
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 {
		return 0
	}
	return time.Duration(min(n, int(longestWait/time.Second))) * time.Second
}

func classify(code string, write bool, status int) (order.Kind, string) {
	switch code {
	case codeBadLogin, codeLoginFailed, codeSwitchCompany:
		return order.Config, "Check B1 company database, user and password."
	case codeSessionGone:
		return order.Transient, ""
	case codeConcurrent:
		return order.Transient, ""
	case codeCommitFailed, codeNoMatch, codeDuplicate:
		if write {
			return order.Unknown, ""
		}
	}
	switch {
	case status == http.StatusPreconditionFailed, status == http.StatusTooManyRequests:
		return order.Transient, ""
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return order.Config, hintRights
	case status >= 500 && write:
		return order.Unknown, ""
	case status >= 500:
		return order.Transient, ""
	}
	return order.Permanent, ""
}

// transportFailure is a call that got no answer. A write is unknown unless the connection was never made.
func transportFailure(op string, write bool, err error) *order.Failure {
	f := &order.Failure{System: system, Op: op, Code: codeNoAnswer, Message: "no answer: " + transportText(err), Err: err, Kind: order.Unknown}
	var dial *net.OpError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &certificate): // before anything was sent
		f.Kind, f.Hint = order.Config, "Give the authority of B1's certificate in B1_CA_FILE, and B1_URL the name that the certificate has."
	case !write, errors.As(err, &dial) && dial.Op == "dial":
		f.Kind = order.Transient
	}
	return f
}

// transportText leaves the address and query out: they may hold an order's reference.
func transportText(err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "timed out"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Op + ": " + op.Err.Error()
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		err = e
	}
	return err.Error()
}

// parseError reads both shapes: v1 {"error":{"code":-10,"message":{"lang":…,"value":…}}}, v2 {"error":{"code":"-10","message":"…"}}.
func parseError(body []byte) (code, message string, ok bool) {
	var e struct {
		Error struct {
			Code    json.RawMessage `json:"code"`
			Message json.RawMessage `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &e) != nil || len(e.Error.Code) == 0 {
		return "", "", false
	}
	code = strings.Trim(string(e.Error.Code), `"`)
	var text string
	if json.Unmarshal(e.Error.Message, &text) == nil {
		return code, text, true
	}
	var v1 struct {
		Value string `json:"value"`
	}
	if json.Unmarshal(e.Error.Message, &v1) == nil {
		return code, v1.Value, true
	}
	return code, "", true
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
