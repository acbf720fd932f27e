package mapping_test

import (
	"slices"
	"strings"
	"testing"

	"datawald/mapping"
	"datawald/order"
	"datawald/sapb1"
)

func TestMap_NotesWhatItCutsWithoutNamingIt(t *testing.T) {
	c := newCart().add(order.Line{SKU: "MUG", ProductType: order.Simple, Name: strings.Repeat("n", 130), QtyOrdered: d("1"), Price: d("1")})
	c.o.Shipping.Street = []string{strings.Repeat("😀", 60), strings.Repeat("b", 95)}
	c.o.Shipping.FirstName = "Johannes"
	c.o.Billing.Postcode = strings.Repeat("9", 21)
	c.o.Billing.Company = strings.Repeat("c", 101)
	r := exampleRules(t).Map(mapping.Input{Order: c.order(), Now: today})
	want := []string{"CardName cut from 101 to 100 characters", "BillToZipCode cut from 21 to 20 characters", "ShipToStreet cut from 120 to 100 characters",
		"ShipToBlock cut from 109 to 100 characters", "ItemDescription of item MUG cut from 130 to 100 characters"}
	if !slices.Equal(r.Notes, want) {
		t.Errorf("got  %q\nwant %q", r.Notes, want)
	}
	if whole := mapped(newCart().simple("MUG", "1", "1").order(), exampleRules(t), today); len(whole.Notes) != 0 {
		t.Errorf("nothing was cut, noted is %q", whole.Notes)
	}
}

func TestMap_TakesControlCharactersOutOfTexts(t *testing.T) {
	c := newCart().add(order.Line{SKU: "MUG", ProductType: order.Simple, Name: "Mug\x00\u0085blue 👩‍🚀", QtyOrdered: d("1"), Price: d("1")})
	c.o.Billing.FirstName, c.o.Billing.LastName = "Zoë\x07", "Nuñez"
	c.o.Billing.Street = []string{"5 Long\tLane\r\nRear\u200d house", "\x1b[1mFlat 2", "\n"}
	c.o.Billing.City = "Oak\xffland"
	r := exampleRules(t).Map(mapping.Input{Order: c.order(), Now: today})
	a := r.Document.Address
	for field, pair := range map[string][2]string{
		"CardName":        {r.Document.CardName, "Zoë Nuñez"},
		"BillToStreet":    {a.BillToStreet, "5 Long Lane Rear\u200d house"},
		"BillToBlock":     {a.BillToBlock, "[1mFlat 2"},
		"BillToCity":      {a.BillToCity, "Oak\uFFFDland"},
		"ItemDescription": {r.Document.Lines[0].ItemDescription, "Mug blue 👩‍🚀"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %q, want %q", field, pair[0], pair[1])
		}
	}
}

// B1 may quote a value as it was sent: cut, cleaned, and put together of several.
func TestPersonal_AreTheValuesAsSent(t *testing.T) {
	c := newCart().simple("MUG", "1", "1")
	c.o.Billing.Company = strings.Repeat("c", 130)
	c.o.Shipping.Street = []string{"1 Road\x07", strings.Repeat("b", 130)}
	r := exampleRules(t).Map(mapping.Input{Order: c.order(), Now: today})
	got := mapping.Personal(c.order(), r.Document)
	for _, want := range []string{strings.Repeat("c", 100), "1 Road", "Jane Doe, " + strings.Repeat("b", 90), "94601"} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is missing in %q", want, got)
		}
	}
	if len(mapping.Personal(&order.Order{}, &sapb1.SalesOrder{})) != 0 {
		t.Error("an empty document names somebody")
	}
}
