package web

import (
	"net/http"
	"strings"

	"datawald/gateway/api"
	"datawald/order"
)

// todayPage is the start page: whether all is well, and what is not.
type todayPage struct {
	api.Status
	Instance string
	// Level is ok, attention or trouble; Headline says it, Sentence counts the orders.
	Level, Headline, Sentence string
	Needs                     []need
	States                    []tile
	Chart                     *chart
}

// need is one thing that waits for a person.
type need struct {
	Level, Text, Link string
}

// tile is one state with its count.
type tile struct {
	Status order.Status
	Count  int64
	Link   string
}

func today(v *visit) error {
	p := todayPage{Instance: v.instance()}
	if err := v.get("/api/v1/status", v.ofInstance(), &p.Status); err != nil {
		return err
	}
	p.judge()
	for _, status := range order.Statuses() {
		p.States = append(p.States, tile{status, p.Orders[status], "/orders?" + v.filter("state", string(status)).Encode()})
	}
	return v.show(http.StatusOK, "today", p.Headline, p)
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

// judge says whether all is well.
func (p *todayPage) judge() {
	p.Level, p.Headline, p.Sentence = "ok", "All is well", sentence(p.Orders)
	if n := p.Orders[order.Held]; n > 0 {
		p.Needs = append(p.Needs, need{"attention", plural(n, "order is", "orders are") + " held and wait for a person.", "/orders?state=held"})
	}
	if len(p.Needs) > 0 {
		p.Level, p.Headline = "attention", p.Needs[0].Text
	}
}
