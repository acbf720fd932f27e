package sapb1_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

func codesOf(found []sapb1.FoundPartner) (codes []string) {
	for _, p := range found {
		codes = append(codes, p.CardCode)
	}
	return codes
}

func TestFindPartners_FindsCustomersWhateverTheCapitalLetters(t *testing.T) {
	partners := []b1sim.Partner{
		{Code: "C1", Email: "Jane.O'Hara+shop@Example.com"}, {Code: "C2", Email: "other@example.com", TaxID: "DE 123"},
		{Code: "C3", Email: "shared@example.com", Frozen: true}, {Code: "C4", Email: "SHARED@example.com"}, {Code: "S1", Email: "other@example.com", Supplier: true},
	}
	b := start(t, b1sim.Config{Partners: partners, PageSize: 1})
	for _, version := range versions {
		c := b.client(version)
		for _, tc := range []struct{ property, value, want string }{
			{"EmailAddress", "jane.o'hara+SHOP@example.com", "C1"}, {"EmailAddress", "other@example.com", "C2"}, {"FederalTaxID", "de 123", "C2"},
			{"EmailAddress", "shared@example.com", "C3,C4"}, {"EmailAddress", "nobody@example.com", ""}, {"EmailAddress", "' or CardCode ne '", ""},
		} {
			found, err := c.FindPartners(t.Context(), tc.property, tc.value)
			if got := strings.Join(codesOf(found), ","); err != nil || got != tc.want {
				t.Errorf("%s: %s %q finds %q, %v; want %q", version, tc.property, tc.value, got, err, tc.want)
			}
			if tc.want == "C3,C4" && (!found[0].IsFrozen() || found[1].IsFrozen()) {
				t.Errorf("%s: frozen are %+v", version, found)
			}
		}
	}
	for _, r := range b.requests {
		if strings.HasSuffix(r.path, "/BusinessPartners") && r.header.Get("B1S-CaseInsensitive") != "true" {
			t.Fatalf("a look-up lacks the header: %v", r.header)
		}
	}
}

func TestFindPartners_RefusesAFieldThatB1DoesNotShow(t *testing.T) {
	c := start(t, b1sim.Config{}).client("v2")
	_, err := c.FindPartners(t.Context(), "U_WebID", "main:1")
	if f := failureOf(t, err); f.Kind != order.Permanent {
		t.Errorf("kind is %v, want permanent: %v", f.Kind, f)
	}
}

func TestCreatePartner_GivesCodeAndContacts(t *testing.T) {
	b := start(t, b1sim.Config{PartnerSeries: []b1sim.PartnerSeries{{Number: 71, Prefix: "W"}}, UserFields: []b1sim.UserField{{Table: "OCRD", Name: "WebID"}}})
	group, series := 100, 71
	for n, version := range versions {
		c := b.client(version)
		p := &sapb1.BusinessPartner{CardCode: fmt.Sprintf("O'Hara/%d (é)", n), CardName: "Jane 😀", CardType: "cCustomer", GroupCode: &group,
			UserFields:       map[string]any{"U_WebID": "main:7"},
			BPAddresses:      []sapb1.PartnerAddress{{AddressName: "Bill to", AddressType: "bo_BillTo", City: "Köln", Country: "DE"}},
			ContactEmployees: []sapb1.ContactEmployee{{Name: "Jane", Email: "jane@example.com"}}}
		made, err := c.CreatePartner(t.Context(), p)
		if err != nil || made.CardCode != p.CardCode || len(made.Contacts) != 1 || made.Contacts[0].InternalCode == 0 {
			t.Fatalf("%s: made %+v, %v", version, made, err)
		}
		read, err := c.GetPartner(t.Context(), p.CardCode, "U_WebID")
		if err != nil || read.CardName != "Jane 😀" || read.Field != "main:7" || !read.IsCustomer() || read.ContactNamed("JANE") == nil || read.ContactNamed("x") != nil {
			t.Errorf("%s: read %+v, %v", version, read, err)
		}
		if _, err := c.CreatePartner(t.Context(), p); !sapb1.IsDuplicate(err) || order.KindOf(err) != order.Permanent {
			t.Errorf("%s: the same again ends with %v", version, err)
		}
		numbered, err := c.CreatePartner(t.Context(), &sapb1.BusinessPartner{Series: &series, CardName: "x", CardType: "cCustomer"})
		if err != nil || numbered.CardCode != fmt.Sprintf("W%05d", n+1) {
			t.Errorf("%s: the series gives %+v, %v", version, numbered, err)
		}
		if _, err := c.GetPartner(t.Context(), "nobody", ""); !sapb1.IsNotFound(err) {
			t.Errorf("%s: an unknown code ends with %v", version, err)
		}
	}
}

func TestAddContact_KeepsTheOthersAndNamesATakenName(t *testing.T) {
	b := start(t, b1sim.Config{Partners: []b1sim.Partner{{Code: "O'Hara"}}})
	for n, version := range versions {
		c := b.client(version)
		name := fmt.Sprintf("Jane %d", n)
		if err := c.AddContact(t.Context(), "O'Hara", sapb1.ContactEmployee{Name: name, FirstName: "Jane"}); err != nil {
			t.Fatal(err)
		}
		if err := c.AddContact(t.Context(), "O'Hara", sapb1.ContactEmployee{Name: name}); !sapb1.IsDuplicate(err) || order.KindOf(err) != order.Permanent {
			t.Errorf("%s: the same name again ends with %v", version, err)
		}
		read, err := c.GetPartner(t.Context(), "O'Hara", "")
		if err != nil || len(read.Contacts) != n+1 || read.ContactNamed(name) == nil || read.ContactNamed(name).InternalCode == 0 {
			t.Errorf("%s: contacts are %+v, %v", version, read, err)
		}
		if err := c.AddContact(t.Context(), "nobody", sapb1.ContactEmployee{Name: name}); !sapb1.IsNotFound(err) || order.KindOf(err) != order.Permanent {
			t.Errorf("%s: an unknown partner ends with %v", version, err)
		}
	}
}

func TestPartnerWrites_ALostAnswerLeavesTheOutcomeUnknown(t *testing.T) {
	for _, fault := range []b1sim.Fault{b1sim.CommitThenDrop, b1sim.CommitThenBadGateway, b1sim.Commit1116Committed, b1sim.CommitFailed1116, b1sim.RefuseBeforeCommit} {
		b := start(t, b1sim.Config{})
		c := b.ready("v2")
		b.inject(b1sim.Rule{Fault: fault, Times: 1, Match: "POST BusinessPartners"})
		b.inject(b1sim.Rule{Fault: fault, Times: 1, Match: "PATCH BusinessPartners(n)"})
		if _, err := c.CreatePartner(t.Context(), &sapb1.BusinessPartner{CardCode: "W1", CardName: "x", CardType: "cCustomer"}); order.KindOf(err) != order.Unknown {
			t.Errorf("%s: POST ends with %v", fault, err)
		}
		if err := c.AddContact(t.Context(), "C-WEB", sapb1.ContactEmployee{Name: "Jane"}); order.KindOf(err) != order.Unknown {
			t.Errorf("%s: PATCH ends with %v", fault, err)
		}
	}
}

func TestCreateOrder_TellsAnUnknownPartner(t *testing.T) {
	c := start(t, b1sim.Config{}).client("v2")
	o := anOrder("1")
	o.CardCode = "GONE"
	if _, err := c.CreateOrder(t.Context(), o); !sapb1.IsUnknownPartner(err) {
		t.Errorf("an unknown partner ends with %v", err)
	}
	o.CardCode, o.Lines[0].ItemCode = "C-WEB", "NOPE"
	if _, err := c.CreateOrder(t.Context(), o); err == nil || sapb1.IsUnknownPartner(err) {
		t.Errorf("an unknown item ends with %v", err)
	}
}

func TestCreatePartner_AnAnswerThatIsNoneIsUnknown(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/Login") {
			w.Header().Add("Set-Cookie", "B1SESSION=x;HttpOnly;")
			fmt.Fprint(w, `{"SessionId":"x","SessionTimeout":30}`)
			return
		}
		fmt.Fprint(w, `{}`)
	}))
	t.Cleanup(server.Close)
	c := newClient(t, sapb1.Settings{URL: server.URL, CompanyDB: "x", User: "x", Password: "x"})
	if _, err := c.CreatePartner(t.Context(), &sapb1.BusinessPartner{CardName: "x"}); order.KindOf(err) != order.Unknown {
		t.Errorf("an empty answer ends with %v", err)
	}
}

func TestFindItemsByBarcode(t *testing.T) {
	var items []b1sim.Item
	var barcodes []string
	for n := range 45 {
		barcodes = append(barcodes, fmt.Sprintf("40063813%05d", n))
		items = append(items, b1sim.Item{Code: fmt.Sprintf("A%d", n), Barcode: barcodes[n], Sales: true})
	}
	items = append(items, b1sim.Item{Code: "TWIN", Barcode: barcodes[3], Sales: true}, b1sim.Item{Code: "O", Barcode: "it's", Sales: true}, b1sim.Item{Code: "NONE", Sales: true})
	b := start(t, b1sim.Config{Items: items})
	for _, version := range versions {
		found, err := b.client(version).FindItemsByBarcode(t.Context(), append(slices.Clone(barcodes), "it's", "missing"))
		if err != nil || len(found) != 46 {
			t.Fatalf("%s: found %d, %v", version, len(found), err)
		}
		if got := found[barcodes[3]]; len(got) != 2 || found["it's"][0] != "O" || found[barcodes[44]][0] != "A44" {
			t.Errorf("%s: found %v", version, found)
		}
	}
}

// An answer that is cut off would be cut off the next time as well.
func TestGetPartner_ThatIsTooLargeIsRefusedForGood(t *testing.T) {
	contact := `{"Name":"` + strings.Repeat("x", 1<<20) + `"},`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/Login") {
			http.SetCookie(w, &http.Cookie{Name: "B1SESSION", Value: "x"})
			fmt.Fprint(w, `{"SessionId":"x","SessionTimeout":30}`)
			return
		}
		fmt.Fprint(w, `{"CardCode":"C1","ContactEmployees":[`)
		for range 33 {
			fmt.Fprint(w, contact)
		}
		fmt.Fprint(w, `{"Name":"y"}]}`)
	}))
	defer server.Close()
	client := newClient(t, sapb1.Settings{URL: server.URL + "/b1s/v2", CompanyDB: "x", User: "x", Password: "x"})
	_, err := client.GetPartner(t.Context(), "C1", "")
	if f := failureOf(t, err); !sapb1.IsTooLarge(err) || f.Kind != order.Permanent || f.Message != "the answer is larger than 32 MB" {
		t.Errorf("%+v, want it refused for good", f)
	}
	_, err = client.CreatePartner(t.Context(), &sapb1.BusinessPartner{CardCode: "C1"})
	if f := failureOf(t, err); f.Kind != order.Unknown {
		t.Errorf("the creation is %+v, want unknown", f)
	}
}
