package order_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"datawald/order"
)

const hidden = "[personal]"

// person is an order whose every personal value is known.
func person() *order.Order {
	return &order.Order{
		IncrementID: "000000123", Currency: "USD",
		Customer: order.Customer{Email: "jane.doe@example.com", FirstName: "Jane", LastName: "Doe", TaxVAT: "DE123456789"},
		Billing: order.Address{FirstName: "Jane", MiddleName: "Quincy", LastName: "Doe", Company: "Doe & Sons", Street: []string{"Long  Lane 5", "2nd floor"},
			City: "Springfield", Postcode: "90210-1234", Telephone: "555-0100", Email: "billing@example.com", VATID: "ATU12345678"},
		Payment:  order.Payment{PONumber: "PO-4711"},
		Shipping: &order.Address{FirstName: "Li", LastName: "Wu", Street: []string{"Südstraße 1"}, City: "Port Li", Telephone: "555-0199"},
	}
}

func TestRedactor_HidesThePerson(t *testing.T) {
	r := order.NewRedactor(person())
	for _, c := range []struct{ name, text, want string }{
		{"a full name is one value", "Jane Doe owes money", hidden + " owes money"},
		{"a name with a middle name", "by Jane Quincy Doe", "by " + hidden},
		{"a first name alone", "ask Jane", "ask " + hidden},
		{"two short names together", "sent to Li Wu", "sent to " + hidden},
		{"an e-mail", "<jane.doe@example.com>", "<" + hidden + ">"},
		{"the e-mail of the address", "billing@example.com", hidden},
		{"a street of the shipping address", "at Südstraße 1.", "at " + hidden + "."},
		{"a street as it was written", "at Long  Lane 5", "at " + hidden},
		{"a street in an answer that was brought to one line", "at Long Lane 5", "at " + hidden},
		{"a street over a line end", "at Long\n\tLane 5", "at " + hidden},
		{"a street with no-break spaces", "at Long\u00a0\u2003Lane\v5", "at " + hidden},
		{"a second street line", "2nd floor", hidden},
		{"a phone", "call 555-0100", "call " + hidden},
		{"a postcode and a city", "90210-1234 Springfield", hidden + " " + hidden},
		{"a city of the shipping address", "city Port Li unknown", "city " + hidden + " unknown"},
		{"the buyer's own order number", "000000123/PO-4711", "000000123/" + hidden},
		{"tax numbers", "DE123456789, ATU12345678", hidden + ", " + hidden},
		{"a company", "Doe & Sons is inactive", hidden + " is inactive"},
		{"nothing personal", "Item A-1 not found [RDR1.ItemCode][line: 1]", "Item A-1 not found [RDR1.ItemCode][line: 1]"},
		{"nothing", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := r.Text(c.text); got != c.want {
				t.Errorf("%q becomes %q, want %q", c.text, got, c.want)
			}
		})
	}
}

func TestRedactor_OfAnOrderWithoutAPersonChangesNothing(t *testing.T) {
	r := order.NewRedactor(&order.Order{})
	for _, text := range []string{"", "a b  c", "Item X not found"} {
		if got := r.Text(text); got != text {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}

func TestRedactor_BearsTextThatIsNoUTF8(t *testing.T) {
	o := person()
	o.Billing.Company = "Broken\xff\xfe"
	if got := order.NewRedactor(o).Text("Jane at Broken\uFFFD"); got != hidden+" at "+hidden {
		t.Errorf("the text becomes %q", got)
	}
}

func TestRedactor_LeavesNoPersonalValueBehind(t *testing.T) {
	// Values overlap, hold each other and hold what a pattern would take for its own.
	word := rapid.StringOfN(rapid.RuneFrom([]rune("ABCÖ中.*+?()|^$\\ \t\u00a0")), 0, 8, -1)
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) string { return word.Draw(t, name) }
		address := func(name string) order.Address {
			return order.Address{FirstName: draw(name + " first"), MiddleName: draw(name + " middle"), LastName: draw(name + " last"),
				Company: draw(name + " company"), Street: []string{draw(name + " street 1"), draw(name + " street 2")},
				Postcode: draw(name + " postcode"), Telephone: draw(name + " phone"), Email: draw(name + " mail"), VATID: draw(name + " VAT")}
		}
		o := &order.Order{Customer: order.Customer{Email: draw("mail"), FirstName: draw("first"), LastName: draw("last"), TaxVAT: draw("VAT")},
			Billing: address("billing")}
		values := append(personal(o.Billing), o.Customer.Email, o.Customer.FirstName, o.Customer.LastName, o.Customer.TaxVAT)
		if rapid.Bool().Draw(t, "ships") {
			s := address("shipping")
			o.Shipping, values = &s, append(values, personal(s)...)
		}
		pieces := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(values), word, rapid.SampledFrom([]string{" ", "'", ": "})), 0, 12).Draw(t, "text")
		text := strings.Join(pieces, "")
		if rapid.Bool().Draw(t, "one line") {
			text = strings.Join(strings.Fields(text), " ")
		}

		got := strings.ReplaceAll(order.NewRedactor(o).Text(text), hidden, "\x00")
		for _, v := range values {
			v = strings.TrimSpace(v)
			for _, form := range []string{v, strings.Join(strings.Fields(v), " ")} {
				if len(form) >= 3 && strings.Contains(got, form) {
					t.Fatalf("%q becomes %q, which tells %q", text, got, form)
				}
			}
		}
	})
}

func personal(a order.Address) []string {
	return append([]string{a.FirstName, a.MiddleName, a.LastName, a.Company, a.Postcode, a.Telephone, a.Email, a.VATID}, a.Street...)
}
