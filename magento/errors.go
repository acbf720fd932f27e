package magento

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"datawald/order"
)

const system = "magento"

// transportFailure is a read that got no answer; reads may always be repeated.
func transportFailure(op string, err error) *order.Failure {
	text := "connection failed"
	var op2 *net.OpError
	switch {
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		text = "timed out"
	case errors.Is(err, context.Canceled):
		text = "cancelled"
	case errors.As(err, &op2):
		text = op2.Op + ": " + op2.Err.Error()
	}
	f := &order.Failure{Kind: order.Transient, System: system, Op: op, Code: "no_answer", Message: "no answer: " + text, Err: err}
	if c, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		f.Message = "no answer: " + c.Err.Error()
		f.Kind, f.Hint = order.Config, "This machine does not trust the shop's certificate: mend that, or the name in MAGENTO_URL."
	}
	return f
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// badAnswer is an answer with status 200 that is not what was asked for. The shop or what stands before it is out of
// order for the moment.
func badAnswer(op, message string, err error) *order.Failure {
	return &order.Failure{Kind: order.Transient, System: system, Op: op, Code: "unreadable", Message: message, Err: err,
		Hint: "Look at the shop's PHP error log and at the proxy before it."}
}

// failure reads an answer other than 200.
func (r *reply) failure(op string, known access) *order.Failure {
	f := &order.Failure{System: system, Op: op, Code: strconv.Itoa(r.status), Message: message(r.body),
		RetryAfter: retryAfter(r.header.Get("Retry-After"))}
	if !r.fromMagento() {
		f.Message = fmt.Sprintf("HTTP %d %s", r.status, http.StatusText(r.status))
	}
	f.Kind, f.Hint = classify(r.status, f.Message, r.fromMagento(), f.RetryAfter > 0)
	if nonceFailed(f) && !r.now.IsZero() && known.ahead.Abs() < clocksClash {
		notStored(f)
	}
	if f.Kind == order.Config && f.Hint == "" {
		f.Hint = known.refusalHint(f.Message)
	}
	return f
}

// fromMagento is false for pages of a proxy or a firewall.
func (r *reply) fromMagento() bool { return message(r.body) != "" }

// classify says what to do about an answer. fromMagento is false for pages of a proxy or a firewall. A refused sign-in gets
// its hint from what the client knows of it.
func classify(status int, message string, fromMagento, toldToWait bool) (kind order.Kind, hint string) {
	switch {
	case status >= 300 && status < 400:
		return order.Config, "The shop sends callers elsewhere: give MAGENTO_URL the address that a browser ends at."
	case status == http.StatusUnauthorized && strings.Contains(message, "nonce is already"):
		return order.Transient, "The nonce was seen before: a proxy repeats requests, or the connection broke and the call was repeated."
	case status == http.StatusUnauthorized && !fromMagento:
		return order.Config, "A web server or proxy before the shop asks for a password of its own: let this machine through to /rest without one."
	case status == http.StatusUnauthorized, status == http.StatusForbidden && fromMagento:
		return order.Config, ""
	case status == http.StatusForbidden && !toldToWait:
		return order.Config, "A firewall or proxy before the shop refuses the calls: let this machine through."
	case status == http.StatusNotFound && (!fromMagento || strings.Contains(message, "does not match any route")):
		return order.Config, "Check MAGENTO_URL: it must lead to the REST API."
	case status == http.StatusBadRequest && strings.Contains(message, "Maximum SearchCriteria pageSize"):
		return order.Config, "Set MAGENTO_PAGE_SIZE to no more than that, or raise webapi/validation/maximum_page_size in the shop."
	case status == http.StatusNotFound, status == http.StatusBadRequest:
		return order.Permanent, ""
	case status == http.StatusServiceUnavailable:
		return order.Transient, "The shop is in maintenance mode or overloaded."
	}
	return order.Transient, ""
}

// wireError is an error of Magento; some hold others.
type wireError struct {
	Message    string          `json:"message"`
	Parameters json.RawMessage `json:"parameters"`
	Errors     []wireError     `json:"errors"`
}

// message reads Magento's error in one line, with its placeholders filled in, which Magento leaves to the client.
func message(body []byte) string {
	var e wireError
	if json.Unmarshal(body, &e) != nil {
		return ""
	}
	texts := []string{fillIn(e.Message, e.Parameters)}
	for _, inner := range e.Errors {
		texts = append(texts, fillIn(inner.Message, inner.Parameters))
	}
	return emailPattern.ReplaceAllString(strings.Join(strings.Fields(strings.Join(texts, " ")), " "), hidden)
}

// What Magento names in its errors may be a customer's: "No such entity with email = …". Errors go into Temporal and the
// record of a run, so that addresses and values, unless they are numbers, are left out.
const hidden = "(hidden)"

var (
	emailPattern  = regexp.MustCompile(`[^\s"'<>=:,;()]+@[^\s"'<>=:,;()]+`)
	numberPattern = regexp.MustCompile(`^[0-9.,-]*$`)
)

// impersonal is the value of a placeholder as it may be told: fieldValue, field2Value and the like hold what was asked for.
func impersonal(name string, value any) string {
	text := fmt.Sprint(value)
	if strings.HasSuffix(strings.ToLower(name), "value") && !numberPattern.MatchString(text) {
		return hidden
	}
	return text
}

// fillIn replaces %1 by the first of a list and %name by the member of an object.
func fillIn(text string, parameters json.RawMessage) string {
	values := map[string]any{}
	var asList []any
	if unmarshalExact(parameters, &asList) == nil {
		for i, v := range asList {
			values[strconv.Itoa(i+1)] = v
		}
	} else if unmarshalExact(parameters, &values) != nil {
		return text
	}
	// Longer names first: %field must not eat the front of %fieldName, nor %1 that of %12.
	names := slices.SortedFunc(maps.Keys(values), func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, n := range names {
		pairs = append(pairs, "%"+n, impersonal(n, values[n]))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// longestWait bounds what a shop may ask for.
const longestWait = 24 * time.Hour

// retryAfter reads seconds or an HTTP date.
func retryAfter(v string) time.Duration {
	if v == "" {
		return 0
	}
	if n, err := strconv.Atoi(v); err == nil && n >= 0 {
		return time.Duration(min(n, int(longestWait/time.Second))) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil {
		return min(max(time.Until(t), 0), longestWait)
	}
	return 0
}
