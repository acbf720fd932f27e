package magento

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sort"
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
	return &order.Failure{Kind: order.Transient, System: system, Op: op, Code: "no_answer", Message: "no answer: " + text, Err: err}
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// failure reads an answer other than 200.
func failure(op string, res *http.Response, body []byte) *order.Failure {
	f := &order.Failure{System: system, Op: op, Code: strconv.Itoa(res.StatusCode), Kind: order.Transient,
		RetryAfter: retryAfter(res.Header.Get("Retry-After"))}
	f.Message = message(body)
	if f.Message == "" {
		f.Message = fmt.Sprintf("HTTP %d %s", res.StatusCode, http.StatusText(res.StatusCode))
	}
	switch res.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		f.Kind = order.Config
		f.Hint = unauthorizedHint(f.Message)
	case http.StatusNotFound:
		f.Kind = order.Permanent
		if strings.Contains(f.Message, "does not match any route") {
			f.Kind, f.Hint = order.Config, "Check MAGENTO_URL: it must lead to the REST API."
		}
	case http.StatusBadRequest:
		f.Kind = order.Permanent
	case http.StatusServiceUnavailable:
		f.Hint = "The shop is in maintenance mode or overloaded."
	}
	return f
}

// unauthorizedHint names the likeliest of the four causes that Magento answers alike.
func unauthorizedHint(message string) string {
	switch m := strings.ToLower(message); {
	case strings.Contains(m, "signature"):
		return "The signature was refused: check both secrets, and that the shop sees the address and scheme that you call (a proxy that ends TLS must be trusted)."
	case strings.Contains(m, "isn't authorized"):
		return "Check the token, that the integration may read orders (Magento_Sales::actions_view), and on 2.4.4 or later that bearer tokens are switched on (oauth/consumer/enable_integration_as_bearer) or give the OAuth credentials."
	case strings.Contains(m, "nonce"):
		return "The nonce was seen before: another program uses the same credentials, or a proxy repeats requests."
	}
	return "Check the integration's credentials and that it is active."
}

// message reads Magento's error with its placeholders filled in, which Magento leaves to the client.
func message(body []byte) string {
	var e struct {
		Message    string          `json:"message"`
		Parameters json.RawMessage `json:"parameters"`
	}
	if json.Unmarshal(body, &e) != nil {
		return ""
	}
	return strings.Join(strings.Fields(fillIn(e.Message, e.Parameters)), " ")
}

// fillIn replaces %1 by the first of a list and %name by the member of an object.
func fillIn(text string, parameters json.RawMessage) string {
	values := map[string]string{}
	var asList []any
	var asObject map[string]any
	if json.Unmarshal(parameters, &asList) == nil {
		for i, v := range asList {
			values[strconv.Itoa(i+1)] = fmt.Sprint(v)
		}
	} else if json.Unmarshal(parameters, &asObject) == nil {
		for k, v := range asObject {
			values[k] = fmt.Sprint(v)
		}
	}
	names := make([]string, 0, len(values))
	for n := range values {
		names = append(names, n)
	}
	// Longer names first: %field must not eat the front of %fieldName, nor %1 that of %12.
	sort.Slice(names, func(i, j int) bool { return len(names[i]) > len(names[j]) })
	for _, n := range names {
		text = strings.ReplaceAll(text, "%"+n, values[n])
	}
	return text
}

// retryAfter reads seconds or an HTTP date.
func retryAfter(v string) time.Duration {
	if v == "" {
		return 0
	}
	if n, err := strconv.Atoi(v); err == nil && n >= 0 {
		return time.Duration(n) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil && time.Until(t) > 0 {
		return time.Until(t)
	}
	return 0
}
