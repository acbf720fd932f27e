package magentosim

import (
	"slices"

	"github.com/shopspring/decimal"
)

// taxClass says which rate of a country applies to a product.
type taxClass int

const (
	standardRate taxClass = iota
	reducedRate           // books and food
)

// product is one SKU of the shop. Its price is net in stores 1 and 3 and gross in store 2.
type product struct {
	id      int64
	sku     string
	name    string
	price   decimal.Decimal
	was     decimal.Decimal // catalogue price before a special price; zero: the same
	weight  decimal.Decimal
	class   taxClass
	virtual bool
	byMetre bool // sold in decimal quantities
}

// family is a configurable product with the simple ones a shopper chooses from.
type family struct {
	id       int64
	name     string
	children []product
	options  []int64 // option_value of each child
}

// bundle is a product put together from others.
type bundle struct {
	id       int64
	sku      string
	name     string
	fixed    bool            // fixed: the bundle has the price; dynamic: its parts have
	price    decimal.Decimal // of a fixed bundle
	weight   decimal.Decimal
	parts    []product
	partQty  []int64 // per bundle
	optionID int64   // id of the first option, the others follow
}

// forgotten is sold in the shop although nobody created it in the ERP.
var forgotten = item(900, "FORGOTTEN-ITEM", "Item nobody told the ERP about", "17.50", "0.4")

func item(id int64, sku, name, price, weight string) product {
	return product{id: id, sku: sku, name: name, price: decimal.RequireFromString(price), weight: decimal.RequireFromString(weight)}
}

func (p product) reduced() product {
	p.class = reducedRate
	return p
}

func (p product) special(was string) product {
	p.was = decimal.RequireFromString(was)
	return p
}

func (p product) perMetre() product {
	p.byMetre = true
	return p
}

func intangible(id int64, sku, name, price string) product {
	p := item(id, sku, name, price, "0")
	p.virtual = true
	return p
}

var (
	goods = []product{
		item(1, "24-MB01", "Joust Duffle Bag", "34.00", "1.2"),
		item(2, "24-MB04", "Strive Shoulder Pack", "32.00", "0.9"),
		item(3, "24-MB03", "Crown Summit Backpack", "38.00", "1.5").special("45.00"),
		item(4, "24-WB05", "Savvy Shoulder Tote", "24.00", "0.7").special("32.00"),
		item(5, "24-UG06", "Affirm Water Bottle", "7.00", "0.3"),
		item(6, "24-UG07", "Dual Handle Cardio Ball", "12.00", "2"),
		item(7, "24-UG04", "Zing Jump Rope", "12.00", "0.25"),
		item(8, "24-UG03", "Harmony Lumaflex Strength Band Kit", "22.00", "0.8"),
		item(9, "24-MG04", "Aim Analog Watch", "45.00", "0.2"),
		item(10, "24-WG09", "Luma Analog Watch", "43.00", "0.2"),
		item(11, "24-WG02", "Didi Sport Watch", "92.00", "0.2"),
		item(12, "KETTLE-08", "Kettlebell 8 kg", "39.95", "8"),
		item(13, "MAT-BLUE", "Exercise Mat Blue", "19.99", "1.1"),
		item(14, "TOWEL-S", "Microfibre Towel Small", "6.49", "0.2"),
		item(15, "BOOK-YOGA", "Yoga for Beginners", "14.90", "0.5").reduced(),
		item(16, "BOOK-RUN", "The Running Handbook", "22.50", "0.7").reduced(),
		item(17, "BAR-OAT", "Oat Bar Box of 12", "17.88", "0.6").reduced(),
		item(18, "TEA-MINT", "Mint Tea 100 g", "4.35", "0.12").reduced(),
		item(19, "ROPE-M", "Climbing Rope per Metre", "3.79", "0.07").perMetre(),
		item(20, "LACES-3", "Shoe Laces Set of 3", "0.99", "0.05"),
	}
	families = []family{
		{id: 30, name: "Chaz Kangeroo Hoodie", options: []int64{5601, 5602, 5603}, children: []product{
			item(31, "MH01-S-Black", "Chaz Kangeroo Hoodie-S-Black", "52.00", "1"),
			item(32, "MH01-M-Black", "Chaz Kangeroo Hoodie-M-Black", "52.00", "1"),
			item(33, "MH01-L-Black", "Chaz Kangeroo Hoodie-L-Black", "52.00", "1"),
		}},
		{id: 34, name: "Teton Pullover Hoodie", options: []int64{5611, 5612, 5613}, children: []product{
			item(35, "MH02-S-Red", "Teton Pullover Hoodie-S-Red", "70.00", "1"),
			item(36, "MH02-M-Red", "Teton Pullover Hoodie-M-Red", "70.00", "1"),
			item(37, "MH02-L-Red", "Teton Pullover Hoodie-L-Red", "72.50", "1"),
		}},
		{id: 38, name: "Radiant Tee", options: []int64{5621, 5622, 5623}, children: []product{
			item(39, "WS12-XS-Blue", "Radiant Tee-XS-Blue", "21.95", "0.3"),
			item(40, "WS12-S-Blue", "Radiant Tee-S-Blue", "21.95", "0.3"),
			item(41, "WS12-M-Blue", "Radiant Tee-M-Blue", "21.95", "0.3"),
		}},
		{id: 42, name: "Pierce Gym Short", options: []int64{5631, 5632, 5633}, children: []product{
			item(43, "MSH09-32-Gray", "Pierce Gym Short-32-Gray", "27.33", "0.4"),
			item(44, "MSH09-33-Gray", "Pierce Gym Short-33-Gray", "27.33", "0.4"),
			item(45, "MSH09-34-Gray", "Pierce Gym Short-34-Gray", "27.33", "0.4"),
		}},
	}
	services = []product{
		intangible(50, "GIFT-WRAP-SERVICE", "Gift Wrapping Service", "4.95"),
		intangible(51, "COURSE-ONLINE", "Online Training Course", "79.00"),
		intangible(52, "WARRANTY-2Y", "Two Year Warranty", "12.49"),
	}
	downloads = []product{
		intangible(55, "240-LV04", "Beginner's Yoga (Download)", "6.00"),
		intangible(56, "240-LV05", "LifeLong Fitness IV (Download)", "14.00"),
	}
	dynamicBundles = []bundle{
		{id: 60, sku: "24-WG080", name: "Sprite Yoga Companion Kit", optionID: 11,
			parts: []product{goods[6], goods[7], goods[12]}, partQty: []int64{1, 1, 2}},
		{id: 61, sku: "GYM-STARTER", name: "Gym Starter Set", optionID: 21,
			parts: []product{goods[0], goods[4], goods[13]}, partQty: []int64{1, 2, 3}},
	}
	fixedBundles = []bundle{
		{id: 65, sku: "SET-WATCHES", name: "Watch Set", fixed: true, price: decimal.RequireFromString("79.90"),
			weight: decimal.RequireFromString("0.4"), optionID: 31, parts: []product{goods[8], goods[9]}, partQty: []int64{1, 1}},
		{id: 66, sku: "SET-READER", name: "Reader's Set", fixed: true, price: decimal.RequireFromString("44.44"),
			weight: decimal.RequireFromString("1.3"), optionID: 41, parts: []product{goods[0], goods[13]}, partQty: []int64{1, 2}},
	}
	groups = [][]product{
		{goods[4], goods[5], goods[6]},
		{goods[13], goods[14], goods[17], goods[19]},
	}
)

// Catalogue lists every SKU the generator sells on its own price, sorted: what the ERP has to know. Two things the
// shop shows are missing on purpose: the concatenated SKU of a dynamic bundle, which exists in no ERP, and
// "FORGOTTEN-ITEM", which about one generated order in a hundred contains.
func Catalogue() []string {
	var out []string
	for _, list := range [][]product{goods, services, downloads} {
		for _, p := range list {
			out = append(out, p.sku)
		}
	}
	for _, f := range families {
		for _, p := range f.children {
			out = append(out, p.sku)
		}
	}
	for _, b := range fixedBundles {
		out = append(out, b.sku)
	}
	slices.Sort(out)
	return out
}
