package b1sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/shopspring/decimal"
)

// State is the answer of GET /state.
type State struct {
	Count      int     `json:"count"` // sales orders, cancelled ones too
	DraftCount int     `json:"draft_count"`
	Orders     []Order `json:"orders,omitempty"` // left out by ?summary=1
	Drafts     []Order `json:"drafts,omitempty"`
	// Partners are the codes of the business partners.
	Partners []string `json:"partners,omitempty"`
	// UserTables has the codes of the rows of each user table, named without U_.
	UserTables     map[string][]string `json:"user_tables,omitempty"`
	DuplicateKeys  []string            `json:"duplicate_keys"`
	Calls          map[string]int      `json:"calls"`
	Logins         int                 `json:"logins"`
	Sessions       int                 `json:"sessions"`
	MaxConcurrency int                 `json:"max_concurrency_seen"`
	Outage         Outage              `json:"outage"`
}

// Control is the body of POST /control: each field that is present changes something, nothing else does.
type Control struct {
	Faults         []Rule                     `json:"faults"`       // ordered after clearing
	ClearFaults    bool                       `json:"clear_faults"` // takes back all rules
	Approval       *ApprovalRule              `json:"approval"`
	PostingPeriod  *PostingPeriod             `json:"posting_period"`
	Rates          map[string]decimal.Decimal `json:"rates"` // zero takes a rate away
	Language       string                     `json:"language"`
	Latency        *LatencyRule               `json:"latency"`
	Knee           *int                       `json:"knee"`
	Restart        bool                       `json:"restart"`
	ExpireSessions bool                       `json:"expire_sessions"`
	Outage         *Outage                    `json:"outage"` // "" ends it
	Rights         *Rights                    `json:"rights"`
	Password       string                     `json:"password"` // that of the user; sessions end
}

// ApprovalRule is Approval in JSON.
type ApprovalRule struct {
	On    bool            `json:"on"`
	Above decimal.Decimal `json:"above"`
}

// PostingPeriod bounds the open periods by days as 2006-01-02; an empty text is no bound.
type PostingPeriod struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// LatencyRule is Latency in JSON.
type LatencyRule struct {
	Read    Duration `json:"read"`
	Write   Duration `json:"write"`
	PerLine Duration `json:"per_line"`
}

// target names the document of /control/approve, reject and cancel.
type target struct {
	Key  string `json:"key"`
	Post *bool  `json:"post"` // approve: false leaves the approved draft to its author; default true
}

// serveControl answers the simulator's own addresses. They need no session and are for the machine itself.
func (c *Company) serveControl(w http.ResponseWriter, r *http.Request) {
	answer, err := c.control(r)
	if err != nil {
		write(w, newResponse(http.StatusBadRequest, mustJSON(map[string]string{"error": err.Error()})))
		return
	}
	write(w, newResponse(http.StatusOK, mustJSON(answer)))
}

func (c *Company) control(r *http.Request) (any, error) {
	switch r.Method + " " + r.URL.Path {
	case "GET /state":
		return c.state(r.URL.Query().Get("summary") != ""), nil
	case "GET /control":
		rules, struck := c.Faults()
		return map[string]any{"faults": rules, "struck": struck}, nil
	case "POST /control":
		var order Control
		return accepted, readControl(r, &order, func() error { return c.apply(order) })
	case "POST /control/item":
		item := Item{Sales: true}
		return accepted, readControl(r, &item, func() error { return c.PutItem(item) })
	case "POST /control/approve":
		var on target
		return accepted, readControl(r, &on, func() error { return c.approve(on) })
	case "POST /control/reject":
		var on target
		return accepted, readControl(r, &on, func() error { return c.Reject(on.Key) })
	case "POST /control/tamper":
		var on Tamper
		return accepted, readControl(r, &on, func() error { return c.Tamper(on) })
	case "POST /control/cancel":
		var on target
		return accepted, readControl(r, &on, func() error { return c.Cancel(on.Key) })
	}
	return nil, fmt.Errorf("no such control: %s %s", r.Method, r.URL.Path)
}

var accepted = map[string]bool{"ok": true}

// readControl reads a body, refusing names it does not know, and then acts.
func readControl(r *http.Request, into any, act func() error) error {
	var body bytes.Buffer
	if _, err := body.ReadFrom(http.MaxBytesReader(nil, r.Body, maxBody)); err != nil {
		return err
	}
	dec := json.NewDecoder(&body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return err
	}
	return act()
}

func (c *Company) approve(on target) error {
	if on.Post != nil && !*on.Post {
		return c.ApproveOnly(on.Key)
	}
	return c.Approve(on.Key)
}

func (c *Company) state(summary bool) State {
	orders, drafts, traffic := c.Orders(), c.Drafts(), c.Traffic()
	state := State{
		Count: len(orders), DraftCount: len(drafts), DuplicateKeys: duplicates(orders, drafts), Calls: traffic.Calls,
		Logins: traffic.Logins, Sessions: c.sessions.count(), MaxConcurrency: traffic.MaxConcurrency,
	}
	state.Outage, _ = c.outage.now()
	if !summary {
		state.Orders, state.Drafts, state.UserTables, state.Partners = orders, drafts, c.userTables(), c.Partners()
	}
	return state
}

// apply carries out the changes that were asked for, after checking them all.
func (c *Company) apply(order Control) error {
	if err := order.validate(); err != nil {
		return err
	}
	if order.ClearFaults {
		c.ClearFaults()
	}
	for _, rule := range order.Faults {
		if err := c.Inject(rule); err != nil {
			return err
		}
	}
	c.applySettings(order)
	if order.Restart {
		c.Restart()
	}
	if order.ExpireSessions {
		c.ExpireSessions()
	}
	if order.Outage != nil {
		return c.SetOutage(*order.Outage)
	}
	return nil
}

func (order Control) validate() error {
	if order.Language != "" && order.Language != "en" && order.Language != "es" {
		return fmt.Errorf("language %q is neither en nor es", order.Language)
	}
	if p := order.PostingPeriod; p != nil && !(isDay(p.From) && isDay(p.To)) {
		return fmt.Errorf("posting period %q to %q is not given by dates", p.From, p.To)
	}
	if order.Outage != nil && !order.Outage.known() {
		return order.Outage.unknown()
	}
	if order.Knee != nil && *order.Knee < 0 {
		return fmt.Errorf("knee %d is negative", *order.Knee)
	}
	return nil
}

func (c *Company) applySettings(order Control) {
	if a := order.Approval; a != nil {
		c.SetApproval(Approval{On: a.On, Above: a.Above})
	}
	if p := order.PostingPeriod; p != nil {
		c.SetPostingPeriod(p.From, p.To)
	}
	for currency, rate := range order.Rates {
		c.SetRate(currency, rate)
	}
	if order.Language != "" {
		c.SetLanguage(order.Language)
	}
	if l := order.Latency; l != nil {
		c.SetLatency(Latency{Read: time.Duration(l.Read), Write: time.Duration(l.Write), PerLine: time.Duration(l.PerLine)})
	}
	if order.Knee != nil {
		c.SetKnee(*order.Knee)
	}
	if order.Rights != nil {
		c.SetRights(*order.Rights)
	}
	if order.Password != "" {
		c.SetPassword(order.Password)
	}
}
