package web

import (
	"crypto/rand"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"datawald/gateway/api"
	"datawald/order"
	"datawald/store"
)

// words are the functions of the templates.
var words = template.FuncMap{
	"money": money, "amount": amount, "count": countAny, "count64": count[int64], "when": when, "day": day, "stamp": stamp,
	"path": url.PathEscape, "statusName": statusName, "plural": plural, "icon": icon, "once": once, "seconds": seconds,
	"hasReason": func(all []api.ReasonCount, code string) bool {
		return slices.ContainsFunc(all, func(r api.ReasonCount) bool { return r.Code == code })
	},
	"wholesentence": wholeSentence, "asksFor": asksFor,
	"trimdots": func(s string) string { return strings.TrimSuffix(s, "…") },
	"kind":     kindName, "iskey": func(s string) bool { _, err := order.ParseKey(s); return err == nil },
	"list": func(all ...any) []any { return all }, "dict": dict, "lower": strings.ToLower, "words": inWords, "number": number,
	"rfc": func(t time.Time) string { return t.UTC().Format(time.RFC3339) }, "hour": func(t time.Time) string { return t.UTC().Format("15:04") },
	"lineName": func(k store.FindingKind) string { return lineNames[string(k)] },
	"total": func(counts map[store.FindingKind]int64) string {
		var all int64
		for _, n := range counts {
			all += n
		}
		return count(all)
	},
	"sum": func(a, b int) int { return a + b },
}

// dict gives a part several values by name.
func dict(pairs ...any) (map[string]any, error) {
	d := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: %v is no name", pairs[i])
		}
		d[name] = pairs[i+1]
	}
	return d, nil
}

// money writes an amount with the digits of its currency and groups of three: 1,204.50 EUR.
func money(m order.Money) string {
	if m.Currency == "" && m.Amount.IsZero() {
		return "–"
	}
	return amount(m.Amount, m.Currency) + "\u00a0" + m.Currency
}

// amount is money without its currency. No digit that it has is left out: a difference of a tenth of a cent is one.
func amount(d decimal.Decimal, currency string) string {
	digits := order.MinorUnits(currency)
	for !d.Round(digits).Equal(d) {
		digits++
	}
	return grouped(d.StringFixed(digits))
}

// number writes a quantity or a rate with the digits that it has.
func number(d decimal.Decimal) string { return grouped(d.String()) }

// grouped puts commas into the whole part of a decimal number.
func grouped(text string) string {
	sign := ""
	if strings.HasPrefix(text, "-") {
		sign, text = "\u2212", text[1:]
	}
	whole, fraction, dotted := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if dotted {
		whole += "." + fraction
	}
	return sign + whole
}

func count[T int | int64](n T) string { return grouped(fmt.Sprint(n)) }

// countAny is count for templates.
func countAny(n any) string { return grouped(fmt.Sprint(n)) }

// plural chooses between the words for one and for several, with the number before it: 1 order, 2 orders.
func plural(n any, one, several string) string {
	text := grouped(fmt.Sprint(n))
	if text == "1" {
		return "1 " + one
	}
	return text + " " + several
}

// when writes a time to the minute. The browser writes it anew in its own zone; without JavaScript it says UTC.
func when(t any) template.HTML { return timeElement(t, "2006-01-02 15:04", "minute") }

// stamp is when to the second.
func stamp(t any) template.HTML { return timeElement(t, "2006-01-02 15:04:05", "second") }

// day writes the day alone.
func day(t any) template.HTML { return timeElement(t, "2006-01-02", "day") }

func timeElement(v any, layout, precision string) template.HTML {
	t, ok := v.(time.Time)
	if p, isPointer := v.(*time.Time); isPointer && p != nil {
		t, ok = *p, true
	}
	if !ok || t.IsZero() {
		return "–"
	}
	t = t.UTC()
	// Nothing of it comes from outside.
	return template.HTML(fmt.Sprintf(`<time datetime="%s" data-precision="%s">%s UTC</time>`, t.Format(time.RFC3339), precision, t.Format(layout)))
}

// seconds writes a span in the unit that fits: 40 s, 12 min, 3 h, 2 days.
func seconds(n any) string {
	var s int64
	switch n := n.(type) {
	case int64:
		s = n
	case *int64:
		if n == nil {
			return "–"
		}
		s = *n
	case float64:
		s = int64(n + 0.5)
	case int:
		s = int64(n)
	}
	switch {
	case s < 120:
		return fmt.Sprintf("%d s", s)
	case s < 2*3600:
		return fmt.Sprintf("%d min", s/60)
	case s < 48*3600:
		return fmt.Sprintf("%d h", s/3600)
	}
	return fmt.Sprintf("%d days", s/86400)
}

// statusNames are the states in the clerk's words.
var statusNames = map[order.Status]string{
	order.Pending: "Waiting", order.Posted: "In B1", order.Held: "Held", order.Excluded: "Excluded", order.Cancelled: "Cancelled", order.Draft: "Draft in B1",
}

func statusName(s any) string {
	text := order.Status(fmt.Sprint(s))
	if name, ok := statusNames[text]; ok {
		return name
	}
	return string(text)
}

// inWords makes a code readable: tax_code_missing becomes "Tax code missing".
func inWords(code any) string {
	text := strings.NewReplacer("_", " ", "-", " ").Replace(fmt.Sprint(code))
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// wholeSentence begins and ends a text as a sentence does.
func wholeSentence(text string) string {
	if text == "" {
		return ""
	}
	if !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, ")") {
		text += "."
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// once is a new Idempotency-Key for a form.
func once() string { return rand.Text() }

// asksFor says in a word why an order that B1 has, or that is skipped, asks for attention.
func asksFor(attention, reason *order.Reason) string {
	switch {
	case attention.Code == store.CodeCreatedLate:
		return "Perhaps twice in B1"
	case reason != nil && reason.Code == store.CodeSkipped:
		return "Changed since it was skipped"
	}
	return "Changed since it was posted"
}
