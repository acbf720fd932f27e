package mapping

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"datawald/order"
	"datawald/sapb1"
)

// Input is what a mapping is made of.
type Input struct {
	Order *order.Order
	// Source is the Magento document of the order, for expressions and hooks; needed where Rules.ReadSource says so.
	Source *Source
	// Now is the moment of posting: days count from it, in the company's time zone.
	Now time.Time
	// Partner is the buyer in B1; nil while B1 has not been asked. Then the document has no CardCode where the rules do not
	// fix it, and may not be sent.
	Partner *Partner
	// Items are the item codes that B1 gave for barcodes (Rules.Barcodes); nil while B1 has not been asked. Then the
	// document has the barcodes in their place, and may not be sent.
	Items map[string]string
}

// Result is a document with its proof, or the reason why there is none. Hold is nil exactly when the document may be
// posted; then the proof's totals are equal.
type Result struct {
	Document *sapb1.SalesOrder `json:"document"`
	Proof    *Proof            `json:"proof"`
	Hold     *order.Reason     `json:"hold"`
	// Expect is the total at which B1 must arrive. It is Magento's grand_total, but for orders in base currency and for
	// what is left of partly cancelled ones.
	Expect order.Money `json:"expect"`
	// Trees are the item codes of lines that B1 must break up into their components.
	Trees []string `json:"trees,omitempty"`
	// Notes say what of the order did not fit into the document, without the values themselves: they may be personal.
	Notes []string `json:"notes,omitempty"`

	// texts are the properties that may hold texts of the order, as Compare needs to know them.
	texts map[string]bool
}

// Map makes the B1 document of an order and proves it.
func (r *Rules) Map(in Input) Result {
	m := newMapper(r, in)
	hold := m.guarded()
	result := Result{Document: m.document, Proof: m.proof, Hold: hold, Notes: m.notes, Trees: m.trees}
	if m.checked {
		result.Expect = order.Money{Amount: m.expected(), Currency: m.order.Currency}
	}
	result.texts = m.texts()
	return result
}

// ReadSource reports whether the rules need the Magento document itself for orders of a store: for an expression that
// reads it, or for a hook, which may.
func (r *Rules) ReadSource(store int64) bool {
	s := r.Store(store)
	return len(r.hooks) > 0 || slices.ContainsFunc(s.expressions(), Expression.readsDocument)
}

// mapper builds one document step by step; each step may hold the order.
type mapper struct {
	in Input
	// order is what is booked: a copy with its amounts in document currency.
	order    *order.Order
	rules    *Rules
	store    StoreRules
	document *sapb1.SalesOrder
	proof    *Proof
	notes    []string

	// digits are those that B1 keeps of amounts in the document's currency.
	digits int32
	// checked is true when the amounts of the order are such as can be reckoned with.
	checked bool
	// written are the rows that carry the money as Magento wrote them, chosen the same with bundles as they are to be booked,
	// bookings what is booked for these.
	written    []order.Line
	chosen     []order.Line
	bookings   []booking
	extraParts []extra
	// weeeInside is true where the subtotal holds the fixed product taxes; taxLeft is tax_amount without the taxes of
	// extras.
	weeeInside bool
	taxLeft    decimal.Decimal
	// open is true when only what is left of the order is booked; shippingOpen is the part of shipping that is left.
	open         bool
	shippingOpen decimal.Decimal
	// fullTax is true where Magento took the tax on goods before their discount, which is fullDiscount then.
	fullTax      bool
	fullDiscount decimal.Decimal
	// inBase is true where the amounts are those that Magento keeps in the website's currency, beside those of the order.
	inBase bool
	// pieces are those of bundles that are gathered into one row.
	pieces map[int64]decimal.Decimal
	// treeRows are the rows that are bills of materials in B1, trees their item codes.
	treeRows map[int64]bool
	trees    []string
	// rows are the rows of the order that the lines of the document were made of, by the number of the line.
	rows map[int]order.Line
	// barcodes are those of which B1 has not been asked.
	barcodes []string
	// expressions computes the expressions of the rules; nil until one is asked for.
	expressions *evaluator
	// sheet is the finished document added up.
	sheet *sheet
}

func newMapper(r *Rules, in Input) *mapper {
	return &mapper{in: in, order: in.Order, rules: r, store: r.Store(in.Order.StoreID), document: &sapb1.SalesOrder{},
		proof: newProof(in.Order), digits: r.Digits(in.Order.Currency), shippingOpen: decimal.NewFromInt(1),
		rows: map[int]order.Line{}, treeRows: map[int64]bool{}, pieces: map[int64]decimal.Decimal{}}
}

// guarded runs the steps. A fault of ours holds the one order that shows it, and delays no other.
func (m *mapper) guarded() (hold *order.Reason) {
	defer func() {
		if p := recover(); p != nil {
			m.checked = false
			hold = &order.Reason{Code: "rules_failed", Field: "order", Message: "The rules broke down on this order" + detail(p) + ".",
				Hint: "DataWald has a fault. Report it with the key of the order and the version of the rules; until it is mended, enter the order by hand."}
		}
	}()
	return m.run()
}

func (m *mapper) run() *order.Reason {
	steps := []func() *order.Reason{
		m.before, m.inDocumentCurrency, m.checkAmounts, m.currency, m.choose, m.takeExtras, m.checkExtras, m.checkMagento, m.takeRows,
		m.header, m.payment, m.shippingCode, m.lines, m.freight, m.extras, m.fields,
		m.after, m.rounding, m.verdict,
	}
	for _, step := range steps {
		if hold := step(); hold != nil {
			return hold
		}
	}
	return nil
}
