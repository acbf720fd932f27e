package preview_test

import (
	"testing"

	"datawald/mapping"
	"datawald/order"
	"datawald/preview"
	"datawald/sapb1"
)

// B1 is not asked for the business partner or an item: the outcome says what would be asked, and the order is not held for it.
func TestWhatB1WouldBeAskedIsTold(t *testing.T) {
	asking := rules(t, "  card_code: C-WEB\n", `  card_code: C-WEB
  partner: { customers: find_or_create, guests: find_or_create, find_by: [email], create: { prefix: "M-" } }
  items: { barcode: true }
`)
	s := subjectOf(t, "simple")
	out := preview.Try(asking, s, preview.At(now))
	if out.Verdict != preview.Post || out.Document == nil || out.Document.CardCode != "" {
		t.Errorf("verdict %s, hold %v", out.Verdict, out.Hold)
	}
	if out.Partner == nil || len(out.Partner.Find) == 0 || out.Partner.Create == nil {
		t.Errorf("partner %+v", out.Partner)
	}
	if len(out.Barcodes) == 0 {
		t.Error("no barcodes are told")
	}
	tally := preview.NewTally()
	tally.Add(&out)
	if n := tally.Summary().Asks; n != 1 {
		t.Errorf("%d orders ask B1, want 1", n)
	}
	if out := preview.Try(rules(t), s, preview.At(now)); out.Partner != nil || len(out.Barcodes) > 0 {
		t.Errorf("a fixed partner is asked for: %+v, %v", out.Partner, out.Barcodes)
	}
}

// A buyer of whom the order says nothing by which he could be found, and whom nobody may create, holds the order: no question
// to B1 would change that. Where something can be asked, or another partner takes the order, it goes on.
func TestABuyerWhomNobodyCanFindHoldsTheOrder(t *testing.T) {
	for policy, want := range map[string]preview.Verdict{
		"{ customers: find, guests: find, find_by: [tax_number], not_found: hold }":                                               preview.Held,
		"{ customers: find, guests: find, find_by: [email, tax_number], not_found: hold }":                                        preview.Post,
		"{ customers: find, guests: find, find_by: [tax_number], not_found: card_code }":                                          preview.Post,
		"{ customers: find, guests: find, find_by: [tax_number] }":                                                                preview.Post,
		"{ customers: card_code, guests: card_code, find_by: [tax_number], not_found: hold }":                                     preview.Post,
		`{ customers: find_or_create, guests: find_or_create, find_by: [tax_number], not_found: hold, create: { prefix: "M-" } }`: preview.Post,
	} {
		s := subjectOf(t, "simple")
		s.Order.Customer.TaxVAT, s.Order.Billing.VATID = "", ""
		out := preview.Try(rules(t, "  card_code: C-WEB\n", "  card_code: C-WEB\n  partner: "+policy+"\n"), s, preview.At(now))
		if held := out.Hold != nil && out.Hold.Code == "partner_unknown"; out.Verdict != want || held != (want == preview.Held) || out.Document == nil {
			t.Errorf("%s: verdict %s, hold %v, want %s", policy, out.Verdict, out.Hold, want)
		}
	}
	s := subjectOf(t, "simple")
	s.Order.Payment.Method = "barter"
	hopeless := rules(t, "  card_code: C-WEB\n", "  card_code: C-WEB\n  partner: { customers: find, guests: find, find_by: [tax_number], not_found: hold }\n")
	if out := preview.Try(hopeless, s, preview.At(now)); out.Hold == nil || out.Hold.Code != "payment_method_unmapped" {
		t.Errorf("hold %v, want the one of the mapping first, as the worker gives it", out.Hold)
	}
}

// reader is a hook that needs the Magento document.
type reader struct{ saw *bool }

func (reader) Name() string { return "reader" }

func (h reader) Before(_ *order.Order, source *mapping.Source) *order.Reason {
	*h.saw = source != nil
	return nil
}

func (reader) After(*order.Order, *mapping.Source, *sapb1.SalesOrder) *order.Reason { return nil }

// Rules that read the Magento document get it, each of two that are compared.
func TestRulesThatReadTheDocumentGetIt(t *testing.T) {
	r := stagedShop(t, 1, nil)
	saw := false
	hooked := rules(t)
	hooked.Use(reader{&saw})
	r.Rules = []*mapping.Rules{rules(t), hooked}
	s := only(t, r)
	preview.Try(hooked, s, preview.At(now))
	if s.Source == nil || !saw {
		t.Errorf("source %t, the hook saw it: %t", s.Source != nil, saw)
	}
	r.Rules = r.Rules[:1]
	if s := only(t, r); s.Source != nil {
		t.Error("a document is read that no rule asks for")
	}
}
