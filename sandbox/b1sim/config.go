package b1sim

import (
	"crypto/tls"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// Config describes one company and the machine that serves it. The zero value of every field means its default.
type Config struct {
	// CompanyDB is the database named at login. Default "SBODEMOUS".
	CompanyDB string
	// User and Password sign in. Defaults "manager" and "sandbox".
	User, Password string
	// Language of error texts, "en" or "es"; codes are the same in both. Default "en".
	Language string
	// ErrorDetails adds the empty "details" list that newer builds put into OData 4 errors. Default false.
	ErrorDetails bool

	// SessionTimeout is the idle time after which a session ends. Default 30 minutes.
	SessionTimeout time.Duration
	// RequireRouteID refuses calls without the ROUTEID cookie, as the 1.22 manual says; newer editions call the cookie
	// optional. Default false.
	RequireRouteID bool
	// LoginTime is how long a login takes; 3 to 8 s are reported of real servers. Default 0.
	LoginTime time.Duration
	// Latency is how long other calls take.
	Latency Latency
	// Knee is the number of calls that progress at once at full speed. With more, every call takes proportionally
	// longer, so throughput stays where it was. SAP measured about 40. Default 0: no knee.
	Knee int
	// PageSize is the number of rows in a page when the caller names none. Default 20.
	PageSize int
	// KeepAlive is the idle time after which Serve closes a connection, and KeepAliveMax the number of requests after
	// which it does. Both are announced in the Keep-Alive header. Defaults 5 s and 100.
	KeepAlive    time.Duration
	KeepAliveMax int
	// TLS makes Serve speak TLS. Default nil: plain HTTP.
	TLS *tls.Config

	// LocalCurrency is the currency of the company's books. Default "USD".
	LocalCurrency string
	// Rates holds the known foreign currencies: local units for one foreign unit. A rate of zero is a currency that is
	// set up but has no rate today. Default EUR, GBP, BHD, TWD, JPY, CAD, AUD.
	Rates map[string]decimal.Decimal
	// PriceDecimals and PercentDecimals are the company's accuracies. Default 6 each.
	PriceDecimals, PercentDecimals int32
	// SumDecimals is the accuracy of amounts by currency. Default 2; JPY 0, BHD 3.
	SumDecimals map[string]int32
	// TaxRounding says where tax is rounded, by document (SAP Note 3379849) or by line. Default TaxByDocument.
	TaxRounding TaxRounding

	// Partners are the customers. Default C-WEB and others, see the defaults file.
	Partners []Partner
	// Items are the articles that can be sold. Default none.
	Items []Item
	// TaxCodes are the sales tax codes of US companies: code to rate in per cent. VatGroups are the output tax groups
	// of VAT companies. Defaults: Exempt, CA825, NY8875, TX825; A0, A1, A2.
	TaxCodes, VatGroups map[string]decimal.Decimal
	// Expenses are the freight and charge types. Default 1 Freight, 2 Surcharge, 3 Rounding.
	Expenses []Expense
	// ShippingTypes, PaymentTerms, SalesPersons and Branches are code lists: number to name. Branches default to none,
	// and then documents need no branch.
	ShippingTypes, PaymentTerms, SalesPersons, Branches map[int]string
	// PartnerGroups and PriceLists are code lists: number to name. Defaults 100 Customers, 1 Base Price.
	PartnerGroups, PriceLists map[int]string
	// PaymentMethods and Warehouses are code lists: code to name.
	PaymentMethods, Warehouses map[string]string
	// States lists the state codes known for a country; a country without an entry takes any. Default none.
	States map[string][]string
	// Series are the numbering series that orders may name. Default 8.
	Series []int
	// PartnerSeries are the numbering series of business partners. Default none: every partner brings its code.
	PartnerSeries []PartnerSeries
	// Employees are those who may own documents: number to name. Default none, and then any number is taken.
	Employees map[int]string
	// NegativeLines says how an order may hold a line that takes something off. Default NegativeQuantity.
	NegativeLines NegativeLines
	// BlockNegativeStock refuses orders for more than an inventory item has on hand. Default false, as in B1, which
	// checks at delivery.
	BlockNegativeStock bool
	// OpenFrom and OpenTo are the first and last day of the open posting periods (2006-01-02). A document dated outside
	// is refused as locked, other dates outside as deviating. Default "": no bound.
	OpenFrom, OpenTo string
	// Approval sends orders to an approval procedure.
	Approval Approval
	// DraftOutlivesSet keeps the draft that the procedure makes of an order inside a change set, although the change set is
	// rolled back. Which of both B1 does is not confirmed. Default false: the draft goes with the rest.
	DraftOutlivesSet bool

	// UserFields and UserTables exist from the start.
	UserFields []UserField
	UserTables []UserTable
	// MetadataAtOnce shows new user fields and tables without Restart. Default false: "not accessible unless Service
	// Layer is restarted" (Service Layer manual 7.2).
	MetadataAtOnce bool

	// Seed starts the generator behind fault probabilities. Default 1.
	Seed uint64
	// Now is the company's clock. Default time.Now.
	Now func() time.Time
	// StateFile keeps everything that was written to the company, one line a commit, and restores it at start.
	// Default "": memory only.
	StateFile string
}

// Latency is how long calls take, outside the commit itself, which is serialised.
type Latency struct {
	Read    time.Duration // of GET requests; default 0
	Write   time.Duration // of all others; default 0
	PerLine time.Duration // added for each document line sent; default 0
}

// TaxRounding says where tax amounts are rounded.
type TaxRounding string

// The two ways a company can round tax.
const (
	TaxByDocument TaxRounding = "document"
	TaxByLine     TaxRounding = "line"
)

// NegativeLines says what a sales order takes for a line less than nothing. Which one B1 takes is not confirmed.
type NegativeLines string

// The ways of a line less than nothing.
const (
	NegativeQuantity NegativeLines = "quantity" // a quantity below zero at a price above
	NegativePrice    NegativeLines = "price"    // a price below zero
	NoNegativeLines  NegativeLines = "none"
)

// PartnerSeries numbers business partners by itself: prefix, then a number of at least so many digits.
type PartnerSeries struct {
	Number int
	Prefix string
	Digits int // default 5
}

// Approval is the condition of an approval procedure for sales orders.
type Approval struct {
	On    bool            // whether there is one; default false
	Above decimal.Decimal // total in local currency above which it fires; zero means every order
}

// Partner is a business partner.
type Partner struct {
	Code     string // at most 15 characters
	Name     string
	Currency string // default "##": any
	Email    string
	TaxID    string // FederalTaxID
	Supplier bool   // not a customer, so no sales order can name it
	Frozen   bool
}

// Item is an article.
type Item struct {
	Code   string          `json:"code"` // at most 50 characters
	Name   string          `json:"name"`
	Sales  bool            `json:"sales"`   // may stand in sales documents
	Frozen bool            `json:"frozen"`  // may stand in no document
	Stock  bool            `json:"stock"`   // kept in stock
	OnHand decimal.Decimal `json:"on_hand"` // units in stock
	Price  decimal.Decimal `json:"price"`   // list price in local currency, taken when a line names no price
	// Barcode is the item's main bar code.
	Barcode string `json:"barcode"`
	// Components make the item a bill of materials of type Sales: an order line of it is followed by one line for each.
	Components []Component `json:"components"`
}

// Component is a part of a sales bill of materials.
type Component struct {
	Code     string          `json:"code"`
	Quantity decimal.Decimal `json:"quantity"` // for one of the parent
}

// Expense is a kind of additional expense.
type Expense struct {
	Code    int
	Name    string
	TaxCode string // tax code or VAT group taken when the document names none; default none
}

// UserField is a user-defined field: property U_<Name> of the entities of a table.
type UserField struct {
	Table string // ORDR, RDR1, OCRD, OITM, or @NAME of a user table
	Name  string // without U_
	Type  string // db_Alpha, db_Memo, db_Numeric, db_Date or db_Float; default db_Alpha
	Size  int    // longest text of a db_Alpha; default 254
}

// UserTable is a user-defined table, exposed as U_<Name>.
type UserTable struct {
	Name, Description string
	Type              string // bott_NoObject, bott_MasterData, bott_Document …; default bott_NoObject
}

// validate reports the first setting that cannot work.
func (cfg Config) validate() error {
	if cfg.TaxRounding != TaxByDocument && cfg.TaxRounding != TaxByLine {
		return fmt.Errorf("b1sim: TaxRounding %q is neither %q nor %q", cfg.TaxRounding, TaxByDocument, TaxByLine)
	}
	if !slices.Contains([]NegativeLines{NegativeQuantity, NegativePrice, NoNegativeLines}, cfg.NegativeLines) {
		return fmt.Errorf("b1sim: NegativeLines %q is none of quantity, price and none", cfg.NegativeLines)
	}
	if cfg.Language != "en" && cfg.Language != "es" {
		return fmt.Errorf("b1sim: Language %q is neither en nor es", cfg.Language)
	}
	for _, day := range []string{cfg.OpenFrom, cfg.OpenTo} {
		if !isDay(day) {
			return fmt.Errorf("b1sim: posting period bound %q is not a date", day)
		}
	}
	if len(cfg.Warehouses) == 0 {
		return fmt.Errorf("b1sim: Warehouses is empty; a company has at least one")
	}
	if cfg.Knee < 0 || cfg.PageSize < 0 {
		return fmt.Errorf("b1sim: Knee %d and PageSize %d must not be negative", cfg.Knee, cfg.PageSize)
	}
	return nil
}

// isDay accepts a date as 2006-01-02, and none.
func isDay(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil || text == ""
}
