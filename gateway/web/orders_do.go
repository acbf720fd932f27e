package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"datawald/gateway/api"
	"datawald/gateway/desk"
)

// bulkPage asks before something is done with many orders, and says what came of it.
type bulkPage struct {
	Action desk.Action
	// Asks is what is about to be done, Verb its past.
	Asks, Verb string
	Reasoned   bool
	Keys       []string
	// Filter selects the orders where no keys do, in words in Selected.
	Filter   url.Values
	Selected string
	Reason   string
	Back     string
	// Counted says what would be done, or was done.
	Counted api.ActionsResult
	Done    bool
	Problem *api.Problem
}

var bulkWords = map[desk.Action][3]string{desk.Retry: {"Try again", "tried again", "Try orders again"}, desk.Skip: {"Skip", "skipped", "Skip orders"},
	desk.Resume: {"Resume", "resumed", "Resume orders"}, desk.Settle: {"Settle", "settled", "Settle what changed"}}

// bulk is done in two steps: the first counts what would be done, the second does it.
func bulk(v *visit) error {
	f := v.r.PostForm
	do, all, _ := strings.Cut(f.Get("do"), ":")
	p := bulkPage{Action: desk.Action(do), Keys: f["key"], Filter: url.Values{}, Reason: f.Get("reason"), Back: ownPath(f.Get("back"))}
	texts, known := bulkWords[p.Action]
	if !known {
		return nowhere(v)
	}
	p.Asks, p.Verb, p.Reasoned = texts[0], texts[1], p.Action == desk.Skip || p.Action == desk.Settle
	for name, values := range f {
		if filter, is := strings.CutPrefix(name, "filter."); is && slices.Contains(filters, filter) {
			p.Filter[filter] = values
		}
	}
	if all == "all" {
		p.Keys = nil
	} else if len(p.Keys) == 0 {
		return unfit("Nothing is selected. Go back, tick the orders and press the button again.")
	}
	p.Selected = p.inWords()
	if f.Get("sure") != "" {
		return p.carryOut(v)
	}
	return p.ask(v, http.StatusOK)
}

// request is the body of the call, for a filter or for keys.
func (p *bulkPage) request() map[string]any {
	body := map[string]any{"action": p.Action}
	if p.Reason != "" {
		body["reason"] = p.Reason
	}
	if len(p.Keys) > 0 {
		body["keys"] = p.Keys
		return body
	}
	filter := map[string]any{}
	for name, values := range p.Filter {
		switch name {
		case "state":
			filter["states"] = values
		case "attention":
			filter[name] = values[0] == "true"
		case "store":
			if n, err := strconv.ParseInt(values[0], 10, 64); err == nil {
				filter[name] = n
			}
		default:
			filter[name] = values[0]
		}
	}
	body["filter"] = filter
	return body
}

// ask counts what would be done and shows it.
func (p *bulkPage) ask(v *visit, status int) error {
	body := p.request()
	body["dry_run"] = true
	if err := p.all(v, body); err != nil {
		return err
	}
	return v.show(status, "bulk", bulkWords[p.Action][2], p)
}

// all sends a request, and goes on where an answer ends for want of time, within the time of the visit.
func (p *bulkPage) all(v *visit, body map[string]any) error {
	once := v.r.PostFormValue("once")
	sum := api.ActionsResult{}
	for n := 0; n < bulkRounds; n++ {
		var part api.ActionsResult
		c := call{method: http.MethodPost, path: "/api/v1/orders/actions", body: body}
		if once != "" && body["dry_run"] == nil {
			c.once = once + "-" + strconv.Itoa(n)
		}
		if _, err := v.ask(c, &part); err != nil {
			p.Counted = sum
			return err
		}
		sum = added(sum, part)
		if part.Next == "" {
			break
		}
		body["next"] = part.Next
		delete(body, "expect")
	}
	p.Counted = sum
	return nil
}

// bulkRounds is how many answers make one page: each may take six seconds, and the browser waits less than half a minute.
const bulkRounds = 3

func added(a, b api.ActionsResult) api.ActionsResult {
	if a.Action == "" {
		return b
	}
	a.Done, a.Refused, a.Started, a.Queued, a.Next = a.Done+b.Done, a.Refused+b.Refused, a.Started+b.Started, a.Queued+b.Queued, b.Next
	a.Fault = b.Fault
	a.Refusals, a.Runs = append(a.Refusals, b.Refusals...), append(a.Runs, b.Runs...)
	for _, w := range b.Why {
		if i := slices.IndexFunc(a.Why, func(o api.RefusalCount) bool { return o.WhyNot == w.WhyNot }); i >= 0 {
			a.Why[i].Count += w.Count
		} else {
			a.Why = append(a.Why, w)
		}
	}
	return a
}

// carryOut does what was asked and confirmed.
func (p *bulkPage) carryOut(v *visit) error {
	body := p.request()
	if len(p.Keys) == 0 {
		expect, err := strconv.ParseInt(v.r.PostFormValue("expect"), 10, 64)
		if err != nil {
			return unfit("The number of orders that you saw is missing. Go back and press the button again.")
		}
		body["expect"] = expect
	}
	if next := v.r.PostFormValue("next"); next != "" {
		body["next"] = next
		delete(body, "expect")
	}
	err := p.all(v, body)
	if p.Problem = asProblem(err); p.Problem != nil {
		if p.Counted.Done > 0 { // a part of it is done: that must be said
			p.Done = true
			return v.show(p.Problem.Status, "bulk", "A part was "+p.Verb, p)
		}
		if err := p.ask(v, p.Problem.Status); asProblem(err) != nil {
			return p.Problem
		} else {
			return err
		}
	}
	if err != nil {
		return err
	}
	p.Done = true
	if p.Counted.Refused == 0 && p.Counted.Next == "" {
		v.redirect(p.withDone())
		return nil
	}
	return v.show(http.StatusOK, "bulk", "Some orders were not "+p.Verb, p)
}

// withDone is the list that one came from, with what was done.
func (p *bulkPage) withDone() string {
	u, err := url.Parse(p.Back)
	if err != nil {
		return "/orders"
	}
	q := u.Query()
	q.Set("done", "bulk-"+string(p.Action))
	q.Set("n", strconv.Itoa(p.Counted.Done))
	u.RawQuery = q.Encode()
	return u.String()
}

// inWords says which orders are meant.
func (p *bulkPage) inWords() string {
	if len(p.Keys) > 0 {
		return plural(len(p.Keys), "selected order", "selected orders")
	}
	var parts []string
	for _, name := range filters {
		for _, value := range p.Filter[name] {
			if name == "state" {
				value = statusName(value)
			}
			parts = append(parts, filterNames[name]+" "+value)
		}
	}
	if len(parts) == 0 {
		return "all orders"
	}
	return "all orders with " + strings.Join(parts, ", ")
}

var filterNames = map[string]string{"instance": "instance", "state": "state", "reason": "reason", "attention": "to look at", "write_back": "Magento told",
	"store": "store", "from": "placed from", "to": "placed until", "q": "text"}
