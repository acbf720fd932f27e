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
