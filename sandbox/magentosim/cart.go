package magentosim

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/shopspring/decimal"
)

// row is one line of an order: what is bought and, once priced, for how much.
type row struct {
	itemID, quoteID int64
	product         product
	productType     string
	qty             decimal.Decimal
	option          []byte // product_option, nil when there is none
	parent          *row
	children        []*row
	// sums is set on the parent of a dynamic bundle: its money is the sum of its children's.
	sums bool
	// silent is set on children that carry no money: of configurables and of fixed bundles.
	silent bool

	taxCode         string
	taxPercent      decimal.Decimal
	discountPercent decimal.Decimal
	base, order     figures
}

// sold tells whether the row has money of its own.
func (r *row) sold() bool { return !r.sums && !r.silent }

// shipped tells whether the row is something that is sent.
func (r *row) shipped() bool { return !r.product.virtual }

// cart is the rows of an order in Magento's order: each parent before its children.
type cart []*row

// top calls f for the rows a shopper would count.
func (c cart) top(f func(*row)) {
	for _, r := range c {
		if r.parent == nil {
			f(r)
		}
	}
}

// physical tells whether anything has to be sent.
func (c cart) physical() bool {
	for _, r := range c {
		if r.parent == nil && r.shipped() {
			return true
		}
	}
	return false
}

func (c *cart) add(rows ...*row) { *c = append(*c, rows...) }

// fillCart chooses what an order of a kind contains.
func fillCart(r *rand.Rand, kind string) cart {
	var c cart
	switch kind {
	case KindConfigurable:
		c.add(configurableRows(r)...)
		if chance(r, 35) {
			c.add(configurableRows(r)...)
		}
		if chance(r, 30) {
			c.add(simpleRows(r, 1)...)
		}
	case KindBundleDynamic:
		c.add(bundleRows(r, pick(r, dynamicBundles))...)
		if chance(r, 30) {
			c.add(simpleRows(r, 1)...)
		}
	case KindBundleFixed:
		c.add(bundleRows(r, pick(r, fixedBundles))...)
	case KindGrouped:
		c.add(groupedRows(r)...)
	case KindVirtual:
		c.add(plainRow(r, pick(r, services), "virtual"))
	case KindDownloadable:
		c.add(downloadRow(r))
	case KindMixed:
		c.add(simpleRows(r, 1+r.IntN(2))...)
		c.add(configurableRows(r)...)
		c.add(plainRow(r, pick(r, services), "virtual"))
		if chance(r, 50) {
			c.add(bundleRows(r, pick(r, append(append([]bundle{}, dynamicBundles...), fixedBundles...)))...)
		}
	case KindForgotten:
		c.add(plainRow(r, forgotten, "simple"))
		c.add(simpleRows(r, 1)...)
	default:
		c.add(simpleRows(r, 1+r.IntN(5))...)
	}
	return c
}

// quantity is how many of a product somebody buys: mostly one, or a length.
func quantity(r *rand.Rand, p product) decimal.Decimal {
	if p.byMetre {
		return decimal.New(int64(4+r.IntN(60)), 0).Div(decimal.NewFromInt(4)) // quarters of a metre
	}
	if chance(r, 60) {
		return decimal.NewFromInt(1)
	}
	return decimal.NewFromInt(int64(2 + r.IntN(6)))
}

func plainRow(r *rand.Rand, p product, productType string) *row {
	return &row{product: p, productType: productType, qty: quantity(r, p)}
}

// simpleRows takes different products, as a shopper's cart merges equal ones.
func simpleRows(r *rand.Rand, count int) []*row {
	var rows []*row
	for _, i := range r.Perm(len(goods))[:count] {
		rows = append(rows, plainRow(r, goods[i], "simple"))
	}
	return rows
}

func groupedRows(r *rand.Rand) []*row {
	var rows []*row
	for _, p := range pick(r, groups) {
		rows = append(rows, plainRow(r, p, "grouped"))
	}
	return rows
}

func downloadRow(r *rand.Rand) *row {
	row := plainRow(r, pick(r, downloads), "downloadable")
	row.qty = decimal.NewFromInt(1)
	row.option = fmt.Appendf(nil, `{"extension_attributes":{"downloadable_option":{"downloadable_links":[%d]}}}`, row.product.id-50)
	return row
}

// configurableRows is a parent with name and money and its chosen child. Both have the child's SKU.
// Magento REST: issue 21231.
func configurableRows(r *rand.Rand) []*row {
	f := pick(r, families)
	i := r.IntN(len(f.children))
	child := f.children[i]
	shown := child
	shown.id, shown.name = f.id, f.name
	parent := &row{product: shown, productType: "configurable", qty: quantity(r, child)}
	parent.option = fmt.Appendf(nil,
		`{"extension_attributes":{"configurable_item_options":[{"option_id":"152","option_value":%d},{"option_id":"93","option_value":5477}]}}`,
		f.options[i])
	below := &row{product: child, productType: "simple", qty: parent.qty, parent: parent, silent: true}
	parent.children = []*row{below}
	return []*row{parent, below}
}

// bundleRows is a bundle with its parts. A part's quantity is multiplied by the bundle's. A dynamic bundle's SKU is
// its own and all its parts' joined by dashes. Magento REST: issues 38687 and 38523, OrderGetTest.
func bundleRows(r *rand.Rand, b bundle) []*row {
	shown := product{id: b.id, sku: b.sku, name: b.name, price: b.price, weight: b.weight}
	parent := &row{product: shown, productType: "bundle", qty: decimal.NewFromInt(int64(1 + r.IntN(3))), sums: !b.fixed}
	rows := []*row{parent}
	var options []string
	weight := decimal.Decimal{}
	for i, p := range b.parts {
		qty := decimal.NewFromInt(b.partQty[i])
		part := &row{product: p, productType: "simple", qty: qty.Mul(parent.qty), parent: parent, silent: b.fixed}
		parent.children = append(parent.children, part)
		rows = append(rows, part)
		weight = weight.Add(p.weight.Mul(qty))
		if !b.fixed {
			parent.product.sku += "-" + p.sku
		}
		options = append(options, fmt.Sprintf(`{"option_id":%d,"option_qty":%d,"option_selections":[%d]}`,
			b.optionID+int64(i), b.partQty[i], 100+p.id))
	}
	if !b.fixed {
		parent.product.weight = weight
	}
	parent.option = fmt.Appendf(nil, `{"extension_attributes":{"bundle_options":[%s]}}`, strings.Join(options, ","))
	return rows
}
