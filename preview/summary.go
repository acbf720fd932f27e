package preview

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"datawald/order"
)

// Tally counts outcomes as they come; it keeps numbers and a few keys, whatever the number of orders.
type Tally struct {
	orders   int
	states   map[order.Status]int
	post     map[string]*Amount
	rounding map[string]*Rounding
	held     map[string]*Group
	leftOut  map[string]*Group
	asks     int
	inB1     int
}

// NewTally counts from nothing.
func NewTally() *Tally {
	return &Tally{states: map[order.Status]int{}, post: map[string]*Amount{}, rounding: map[string]*Rounding{},
		held: map[string]*Group{}, leftOut: map[string]*Group{}}
}

// Add counts an outcome.
func (t *Tally) Add(o *Outcome) {
	t.orders++
	if o.State != "" {
		t.states[o.State]++
	}
	switch o.Verdict {
	case Held:
		enter(t.held, o.Hold.Code, o.Key)
		return
	case LeftOut:
		enter(t.leftOut, o.Rule, o.Key)
		return
	}
	if o.inB1 {
		t.inB1++
	}
	if o.Partner != nil || len(o.Barcodes) > 0 {
		t.asks++
	}
	in(t.post, o.Expect.Currency, func() *Amount { return &Amount{Currency: o.Expect.Currency} }).add(o.Expect.Amount)
	if r := o.Rounding(); !r.Amount.IsZero() {
		in(t.rounding, r.Currency, func() *Rounding { return &Rounding{Amount: Amount{Currency: r.Currency}} }).add(r.Amount)
	}
}

// in finds what is counted under a name, and begins it where there is nothing yet.
func in[T any](all map[string]*T, name string, begin func() *T) *T {
	if all[name] == nil {
		all[name] = begin()
	}
	return all[name]
}

// Amount is what orders of one currency come to.
type Amount struct {
	Currency string          `json:"currency"`
	Orders   int             `json:"orders"`
	Total    decimal.Decimal `json:"total"`
}

func (a *Amount) add(d decimal.Decimal) {
	a.Orders++
	a.Total = a.Total.Add(d)
}

// Rounding is what is booked as rounding difference in one currency. Largest has no sign.
type Rounding struct {
	Amount
	Largest decimal.Decimal `json:"largest"`
}

func (r *Rounding) add(d decimal.Decimal) {
	r.Amount.add(d)
	r.Largest = decimal.Max(r.Largest, d.Abs())
}

// examples is how many keys a group names.
const examples = 3

// Group are the orders of one reason or rule.
type Group struct {
	Name     string      `json:"name"`
	Orders   int         `json:"orders"`
	Examples []order.Key `json:"examples"`
}

func enter(groups map[string]*Group, name string, key order.Key) {
	g := in(groups, name, func() *Group { return &Group{Name: name} })
	g.Orders++
	if len(g.Examples) < examples && key != "" {
		g.Examples = append(g.Examples, key)
	}
}

// Summary is what a range comes to. Groups have the largest first.
type Summary struct {
	Orders int `json:"orders"`
	// States are those in which the orders stand now.
	States map[order.Status]int `json:"states"`
	Post   []Amount             `json:"post"`
	// InB1 is how many of those that would be posted B1 has already.
	InB1 int `json:"in_b1"`
	// Asks is how many of those that would be posted wait for an answer of B1 first, about the buyer or a barcode.
	Asks     int        `json:"asks_b1"`
	Held     []Group    `json:"held"`
	LeftOut  []Group    `json:"left_out"`
	Rounding []Rounding `json:"rounding"`
}

// Summary gives what was counted so far.
func (t *Tally) Summary() Summary {
	return Summary{Orders: t.orders, States: maps.Clone(t.states), Asks: t.asks, InB1: t.inB1,
		Post:     values(t.post, func(a, b Amount) int { return cmp.Or(b.Orders-a.Orders, strings.Compare(a.Currency, b.Currency)) }),
		Held:     values(t.held, largestFirst),
		LeftOut:  values(t.leftOut, largestFirst),
		Rounding: values(t.rounding, func(a, b Rounding) int { return cmp.Or(b.Orders-a.Orders, strings.Compare(a.Currency, b.Currency)) })}
}

func largestFirst(a, b Group) int {
	return cmp.Or(b.Orders-a.Orders, strings.Compare(a.Name, b.Name))
}

func values[T any](all map[string]*T, compare func(a, b T) int) []T {
	out := make([]T, 0, len(all))
	for _, v := range all {
		out = append(out, *v)
	}
	slices.SortFunc(out, compare)
	return out
}

// Count is how many orders there are in groups.
func Count(groups []Group) (n int) {
	for _, g := range groups {
		n += g.Orders
	}
	return n
}
