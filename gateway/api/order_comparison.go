package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/shopspring/decimal"

	"datawald/mapping"
	"datawald/order"
	"datawald/preview"
	"datawald/sapb1"
	"datawald/store"
)

func (s *server) routeComparison() {
	route(s, huma.Operation{OperationID: "compare-order", Method: http.MethodGet, Path: "/api/v1/orders/{key}/comparison", Tags: []string{"orders", "rules"},
		Summary: "Magento beside B1, line by line, with both totals and the difference",
		Description: "The side of B1 is what the rules in force make of the order today: the lines of B1's own document are not kept here. Of an order that was posted by other rules, or changed in B1, " +
			"they may differ; `b1_total` is B1's own, as it was read when the order was posted or last looked at. Which line was made of which row the rules themselves say. " +
			"Where they cannot map the order, `hold` says why, and only Magento's side is there. It holds no personal data; what rules and hooks say of the order is masked for viewers.",
		Errors: []int{http.StatusNotFound, http.StatusConflict}}, s.compareOrder)
}

type compareOrderOutput struct{ Body OrderComparison }

// OrderComparison sets Magento's order beside what B1 has or would get.
type OrderComparison struct {
	Key    order.Key     `json:"key" example:"main:1:000000123"`
	Status order.Status  `json:"state"`
	Hold   *order.Reason `json:"hold,omitempty" doc:"Why the rules would not post it as it is"`
	// Lines are Magento's rows in its order, and then what B1 has beside them.
	Lines []ComparedLine `json:"lines" nullable:"false" doc:"The rows of the order, and then lines of B1 that are no row"`
	Parts []ComparedPart `json:"parts" nullable:"false" doc:"Both totals part by part; empty where the rules cannot map the order"`
	// MagentoTotal is null while the order could not be read.
	MagentoTotal *order.Money `json:"magento_total" doc:"What the customer owes"`
	Expected     *order.Money `json:"expected_total,omitempty" doc:"At what B1 must arrive: less than Magento's total where a part was cancelled or refunded, in the website's currency where the rules book in that"`
	RulesTotal   *order.Money `json:"rules_total,omitempty" doc:"At what B1 arrives by these rules"`
	B1Total      *order.Money `json:"b1_total,omitempty" doc:"The total of B1's own document, as it was last read; absent while there is none"`
	Difference   *order.Money `json:"difference,omitempty" doc:"B1's total, or that of the rules while B1 has none, less the expected one"`
	Differs      bool         `json:"differs" doc:"The totals or a line differ"`
	RulesVersion string       `json:"rules_version"`
	Notes        []string     `json:"notes,omitempty" doc:"What of the order did not fit into the document"`
}

// ComparedLine is a row of Magento beside the line that the rules make of it.
type ComparedLine struct {
	Magento *MagentoRow `json:"magento,omitempty" doc:"Absent for lines that are no row: freight, a discount, a surcharge, a rounding difference"`
	B1      *B1Line     `json:"b1,omitempty" doc:"Absent for rows that carry no money of their own, such as the chosen product of a configurable one, and where the order cannot be mapped"`
	// Difference is in the currency of the document.
	Difference *order.Money `json:"difference,omitempty" doc:"Net of the line less that of the row; absent where one of both is"`
	Differs    bool         `json:"differs" doc:"Quantity or amount are not the same"`
}

// MagentoRow is a row of the order in the order's currency.
type MagentoRow struct {
	ItemID       int64           `json:"item_id"`
	ParentItemID int64           `json:"parent_item_id,omitempty" doc:"The row that it belongs to: of a bundle or a configurable product"`
	SKU          string          `json:"sku"`
	Name         string          `json:"name"`
	Type         string          `json:"product_type"`
	Quantity     decimal.Decimal `json:"quantity" doc:"As ordered"`
	Canceled     decimal.Decimal `json:"quantity_canceled"`
	Refunded     decimal.Decimal `json:"quantity_refunded"`
	Price        order.Money     `json:"price" doc:"Of one, without tax, before discount"`
	Discount     order.Money     `json:"discount" doc:"Of the row"`
	Tax          order.Money     `json:"tax" doc:"Of the row"`
	RowTotal     order.Money     `json:"row_total" doc:"As Magento states it: some releases before, some after the discount"`
	RowTotalTax  order.Money     `json:"row_total_incl_tax" doc:"As Magento states it"`
	// Net is what the row comes to as the rules book it.
	Net *order.Money `json:"net,omitempty" doc:"What the row comes to without tax, as far as it is booked; the discount is taken off where the lines carry it"`
}

// B1Line is a line of the document in the document's currency.
type B1Line struct {
	Part      sapb1.Part       `json:"part" enum:"goods,discount,freight,extra,rounding," doc:"What of the order it carries"`
	ItemCode  string           `json:"item_code"`
	Quantity  *decimal.Decimal `json:"quantity,omitempty" doc:"Absent for additional expenses"`
	UnitPrice *order.Money     `json:"unit_price,omitempty"`
	Discount  *decimal.Decimal `json:"discount_percent,omitempty"`
	TaxCode   string           `json:"tax_code"`
	TaxRate   decimal.Decimal  `json:"tax_rate" doc:"In percent"`
	Net       order.Money      `json:"net"`
	Tax       *order.Money     `json:"tax,omitempty" doc:"Absent for additional expenses, whose tax is in the part of that name"`
}

// ComparedPart is one part of both totals.
type ComparedPart struct {
	Name       string      `json:"name" example:"tax"`
	Magento    order.Money `json:"magento"`
	B1         order.Money `json:"b1"`
	Difference order.Money `json:"difference"`
}

func (s *server) compareOrder(ctx context.Context, in *getOrderInput) (*compareOrderOutput, error) {
	doc, err := s.stagedOrder(ctx, in.Key)
	if err != nil {
		return nil, err
	}
	if _, err := s.instance(doc.Instance); err != nil {
		return nil, s.notStaged(doc.Key)
	}
	rules, err := s.inForce(ctx, doc.Instance)
	if err != nil {
		return nil, err
	}
	subject, err := preview.Read(ctx, s.store, doc.Key, rules)
	if errors.Is(err, store.ErrNotFound) {
		return nil, s.notStaged(doc.Key)
	}
	if err != nil {
		return nil, partDown(err, "store")
	}
	outcome := preview.Try(rules, subject, preview.At(time.Now().UTC()))
	out := compared(doc, subject.Order, outcome, rules)
	if !seesPeople(ctx) {
		hide := redactorOf(subject.Order, outcome.Document)
		out.Hold, out.Notes = hidden(out.Hold, hide), hiddenTexts(out.Notes, hide)
	}
	return &compareOrderOutput{Body: out}, nil
}

// compared sets both sides beside each other. o is nil where the order cannot be read.
func compared(doc *store.Staged, o *order.Order, out preview.Outcome, rules *mapping.Rules) OrderComparison {
	c := OrderComparison{Key: doc.Key, Status: doc.Status, Hold: out.Hold, RulesVersion: rules.ID(), Notes: out.Notes, Lines: []ComparedLine{}, Parts: []ComparedPart{}}
	if o != nil {
		total := o.Total()
		c.MagentoTotal = &total
	}
	if out.Expect.Currency != "" {
		c.Expected = &out.Expect
	}
	paired := pairing{digits: rules.Digits(out.Expect.Currency), byRow: map[int64]int{}}
	if out.Proof != nil && out.Document != nil {
		paired.proof, paired.document = out.Proof, out.Document
		c.parts(out.Proof)
	}
	c.Lines = paired.lines(o)
	c.totals(doc)
	for _, l := range c.Lines {
		c.Differs = c.Differs || l.Differs
	}
	return c
}

// parts takes over the parts of both totals, of which the last is the whole.
func (c *OrderComparison) parts(p *mapping.Proof) {
	in := func(d decimal.Decimal) order.Money { return order.Money{Amount: d, Currency: p.Currency} }
	for _, part := range p.Components {
		c.Parts = append(c.Parts, ComparedPart{Name: part.Name, Magento: in(part.Magento), B1: in(part.B1), Difference: in(part.Difference)})
		if part.Name == "total" {
			total := in(part.B1)
			c.RulesTotal = &total
		}
	}
}

// totals compares the totals, where they are in one currency.
func (c *OrderComparison) totals(doc *store.Staged) {
	is := c.RulesTotal
	if doc.BO != nil {
		c.B1Total = &doc.BO.Total
		is = c.B1Total
	}
	wanted := c.Expected
	if wanted == nil {
		wanted = c.MagentoTotal
	}
	if is == nil || wanted == nil || is.Currency != wanted.Currency {
		c.Differs = c.Differs || is != nil && wanted != nil
		return
	}
	c.Difference = &order.Money{Amount: is.Amount.Sub(wanted.Amount), Currency: is.Currency}
	c.Differs = c.Differs || !c.Difference.Amount.IsZero()
}
