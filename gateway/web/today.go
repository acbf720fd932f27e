package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"datawald/gateway/api"
	"datawald/order"
)

// todayPage is the start page: whether all is well, and what is not.
type todayPage struct {
	api.Status
	Instance string
	// Headline says the level, Sentence counts the orders.
	Headline, Sentence string
	Needs              []need
	States             []tile
	Chart              *chart
	// Late is true when the picture is still being counted, Uncounted when it cannot be.
	Late, Uncounted bool
}

// need is one thing that waits for a person; Link is the page that shows it.
type need struct {
	api.Need
	Link string
}

// tile is one state with its count.
type tile struct {
	Status order.Status
	Count  int64
	Link   string
}

func today(v *visit) error {
	p := todayPage{Instance: v.instance()}
	drawn := p.drawing(v)
	if err := v.get("/api/v1/status", v.ofInstance(), &p.Status); err != nil {
		return err
	}
	p.Sentence, p.Headline = sentence(p.Orders), headline(&p.Status)
	for _, n := range p.Status.Needs {
		p.Needs = append(p.Needs, need{n, pageOf(n.Link)})
	}
	for _, status := range order.Statuses() {
		p.States = append(p.States, tile{status, p.Orders[status], "/orders?" + v.ofMany("state", string(status)).Encode()})
	}
	if err := drawn(); err != nil {
		return err
	}
	return v.show(http.StatusOK, "today", p.Headline, p)
}

const (
	// chartHours is how far back the picture goes.
	chartHours = "24"
	// chartTime is how long the page takes for it, beside all else. When it takes longer the page comes without the picture, and asks for it again.
	chartTime = 200 * time.Millisecond
)

// drawing begins the picture of the last hours; drawn adds it. Without statistics, or when they take long, the page is shown all the same.
func (p *todayPage) drawing(v *visit) (drawn func() error) {
	q := v.ofInstance()
	q.Set("hours", chartHours)
	counted, late := make(chan error, 1), time.After(chartTime)
	s := &api.Statistics{}
	go func() { counted <- v.get("/api/v1/statistics", q, s) }()
	return func() error {
		select {
		case err := <-counted:
			if p.Uncounted = asProblem(err) != nil; err != nil {
				return unlessProblem(err)
			}
		case <-late:
			p.Late = true // the count goes on, and who asks next has use of it
			return nil
		}
		p.draw(s)
		return nil
	}
}

// draw makes the picture.
func (p *todayPage) draw(s *api.Statistics) {
	hours := make([]hour, len(s.Hours))
	for n, h := range s.Hours {
		hours[n] = hour{At: h.Hour, Placed: h.Placed, Posted: h.Posted, Held: h.Held, Median: -1, P95: -1}
		if t := h.FromPlaced; t != nil {
			hours[n].Median, hours[n].P95 = t.MedianSeconds, t.P95Seconds
		}
	}
	p.Chart = draw(hours, inHours(s))
}

// inHours is the picture in words.
func inHours(s *api.Statistics) string {
	text := fmt.Sprintf("In the last %d hours %s placed and %s came to B1.", len(s.Hours), plural(s.Placed, "order was", "orders were"), plural(s.Posted, "order", "orders"))
	if t := s.FromPlaced; t != nil {
		text += fmt.Sprintf(" From placed to B1 half took no longer than %s, 95 %% no longer than %s.", seconds(t.MedianSeconds), seconds(t.P95Seconds))
	}
	if t := s.ToSeen; t != nil {
		text += fmt.Sprintf(" Half were seen here within %s of being placed.", seconds(t.MedianSeconds))
	}
	if !s.Whole {
		text += " The older hours are still being counted."
	}
	return text
}

// headline says in one line whether all is well.
func headline(s *api.Status) string {
	switch {
	case s.Level == api.LevelOK:
		return "All is well"
	case s.Level == api.LevelTrouble:
		return "Orders do not get on"
	case len(s.Needs) == 1 && s.Needs[0].Code == "orders_held":
		return plural(s.Needs[0].Count, "order needs", "orders need") + " a person"
	}
	return plural(len(s.Needs), "thing needs", "things need") + " a person"
}

// pageOf is the page that shows what an address of the API does; empty where there is none.
func pageOf(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	q := u.Query()
	to := map[string]string{"/api/v1/orders": "/orders", "/api/v1/schedule": "/runs", "/api/v1/runs": "/runs", "/api/v1/backfills/latest": "/resync", "/api/v1/rules": "/rules", "/api/v1/reconciliations": "/reconciliation"}[u.Path]
	if to == "" {
		return ""
	}
	if len(q) > 0 {
		to += "?" + q.Encode()
	}
	return to
}

// sentence counts the orders by state: 1,204 orders from Magento: 1,198 in B1, 4 excluded, 2 held.
func sentence(counts map[order.Status]int64) string {
	var all int64
	for _, n := range counts {
		all += n
	}
	if all == 0 {
		return "No order from Magento yet."
	}
	var parts []string
	for _, s := range []order.Status{order.Posted, order.Pending, order.Draft, order.Excluded, order.Cancelled, order.Held} {
		if n := counts[s]; n > 0 || s == order.Posted {
			parts = append(parts, count(n)+" "+inSentence[s])
		}
	}
	return plural(all, "order", "orders") + " from Magento: " + strings.Join(parts, ", ") + "."
}

var inSentence = map[order.Status]string{order.Posted: "in B1", order.Pending: "waiting for B1", order.Draft: "as a draft in B1",
	order.Excluded: "excluded", order.Cancelled: "cancelled", order.Held: "held"}
