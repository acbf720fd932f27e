package mapping

// PartnerRules say which business partner an order goes to. Without them every order goes to card_code.
type PartnerRules struct {
	// Customers and Guests say what holds for buyers with and without an account: PartnerFixed, PartnerFind or
	// PartnerFindOrCreate.
	Customers string `yaml:"customers"`
	Guests    string `yaml:"guests"`
	// FindBy are the ways to find him, one after the other: FindByEmail, FindByTaxNumber. Several partners that fit hold
	// the order.
	FindBy []string `yaml:"find_by"`
	// NotFound says what PartnerFind does without a find: UseCardCode or HoldOrder.
	NotFound string      `yaml:"not_found"`
	Create   PartnerForm `yaml:"create"`
	// Contact is true where the buyer is to be a contact person of the partner, found by name and e-mail or added.
	Contact bool `yaml:"contact"`
}

// PartnerForm is how a business partner is created.
type PartnerForm struct {
	// Prefix and the number of the customer make the card code (M-12); a guest has the first digits of a hash of his
	// e-mail address for a number. At most 15 characters.
	Prefix string `yaml:"prefix"`
	// Series is a numbering series of B1, in place of Prefix.
	Series *int `yaml:"series"`
	// Group is B1's customer group (OCRG), by Magento's customer group; "*" for all others.
	Group map[string]int `yaml:"group"`
	// Currency is ## for all currencies, or one of B1's; empty for that of the company.
	Currency string `yaml:"currency"`
	// Terms are B1's payment terms, SalesPerson and PriceList its numbers; left out where not given.
	Terms       *int `yaml:"terms"`
	SalesPerson *int `yaml:"sales_person"`
	PriceList   *int `yaml:"price_list"`
	// UserField is a user-defined field of business partners (U_…) that takes the name of the buyer's account,
	// <instance>:<customer_id>; empty for none. It is asked before e-mail and tax number.
	UserField string `yaml:"user_field"`
}

// Values of PartnerRules. The first of each is what holds without the setting.
const (
	PartnerFixed        = "card_code"
	PartnerFind         = "find"
	PartnerFindOrCreate = "find_or_create"

	FindByEmail     = "email"
	FindByTaxNumber = "tax_number"

	UseCardCode = "card_code"
	HoldOrder   = "hold"
)
