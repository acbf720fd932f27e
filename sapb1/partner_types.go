package sapb1

// BusinessPartner is the body of POST BusinessPartners, with the properties that DataWald sets.
type BusinessPartner struct {
	// CardCode is the key, at most 15 characters; empty where Series numbers the partner.
	CardCode         string            `json:"CardCode,omitempty"`
	Series           *int              `json:"Series,omitempty"`
	CardName         string            `json:"CardName"`
	CardType         string            `json:"CardType"`
	GroupCode        *int              `json:"GroupCode,omitempty"`
	EmailAddress     string            `json:"EmailAddress,omitempty"`
	Phone1           string            `json:"Phone1,omitempty"`
	FederalTaxID     string            `json:"FederalTaxID,omitempty"`
	Currency         string            `json:"Currency,omitempty"`
	PayTermsGrpCode  *int              `json:"PayTermsGrpCode,omitempty"`
	SalesPersonCode  *int              `json:"SalesPersonCode,omitempty"`
	PriceListNum     *int              `json:"PriceListNum,omitempty"`
	BPAddresses      []PartnerAddress  `json:"BPAddresses,omitempty"`
	ContactEmployees []ContactEmployee `json:"ContactEmployees,omitempty"`
	// UserFields are user-defined fields (U_…) by name.
	UserFields map[string]any `json:"-"`
}

// MarshalJSON writes the user-defined fields beside the partner's own.
func (p BusinessPartner) MarshalJSON() ([]byte, error) {
	type plain BusinessPartner
	return withFields(plain(p), p.UserFields)
}

// PartnerAddress is a row of BPAddresses. AddressName is its key within the partner and type.
type PartnerAddress struct {
	AddressName string `json:"AddressName"`
	AddressType string `json:"AddressType"`
	Street      string `json:"Street,omitempty"`
	Block       string `json:"Block,omitempty"`
	City        string `json:"City,omitempty"`
	ZipCode     string `json:"ZipCode,omitempty"`
	County      string `json:"County,omitempty"`
	State       string `json:"State,omitempty"`
	Country     string `json:"Country,omitempty"`
}

// ContactEmployee is a contact person. Name is unique within the partner: B1 refuses a second with -2035.
type ContactEmployee struct {
	Name      string `json:"Name"`
	FirstName string `json:"FirstName,omitempty"`
	LastName  string `json:"LastName,omitempty"`
	Email     string `json:"E_Mail,omitempty"`
	Phone1    string `json:"Phone1,omitempty"`
	// InternalCode is B1's number of the contact; zero for one that is to be added.
	InternalCode int `json:"InternalCode,omitempty"`
	// Active is tNO for one that nobody is to use any more; empty, B1 makes it active.
	Active string `json:"Active,omitempty"`
}
