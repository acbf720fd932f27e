package mapping

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"datawald/order"
	"datawald/sapb1"
)

// Difference is one thing in which two mappings of an order differ.
type Difference struct {
	// Path names a property of the document, such as DocumentLines[2].TaxCode; or hold (its code), hold.message (another
	// message under the same code), total (what B1 would compute), expect (what it must be), trees. Numbers count from 0, in
	// the old document, and in the new one for what is only there.
	Path string `json:"path"`
	// Old and New are the values as text; empty where there is none.
	Old string `json:"old"`
	New string `json:"new"`

	personal bool
}

// String writes the difference for people: DocumentLines[2].TaxCode CA825 -> CA9.
func (d Difference) String() string {
	return fmt.Sprintf("%s %s -> %s", d.Path, sideOf(d.Old), sideOf(d.New))
}

// sideOf writes one side of a difference.
func sideOf(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

var indexPattern = regexp.MustCompile(`\[\d+\]`)

// Kind is the path without numbers, for counting: DocumentLines[].TaxCode.
func (d Difference) Kind() string { return indexPattern.ReplaceAllString(d.Path, "[]") }

// Compare says in what the mapping b of an order differs from the mapping a. What is wrong with the order comes first, then
// the totals, then the document by its properties. Documents are compared where both were made to their end: half a document
// beside a whole one tells nothing but where the mapping stopped, which the hold says.
func Compare(a, b Result) []Difference {
	c := &differ{texts: map[string]bool{}}
	maps.Copy(c.texts, a.texts)
	maps.Copy(c.texts, b.texts)
	c.holds(a.Hold, b.Hold)
	if a.whole() && b.whole() {
		c.text("total", a.total().String(), b.total().String())
		c.text("expect", a.Expect.String(), b.Expect.String())
		c.text("trees", strings.Join(a.Trees, ", "), strings.Join(b.Trees, ", "))
		c.documents(a.Document, b.Document)
	}
	return c.found
}

// whole reports whether the mapping came to its end: only then are there totals to compare.
func (r Result) whole() bool {
	return r.Document != nil && r.Proof != nil && len(r.Proof.Components) > 0
}

// total is what B1 would compute.
func (r Result) total() order.Money {
	for _, c := range r.Proof.Components {
		if c.Name == "total" {
			return order.Money{Amount: c.B1, Currency: r.Proof.Currency}
		}
	}
	return order.Money{Currency: r.Proof.Currency}
}

// differ gathers differences. texts are the properties that may hold personal texts.
type differ struct {
	found []Difference
	texts map[string]bool
}

func (c *differ) text(path, a, b string) {
	if a != b {
		c.found = append(c.found, Difference{Path: path, Old: a, New: b})
	}
}

func (c *differ) holds(a, b *order.Reason) {
	if a == nil {
		a = &order.Reason{}
	}
	if b == nil {
		b = &order.Reason{}
	}
	c.text("hold", a.Code, b.Code)
	if a.Code == b.Code {
		c.text("hold.message", a.Message, b.Message)
	}
}

// documents compares what would be sent, as it would be sent: properties by name, user-defined ones among them.
func (c *differ) documents(a, b *sapb1.SalesOrder) {
	rawA, errA := json.Marshal(a)
	rawB, errB := json.Marshal(b)
	if errA != nil || errB != nil {
		// Such a document cannot be sent either; the values are not named, they may be personal.
		c.text("document", writable(errA), writable(errB))
		return
	}
	if !bytes.Equal(rawA, rawB) {
		c.values("", tree(rawA), tree(rawB))
	}
}

func writable(err error) string {
	if err != nil {
		return "cannot be written as JSON"
	}
	return "can be written as JSON"
}

// tree reads JSON that was just written, numbers as they stand.
func tree(raw []byte) (v any) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		panic("mapping: JSON that was just written cannot be read: " + err.Error())
	}
	return v
}

// values compares two values of one property; a list or an object that is not there counts as an empty one.
func (c *differ) values(path string, a, b any) {
	listA, isListA := a.([]any)
	listB, isListB := b.([]any)
	objectA, isObjectA := a.(map[string]any)
	objectB, isObjectB := b.(map[string]any)
	switch {
	case (isListA || a == nil) && (isListB || b == nil):
		c.lists(path, listA, listB)
	case (isObjectA || a == nil) && (isObjectB || b == nil):
		c.objects(path, objectA, objectB)
	case !sameNumber(a, b) && show(a) != show(b):
		c.found = append(c.found, Difference{path, show(a), show(b), c.mayName(path, a, b)})
	}
}

// sameNumber reports whether both are numbers and equal: 5 is 5.00.
func sameNumber(a, b any) bool {
	m, isNumberA := a.(json.Number)
	n, isNumberB := b.(json.Number)
	if !isNumberA || !isNumberB {
		return false
	}
	x, errX := decimal.NewFromString(string(m))
	y, errY := decimal.NewFromString(string(n))
	return errX == nil && errY == nil && x.Equal(y)
}

// objects compares members by name: those of one value first, in the order of their names, then the lists.
func (c *differ) objects(path string, a, b map[string]any) {
	for _, name := range memberNames(a, b) {
		below := name
		if path != "" {
			below = path + "." + name
		}
		c.values(below, a[name], b[name])
	}
}

func memberNames(a, b map[string]any) (names []string) {
	lists := map[string]int{}
	for _, m := range []map[string]any{a, b} {
		for name, v := range m {
			if _, seen := lists[name]; !seen {
				names, lists[name] = append(names, name), 0
			}
			if _, list := v.([]any); list {
				lists[name] = 1
			}
		}
	}
	slices.SortFunc(names, func(x, y string) int { return cmp.Or(cmp.Compare(lists[x], lists[y]), strings.Compare(x, y)) })
	return names
}

// show writes a value in a few words.
func show(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		if v == "" || v != strings.TrimSpace(v) {
			return strconv.Quote(v) // told from nothing at all
		}
		return v
	case json.Number:
		return v.String()
	case map[string]any:
		return showObject(v)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	return string(text)
}

// showObject names a line or an expense that only one document has.
func showObject(v map[string]any) string {
	switch {
	case v["ItemCode"] != nil:
		return fmt.Sprintf("%v, %v x %v", v["ItemCode"], v["Quantity"], v["UnitPrice"])
	case v["ExpenseCode"] != nil:
		return fmt.Sprintf("expense %v, %v", v["ExpenseCode"], v["LineTotal"])
	}
	text, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	return string(text)
}
