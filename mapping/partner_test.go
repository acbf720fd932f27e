package mapping_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"pgregory.net/rapid"

	"datawald/mapping"
	"datawald/order"
)

// partnerRules are the small rules with a part on partners, given as YAML in one line.
func partnerRules(t testing.TB, partner string) *mapping.Rules {
	t.Helper()
	r, err := mapping.ParseRules([]byte(strings.Replace(small, "  card_code: C\n", "  card_code: C\n  state_countries: [US]\n  partner: "+partner+"\n", 1)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// buyer is the order of a customer, changed as a test wants it.
func buyer(change func(*order.Order)) *order.Order {
	o := newCart().simple("MUG", "1", "10").order()
	o.Customer = order.Customer{ID: 42, GroupID: 3, Email: "Jane.Doe@Example.com", FirstName: "Jane", LastName: "Doe", TaxVAT: "DE123"}
	if change != nil {
		change(o)
	}
	return o
}

func guest(o *order.Order) { o.Customer.ID, o.Customer.Guest = 0, true }

func TestPartnerPlan_AsksAsThePolicySays(t *testing.T) {
	const always = "{customers: find_or_create, guests: find_or_create, find_by: [email], create: {prefix: W-}}"
	email := func(v string) mapping.PartnerQuery { return mapping.PartnerQuery{Property: "EmailAddress", Value: v} }
	mine := email("Jane.Doe@Example.com")
	tests := map[string]struct {
		rules    string
		change   func(*order.Order)
		code     string
		identity string
		find     []mapping.PartnerQuery
		create   string
		hold     bool
	}{
		"without rules":           {rules: "{}", code: "C"},
		"fixed":                   {rules: "{customers: card_code, find_by: [email]}", code: "C"},
		"find, else the fixed":    {rules: "{customers: find, find_by: [email]}", code: "C", identity: "customer:main:42", find: []mapping.PartnerQuery{mine}},
		"find, else hold":         {rules: "{customers: find, find_by: [email], not_found: hold}", identity: "customer:main:42", find: []mapping.PartnerQuery{mine}, hold: true},
		"guests stay fixed":       {rules: "{customers: find, find_by: [email], not_found: hold}", change: guest, code: "C"},
		"in the order of find_by": {rules: "{customers: find, find_by: [tax_number, email]}", code: "C", identity: "customer:main:42", find: []mapping.PartnerQuery{{Property: "FederalTaxID", Value: "DE123"}, mine}},
		"the account goes first": {rules: "{customers: find, find_by: [email], create: {user_field: U_Web}}", code: "C", identity: "customer:main:42",
			find: []mapping.PartnerQuery{{Property: "U_Web", Value: "main:42"}, mine}},
		"VAT number of the billing address": {rules: "{customers: find, find_by: [tax_number]}", change: func(o *order.Order) { o.Customer.TaxVAT, o.Billing.VATID = "", "FR9" },
			code: "C", identity: "customer:main:42", find: []mapping.PartnerQuery{{Property: "FederalTaxID", Value: "FR9"}}},
		"nothing to ask for":   {rules: "{customers: find, find_by: [tax_number], not_found: hold}", change: func(o *order.Order) { o.Customer.TaxVAT = " " }, identity: "customer:main:42", hold: true},
		"customer, by prefix":  {rules: always, identity: "customer:main:42", find: []mapping.PartnerQuery{mine}, create: "W-42"},
		"guest, by prefix":     {rules: always, change: guest, identity: guestIdentity("jane.doe@example.com"), find: []mapping.PartnerQuery{mine}, create: "W-G" + guestIdentity("jane.doe@example.com")[6:18]},
		"guest without e-mail": {rules: always, change: func(o *order.Order) { guest(o); o.Customer.Email = "" }, code: "C"},
		"guest without e-mail, held": {rules: "{guests: find_or_create, find_by: [email], not_found: hold, create: {prefix: W}}",
			change: func(o *order.Order) { guest(o); o.Customer.Email = "" }, hold: true},
		"guest with the e-mail in the address": {rules: always, change: func(o *order.Order) { guest(o); o.Customer.Email, o.Billing.Email = "", "JANE.doe@example.com " },
			identity: guestIdentity("jane.doe@example.com"), find: []mapping.PartnerQuery{email("JANE.doe@example.com")}, create: "W-G" + guestIdentity("jane.doe@example.com")[6:18]},
		"customer without e-mail, by prefix": {rules: always, change: func(o *order.Order) { o.Customer.Email = "" }, identity: "customer:main:42", create: "W-42"},
		"customer without e-mail, by series": {rules: "{customers: find_or_create, find_by: [email], create: {series: 7}}", change: func(o *order.Order) { o.Customer.Email = "" },
			identity: "customer:main:42", code: "C"},
		"an e-mail that B1 cannot hold": {rules: always, change: func(o *order.Order) { o.Customer.Email = strings.Repeat("x", 95) + "@example.com" }, identity: "customer:main:42", create: "W-42"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			p := partnerRules(t, tc.rules).PartnerPlan(buyer(tc.change))
			created := ""
			if p.Create != nil {
				created = p.Create.CardCode
			}
			if p.CardCode != tc.code || p.Identity != tc.identity || !reflect.DeepEqual(p.Find, tc.find) || created != tc.create || p.Hold != tc.hold || p.Contact != nil {
				t.Errorf("got %+v (creates %q)", p, created)
			}
			if p.Fixed() != (tc.identity == "" && tc.code != "") {
				t.Errorf("fixed is %t", p.Fixed())
			}
		})
	}
}

// guestIdentity is the identity of a guest, taken from a plan: the tests compare that it is the same for the same address.
func guestIdentity(email string) string {
	rules, err := mapping.ParseRules([]byte(strings.Replace(small, "  card_code: C\n", "  card_code: C\n  partner: {guests: find, find_by: [email]}\n", 1)))
	if err != nil {
		panic(err)
	}
	return rules.PartnerPlan(buyer(func(o *order.Order) { guest(o); o.Customer.Email = email })).Identity
}

func TestPartnerPlan_AGuestsHashIsTheSHA256OfHisAddress(t *testing.T) {
	if got, want := guestIdentity(" Jane.Doe@Example.com"), "guest:"+sha256Of("jane.doe@example.com")[:32]; got != want {
		t.Errorf("identity is %s, want %s", got, want)
	}
}

func sha256Of(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func TestPartnerPlan_CreatesTheWholePartner(t *testing.T) {
	rules := partnerRules(t, `{customers: find_or_create, find_by: [email], create: {prefix: W, group: {3: 105, "*": 100}, currency: "##", terms: -1, sales_person: 2, price_list: 4, user_field: U_Web}}`)
	o := buyer(func(o *order.Order) {
		o.Billing.Company, o.Billing.Telephone = "Doe \u0007& Sons 😀", "+1 555 0100 ext. 12345678"
		o.Shipping.Country, o.Shipping.Region, o.Shipping.FirstName = "MX", "Jalisco", "Ann"
	})
	got, err := json.MarshalIndent(rules.PartnerPlan(o).Create, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	contact := rules.PartnerPlan(o).Create.ContactEmployees[0].Name
	var is, want any
	text := fmt.Sprintf(`{"CardCode":"W42","CardName":"Doe & Sons 😀","CardType":"cCustomer","GroupCode":105,"EmailAddress":"Jane.Doe@Example.com",
		"Phone1":"+1 555 0100 ext. 123","FederalTaxID":"DE123","Currency":"##","PayTermsGrpCode":-1,"SalesPersonCode":2,"PriceListNum":4,"U_Web":"main:42",
		"BPAddresses":[{"AddressName":"Bill to","AddressType":"bo_BillTo","Street":"5 Long Lane","Block":"Flat 2","City":"Oakland","ZipCode":"94601","State":"CA","Country":"US"},
		{"AddressName":"Ship to","AddressType":"bo_ShipTo","Street":"5 Long Lane","Block":"Ann Doe, Flat 2","City":"Oakland","ZipCode":"94601","County":"Jalisco","Country":"MX"}],
		"ContactEmployees":[{"Name":%q,"FirstName":"Jane","LastName":"Doe","E_Mail":"Jane.Doe@Example.com","Phone1":"+1 555 0100 ext. 123"}]}`, contact)
	if json.Unmarshal(got, &is) != nil || json.Unmarshal([]byte(text), &want) != nil || !reflect.DeepEqual(is, want) {
		t.Errorf("creates %s", got)
	}
	if notes := strings.Join(rules.PartnerPlan(o).Notes, "; "); !strings.Contains(notes, "Partner.Phone1 cut from 25 to 20") {
		t.Errorf("notes are %q", notes)
	}
	o.Customer.GroupID = 9
	if g := rules.PartnerPlan(o).Create.GroupCode; g == nil || *g != 100 {
		t.Errorf("the group of others is %v", g)
	}
	if p := partnerRules(t, `{guests: find_or_create, find_by: [email], create: {series: 71, user_field: U_Web}}`).PartnerPlan(buyer(guest)).Create; p.CardCode != "" || *p.Series != 71 || p.UserFields != nil || p.GroupCode != nil {
		t.Errorf("by series it creates %+v", p)
	}
}

func TestPartnerPlan_AContactsNameIsHisAlone(t *testing.T) {
	rules := partnerRules(t, "{contact: true}")
	name := func(change func(*order.Order)) string {
		c := rules.PartnerPlan(buyer(change)).Contact
		if c == nil {
			return ""
		}
		return c.Name
	}
	first := name(nil)
	if !strings.HasPrefix(first, "Jane Doe ") || len(first) != len("Jane Doe ")+10 {
		t.Errorf("the name is %q", first)
	}
	same := name(func(o *order.Order) { o.Customer.Email, o.Customer.FirstName = "jane.doe@example.COM", " JANE  " })
	if !strings.EqualFold(same, first) {
		t.Errorf("the same person is %q and %q", first, same)
	}
	if other := name(func(o *order.Order) { o.Customer.Email = "jane@doe.example" }); other == first || !strings.HasPrefix(other, "Jane Doe ") {
		t.Errorf("another Jane Doe is %q", other)
	}
	if got := name(func(o *order.Order) { guest(o); o.Customer.FirstName, o.Customer.LastName = "", "" }); got != first {
		t.Errorf("a guest with his name in the address alone is %q, want %q", got, first)
	}
	if got := name(func(o *order.Order) { o.Customer, o.Billing = order.Customer{ID: 1}, order.Address{} }); got != "" {
		t.Errorf("nobody is %q", got)
	}
}

func TestPartnerPlan_FitsB1WhateverTheBuyerWrites(t *testing.T) {
	rules := partnerRules(t, "{customers: find_or_create, guests: find_or_create, find_by: [email], contact: true, create: {prefix: ABCDE}}")
	fits := func(t *rapid.T, what, value string, limit int) {
		if n := len(utf16.Encode([]rune(value))); n > limit || !utf8.ValidString(value) || strings.ContainsFunc(value, func(r rune) bool { return r < 32 || r == 127 }) {
			t.Fatalf("%s is %q, %d units of %d", what, value, n, limit)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("aé😀上\u0000\u001f\u200d\n '\"&")), 0, 140, -1)
		o := buyer(func(o *order.Order) {
			o.Customer.ID, o.Customer.Email = rapid.Int64Range(1, 4294967295).Draw(t, "id"), text.Draw(t, "email")
			o.Customer.FirstName, o.Customer.LastName, o.Billing.Company = text.Draw(t, "first"), text.Draw(t, "last"), text.Draw(t, "company")
			o.Billing.Telephone, o.Billing.Street, o.Customer.TaxVAT = text.Draw(t, "phone"), []string{text.Draw(t, "street")}, text.Draw(t, "tax")
			if rapid.Bool().Draw(t, "guest") {
				guest(o)
			}
		})
		plan := rules.PartnerPlan(o)
		if c := plan.Contact; c != nil {
			fits(t, "contact name", c.Name, 50)
			fits(t, "first name", c.FirstName, 50)
			fits(t, "contact phone", c.Phone1, 20)
		}
		p := plan.Create
		if p == nil {
			return
		}
		fits(t, "code", p.CardCode, 15)
		fits(t, "name", p.CardName, 100)
		fits(t, "e-mail", p.EmailAddress, 100)
		fits(t, "tax number", p.FederalTaxID, 32)
		fits(t, "phone", p.Phone1, 20)
		fits(t, "street", p.BPAddresses[0].Street, 100)
		if p.CardCode == "" || p.CardName == "" {
			t.Fatalf("code %q, name %q", p.CardCode, p.CardName)
		}
	})
}

func TestMap_PutsThePartnerOnTheDocument(t *testing.T) {
	seven := 7
	tests := map[string]struct {
		rules   string
		partner *mapping.Partner
		code    string
	}{
		"fixed":        {"{}", nil, "C"},
		"not asked":    {"{customers: find, find_by: [email]}", nil, ""},
		"found":        {"{customers: find, find_by: [email]}", &mapping.Partner{CardCode: "C77", Contact: &seven}, "C77"},
		"with contact": {"{contact: true}", &mapping.Partner{CardCode: "C", Contact: &seven}, "C"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			d := partnerRules(t, tc.rules).Map(mapping.Input{Order: buyer(nil), Now: today, Partner: tc.partner}).Document
			if d.CardCode != tc.code || (d.ContactPersonCode != nil) != (tc.partner != nil) {
				t.Errorf("document goes to %q, contact %v", d.CardCode, d.ContactPersonCode)
			}
		})
	}
}

func TestPersonalOfAPlan_KnowsWhatIsSent(t *testing.T) {
	rules := partnerRules(t, "{customers: find_or_create, find_by: [email, tax_number], contact: true, create: {prefix: W}}")
	plan := rules.PartnerPlan(buyer(nil))
	all := strings.Join(plan.Personal(), "|")
	for _, want := range []string{plan.Contact.Name, "Jane.Doe@Example.com", "DE123", "5 Long Lane", "Flat 2", "94601", "555-0100", plan.Create.CardName} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is missing in %s", want, all)
		}
	}
}
