package sapb1

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"datawald/order"
)

// partnerFields and contactFields are what a look-up asks for. The whole partner is large, and its contacts more so.
const (
	partnerFields = "CardCode,CardName,CardType,Frozen,EmailAddress,FederalTaxID"
	contactFields = partnerFields + ",ContactEmployees"
)

// foldCase makes a comparison blind to capital letters: HANA tells them apart, and buyers write their e-mail address
// as they like (Service Layer manual 3.19.5).
var foldCase = map[string]string{"B1S-CaseInsensitive": "true"}

// FoundPartner is a business partner as B1 answers it.
type FoundPartner struct {
	CardCode     string `json:"CardCode"`
	CardName     string `json:"CardName"`
	CardType     string `json:"CardType"`
	Frozen       string `json:"Frozen"`
	EmailAddress string `json:"EmailAddress"`
	FederalTaxID string `json:"FederalTaxID"`
	// Contacts are its contact persons; only GetPartner and CreatePartner read them.
	Contacts []ContactEmployee `json:"ContactEmployees"`
	// Field is the value of the user-defined field that GetPartner was asked for.
	Field string `json:"-"`
}

// IsFrozen reports whether B1 takes no documents for the partner.
func (p *FoundPartner) IsFrozen() bool { return p.Frozen == "tYES" }

// IsCustomer reports whether a sales order can name the partner.
func (p *FoundPartner) IsCustomer() bool { return p.CardType == "" || p.CardType == "cCustomer" }

// ContactNamed gives the contact person with a name, whatever its capital letters; nil for none.
func (p *FoundPartner) ContactNamed(name string) *ContactEmployee {
	for i := range p.Contacts {
		if strings.EqualFold(p.Contacts[i].Name, name) {
			return &p.Contacts[i]
		}
	}
	return nil
}

// ContactLike gives the contact person with the first name, last name and e-mail address of another, whatever their capital
// letters; nil for none. Of several it is the one with the lowest number; inactive ones do not count. Without an address, or
// without a name, nobody is like anybody.
func (p *FoundPartner) ContactLike(want ContactEmployee) (like *ContactEmployee) {
	if want.Email == "" || want.FirstName+want.LastName == "" {
		return nil
	}
	for i := range p.Contacts {
		c := &p.Contacts[i]
		if c.Active != "tNO" && same(c.Email, want.Email) && same(c.FirstName, want.FirstName) && same(c.LastName, want.LastName) &&
			(like == nil || c.InternalCode < like.InternalCode) {
			like = c
		}
	}
	return like
}

// same compares what people type.
func same(a, b string) bool { return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b)) }

// FindPartners gives the customers in which a property has a value, whatever its capital letters.
func (c *Client) FindPartners(ctx context.Context, property, value string) ([]FoundPartner, error) {
	return pages[FoundPartner](ctx, c, request{method: http.MethodGet, op: "GET BusinessPartners", path: "BusinessPartners", needed: true, header: foldCase,
		query: url.Values{
			"$filter": {property + " eq " + Quote(value) + " and CardType eq 'cCustomer'"}, "$select": {partnerFields}, "$orderby": {"CardCode asc"},
		}})
}

// GetPartner reads one business partner with its contact persons, and a user-defined field when one is named. See
// IsNotFound for a code that B1 does not know.
func (c *Client) GetPartner(ctx context.Context, cardCode, field string) (*FoundPartner, error) {
	fields := contactFields
	if field != "" {
		fields += "," + field
	}
	return c.partner(ctx, request{method: http.MethodGet, op: "GET BusinessPartners(n)", path: partnerPath(cardCode), needed: true, query: url.Values{"$select": {fields}}}, field)
}

// CreatePartner sends a business partner once and gives it as B1 made it. A failure of kind Unknown means that it may
// exist: look before sending again. See IsDuplicate for a code that is taken.
func (c *Client) CreatePartner(ctx context.Context, p *BusinessPartner) (*FoundPartner, error) {
	made, err := c.partner(ctx, request{method: http.MethodPost, op: "POST BusinessPartners", path: "BusinessPartners", body: p, write: true, needed: true}, "")
	return made, settled(err)
}

// AddContact adds a contact person to a business partner; the rows that B1 has stay (PATCH merges). IsDuplicate tells
// that the name is there already. A failure of kind Unknown means that it may have been added.
func (c *Client) AddContact(ctx context.Context, cardCode string, contact ContactEmployee) error {
	body := map[string]any{"ContactEmployees": []ContactEmployee{contact}}
	return settled(c.call(ctx, request{method: http.MethodPatch, op: "PATCH BusinessPartners(n)", path: partnerPath(cardCode), body: body, write: true, needed: true}, nil))
}

// settled makes answers final that leave only an order open. For a partner -2028 is a code that B1 does not know, since
// there are no drafts of partners; -2035 is an entry that is there.
func settled(err error) error {
	f, ok := errors.AsType[*order.Failure](err)
	if !ok || f.Code != codeNoMatch && f.Code != codeDuplicate {
		return err
	}
	final := *f
	final.Kind = order.Permanent
	return &final
}

// numberTaken is what B1 writes before its words when a partner's code is taken: -10 alone says little (Service Layer
// manual 3.5.1).
const numberTaken = "1320000140"

// IsDuplicate reports whether B1 refused a partner or a contact person because it has one of that code or name.
func IsDuplicate(err error) bool {
	f, ok := errors.AsType[*order.Failure](err)
	return ok && f.System == system && (f.Code == codeDuplicate || f.Detail == numberTaken)
}

// IsUnknownPartner reports whether B1 refused a document because it does not know its business partner, or no longer.
// The text is localised, the place in it is not.
func IsUnknownPartner(err error) bool {
	f, ok := errors.AsType[*order.Failure](err)
	return ok && f.System == system && f.Kind == order.Permanent && strings.HasSuffix(f.Field, ".CardCode")
}

// partnerPath is the address of a partner. A quote in the key is doubled and then encoded, as SAP's own test of special
// characters does (SDK, SpeicalCharTest).
func partnerPath(cardCode string) string {
	return "BusinessPartners(CardCode=" + escapeKey(Quote(cardCode)) + ")"
}

// escapeKey encodes all that is not plain, the slash and the quote too.
func escapeKey(key string) string { return strings.ReplaceAll(url.PathEscape(key), "'", "%27") }

// partner makes a call that is answered with a business partner.
func (c *Client) partner(ctx context.Context, r request, field string) (*FoundPartner, error) {
	var answer partnerAnswer
	answer.field = field
	if err := c.call(ctx, r, &answer); err != nil {
		return nil, err
	}
	if answer.CardCode == "" {
		return nil, unreadable(r, "the answer is not a business partner", nil)
	}
	return &answer.FoundPartner, nil
}
