package b1sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// faultBefore lets ordered faults strike before the call is carried out: those that only delay it or take its session one
// after the other, up to the first that is the answer. It returns that answer.
func (c *Company) faultBefore(cl *call) *response {
	goesOn := func(f Fault) bool { return f == Slow || f == SessionExpire }
	for _, armed := range c.faults.takeUntil(faultsBefore, cl, func(f Fault) bool { return !goesOn(f) }) {
		switch armed.Fault {
		case RefuseBeforeCommit, BatchVetoDrop:
			return &response{drop: true}
		case BadGatewayBefore:
			return badGateway()
		case Unavailable:
			return unavailableAnswer()
		case Empty500:
			return newResponse(http.StatusInternalServerError, nil)
		case SessionExpire:
			c.sessions.dropAll()
		case Slow:
			c.pace.wait(time.Duration(armed.Delay))
		}
	}
	return nil
}

// faultAfter lets ordered faults strike after a commit. A call that changed nothing is not struck: there would be
// nothing ambiguous about it.
func (c *Company) faultAfter(cl *call, answer *response) *response {
	if !answer.committed {
		return answer
	}
	for _, armed := range c.faults.takeUntil(faultsAfter, cl, func(f Fault) bool { return f != ReplyLate }) {
		switch armed.Fault {
		case CommitThenDrop:
			return &response{drop: true}
		case CommitThenBadGateway:
			return badGateway()
		case ReplyLate:
			c.pace.wait(time.Duration(armed.Delay))
		}
	}
	return answer
}

// badGateway is the page of the Apache load balancer when a node does not answer it (B1SLayer issue 78): HTML, not
// JSON.
func badGateway() *response {
	return htmlPage(http.StatusBadGateway, "502 Proxy Error", "Proxy Error",
		"The proxy server received an invalid response from an upstream server.<br />Reason: <strong>Error reading from remote server</strong>")
}

// unavailableAnswer is the load balancer's page when no node is up.
func unavailableAnswer() *response {
	return htmlPage(http.StatusServiceUnavailable, "503 Service Unavailable", "Service Unavailable",
		"The server is temporarily unable to service your request. Please try again later.")
}

func htmlPage(status int, title, heading, text string) *response {
	answer := newResponse(status, fmt.Appendf(nil,
		"<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>%s</title>\n</head><body>\n<h1>%s</h1>\n<p>%s</p>\n</body></html>\n",
		title, heading, text))
	answer.header.Set("Content-Type", "text/html; charset=iso-8859-1")
	return answer
}

// Duration is a time.Duration that JSON spells as "1.5s".
type Duration time.Duration

// MarshalJSON writes the duration as Go spells it.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// UnmarshalJSON reads the form that MarshalJSON writes.
func (d *Duration) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return fmt.Errorf("a duration is a text such as \"1.5s\": %w", err)
	}
	parsed, err := time.ParseDuration(text)
	*d = Duration(parsed)
	return err
}
