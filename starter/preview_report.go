package main

import (
	"bytes"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/shopspring/decimal"

	"datawald/order"
	"datawald/preview"
)

// table writes lines in columns, without blanks at their ends.
func (a *app) table(write func(row func(format string, args ...any))) {
	var text bytes.Buffer
	t := tabwriter.NewWriter(&text, 0, 8, 2, ' ', 0)
	write(func(format string, args ...any) { fmt.Fprintf(t, format+"\n", args...) })
	_ = t.Flush() // a buffer takes all
	for line := range strings.Lines(text.String()) {
		a.say("%s", strings.TrimRight(line, " \n"))
	}
}

// showSummary tells what a range comes to.
func showSummary(a *app, rules usedRules, s preview.Summary) {
	a.table(func(row func(string, ...any)) {
		row("orders\t%d\t%s", s.Orders, states(s.States))
		row("would post\t%d\t%s", posted(s), amounts(s.Post))
		if s.InB1 > 0 {
			row("  in B1 already\t%d", s.InB1)
		}
		if s.Asks > 0 {
			row("  asks B1 first\t%d\tabout the business partner or a barcode", s.Asks)
		}
		for _, r := range s.Rounding {
			row("  with rounding\t%d\t%s together, %s at most", r.Orders, money(r.Total, r.Currency), money(r.Largest, r.Currency))
		}
		row("would be held\t%d\t", preview.Count(s.Held))
		groups(row, s.Held)
		row("left out\t%d\t", preview.Count(s.LeftOut))
		groups(row, s.LeftOut)
		row("rules\t\tversion %s, %s", rules.ID(), rules.from)
	})
}

func posted(s preview.Summary) (n int) {
	for _, a := range s.Post {
		n += a.Orders
	}
	return n
}

// groups names each reason or rule with some of its orders.
func groups(row func(string, ...any), all []preview.Group) {
	for _, g := range all {
		keys := make([]string, len(g.Examples))
		for i, k := range g.Examples {
			keys[i] = string(k)
		}
		if g.Orders > len(keys) {
			keys = append(keys, "…")
		}
		row("  %s\t%d\t%s", g.Name, g.Orders, strings.Join(keys, " "))
	}
}

func amounts(all []preview.Amount) string {
	shown := make([]string, len(all))
	for i, a := range all {
		shown[i] = money(a.Total, a.Currency)
		if len(all) > 1 {
			shown[i] = fmt.Sprintf("%d: %s", a.Orders, shown[i])
		}
	}
	return strings.Join(shown, ", ")
}

// states says how many orders are in each state now.
func states(all map[order.Status]int) string {
	var shown []string
	for _, s := range order.Statuses() {
		if all[s] > 0 {
			shown = append(shown, fmt.Sprintf("%s %d", s, all[s]))
		}
	}
	return strings.Join(shown, ", ")
}

func money(amount decimal.Decimal, currency string) string {
	return order.Money{Amount: amount, Currency: currency}.String()
}
