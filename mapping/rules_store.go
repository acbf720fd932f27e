package mapping

// StoreRules are the settings that may differ between stores.
type StoreRules struct {
	// CardCode is the business partner of every order for which Partner finds no other.
	CardCode string       `yaml:"card_code"`
	Partner  PartnerRules `yaml:"partner"`
	// DueDays is how many days after DueFrom the goods are due.
	DueDays int   `yaml:"due_days"`
	Dates   Dates `yaml:"dates"`

	Warehouse   string `yaml:"warehouse"`
	Series      *int   `yaml:"series"`
	Branch      *int   `yaml:"branch"`
	SalesPerson *int   `yaml:"sales_person"`
	// Owner is the employee (OHEM.empID) who owns the documents.
	Owner *int `yaml:"owner"`
	// ReferencePrefix stands before the reference of this store's orders.
	ReferencePrefix string `yaml:"reference_prefix"`
	// StateCountries are the countries whose regions B1 knows as states; elsewhere the region goes into the county.
	StateCountries []string `yaml:"state_countries"`

	// Currency is the currency of the document: DocumentInOrderCurrency or DocumentInBaseCurrency.
	Currency string `yaml:"currency"`
	// ExchangeRate is where the rate of a foreign document comes from: RateOfB1 or RateOfMagento.
	ExchangeRate string `yaml:"exchange_rate"`

	Items   Items   `yaml:"items"`
	Bundles Bundles `yaml:"bundles"`
	// PartlyCancelled says what of an order goes to B1 of which Magento has cancelled or refunded a part: OpenQuantity,
	// OrderedQuantity, or HoldPartly.
	PartlyCancelled string `yaml:"partly_cancelled"`

	Tax      Tax      `yaml:"tax"`
	Discount Discount `yaml:"discount"`
	Freight  Freight  `yaml:"freight"`
	// Payments and Shippings map Magento's codes to B1's: the exact code first, then patterns with *.
	Payments  map[string]Payment `yaml:"payments"`
	Shippings map[string]int     `yaml:"shippings"`
	// Extras are parts of the total that are neither goods nor freight: gift_card, store_credit, reward_points,
	// gift_wrap, weee, and others that name their amount.
	Extras   map[string]Extra `yaml:"extras"`
	Rounding *Rounding        `yaml:"rounding"`

	// Fields and LineFields set properties of the document and of its lines, user-defined ones (U_…) above all.
	Fields     map[string]Field `yaml:"fields"`
	LineFields map[string]Field `yaml:"line_fields"`
}

// Values of StoreRules.Currency, ExchangeRate and PartlyCancelled. The first of each is what holds without the setting.
const (
	DocumentInOrderCurrency = "order"
	DocumentInBaseCurrency  = "base"

	RateOfB1      = "b1"
	RateOfMagento = "magento"

	HoldPartly      = "hold"
	OrderedQuantity = "ordered"
	OpenQuantity    = "open"
)

// Dates are the dates of the document.
type Dates struct {
	// Document is DocDate, Tax is TaxDate: DayOfPosting (B1's own choice) or DayOfOrder.
	Document string `yaml:"document"`
	Tax      string `yaml:"tax"`
	// DueFrom is the day from which DueDays count: DayOfPosting or DayOfOrder. A due date is never before the posting.
	DueFrom string `yaml:"due_from"`
}

// Values of Dates. The first is what holds without the setting.
const (
	DayOfPosting = "posting"
	DayOfOrder   = "placed"
)

// Items says which item of B1 a row of an order is.
type Items struct {
	// Code gives the item code of a row; without it the SKU.
	Code Expression `yaml:"code"`
	// Barcode is true where Code gives a barcode: B1 is asked which item has it.
	Barcode bool `yaml:"barcode"`
	// Table gives item codes for SKUs, before anything else: exact ones, then patterns with *.
	Table map[string]string `yaml:"table"`
	// Options are SKUs of custom options (patterns with * allowed). Magento appends them to the SKU of the product with a
	// dash; they are taken off, and named in the line's free text.
	Options []string `yaml:"options"`

	// patterns are the names of Table that have a *, the longest first.
	patterns []string
}

// Bundles says how bundles are booked, by the SKU of the bundle (patterns with * allowed). A single value is for all.
type Bundles map[string]string

// Values of Bundles. The first is what holds without the setting.
const (
	// BundleAsPriced books the side that has the prices: the children of a dynamic bundle, the parent of a fixed one.
	BundleAsPriced = "as_priced"
	// BundleChildren books the children; the price of a fixed bundle is spread over them by their catalogue prices.
	BundleChildren = "children"
	// BundleParent books the parent as an item of its own.
	BundleParent = "parent"
	// BundleBOM books the parent, which in B1 is a bill of materials of type Sales: B1 adds the components.
	BundleBOM = "bom"
)

func (b *Bundles) short(text string) string {
	*b = Bundles{"*": text}
	return ""
}

// Payment is B1's payment method and terms for one of Magento's.
type Payment struct {
	Method string `yaml:"method"`
	Terms  *int   `yaml:"terms"`
}

// Field is the value of a property.
type Field struct {
	// Value is an expression over the Magento order; nothing leaves the property out.
	Value Expression `yaml:"value"`
	// Max is the length of the property in UTF-16 units, 0 where B1's is not known. Longer text is cut, and noted.
	Max int `yaml:"max"`
}

func (f *Field) short(text string) string { return f.Value.short(text) }
