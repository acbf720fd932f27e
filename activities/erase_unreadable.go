package activities

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"datawald/order"
)

// evidence is a version of an order in which a person is looked for.
type evidence struct {
	*order.Order
	// text is what is stored, where it could not be read as an order: Order has what was found in it then. lost is true where it is no JSON, so that what
	// was not found may have stood there.
	text string
	lost bool
}

// member is one of a JSON object with a text or a whole number, wherever it stands in what may be damaged.
var member = regexp.MustCompile(`"([a-z_]+)"\s*:\s*(?:"((?:[^"\\]|\\.)*)"|(\d+))`)

// evidenceIn reads of a text that cannot be read as an order what tells whose it is: of a document of Magento, or of what is stored of an order.
func evidenceIn(key order.Key, text string) evidence {
	all := map[string][]string{}
	for _, m := range member.FindAllStringSubmatch(text, -1) {
		if name := memberNames[m[1]]; name != "" {
			all[name] = append(all[name], unescaped(m[2]+m[3]))
		}
	}
	nth := func(name string, n int) string {
		if n < len(all[name]) {
			return all[name][n]
		}
		return ""
	}
	address := func(n int) order.Address {
		return order.Address{Email: nth("email", n), FirstName: nth("first", n), LastName: nth("last", n), Company: nth("company", n),
			Telephone: nth("telephone", n), VATID: nth("vat", n), City: nth("city", n), Postcode: nth("postcode", n)}
	}
	buyer := order.Customer{Email: nth("buyer's email", 0), FirstName: nth("buyer's first", 0), LastName: nth("buyer's last", 0), TaxVAT: nth("tax", 0)}
	account, first := nth("account", 0), 0
	if buyer.Email == "" { // as an order is stored, the buyer before his addresses
		buyer.Email, buyer.FirstName, buyer.LastName = nth("email", 0), nth("first", 0), nth("last", 0)
		first = 1
		if m := storedAccount.FindStringSubmatch(text); m != nil {
			account = m[1]
		}
	}
	buyer.ID, _ = strconv.ParseInt(account, 10, 64) // a guest has none, and is 0
	shipping := address(first + 1)
	return evidence{text: text, lost: !json.Valid([]byte(text)),
		Order: &order.Order{Key: key, Instance: key.Instance(), Customer: buyer, Billing: address(first), Shipping: &shipping}}
}

// storedAccount is how the store writes the account of a buyer.
var storedAccount = regexp.MustCompile(`"customer":\{"id":(\d+)`)

// memberNames are the members that tell whose an order is, as Magento and as the store call them.
var memberNames = map[string]string{
	"customer_id": "account", "customer_email": "buyer's email", "customer_firstname": "buyer's first", "customer_lastname": "buyer's last",
	"customer_taxvat": "tax", "tax_vat": "tax", "email": "email", "firstname": "first", "first_name": "first", "lastname": "last", "last_name": "last",
	"company": "company", "telephone": "telephone", "vat_id": "vat", "city": "city", "postcode": "postcode",
}

// tells reports whether it can be told that the version is not of the person, who was not found in it: all of it was read, or its buyer is known.
func (v evidence) tells(who Person) bool {
	return !v.lost || v.Customer.Email != "" && (who.ID == 0 || v.Customer.ID != 0)
}

// says reports whether an unread text has one of these addresses, in small letters, anywhere.
func (v evidence) says(emails map[string]bool) bool {
	text := v.text
	for range mostEscaped {
		small := strings.ToLower(text)
		for email := range emails {
			if standsIn(small, email, wholeAddress) {
				return true
			}
		}
		plain := unescaped(text)
		if plain == text {
			break
		}
		text = plain
	}
	return false
}

// mostEscaped is how deep JSON is looked into that stands as a text in JSON, as extensions write it.
const mostEscaped = 4

// wholeAddress reports whether an e-mail address begins and ends there: anna@example.com is none of joanna@example.com, of anna@example.com.au, or of
// anna@example.community.
func wholeAddress(before, after string) bool {
	last, _ := utf8.DecodeLastRuneInString(before)
	next, size := utf8.DecodeRuneInString(after)
	if next == '.' { // it goes on with a domain, or a sentence ends
		next, _ = utf8.DecodeRuneInString(after[size:])
	}
	return !partOfKey(last) && !strings.ContainsRune(".+%", last) && !partOfKey(next)
}

// escape is how JSON writes what it does not write as it is.
var escape = regexp.MustCompile(`\\(?:u[0-9a-fA-F]{4}|.)`)

// unescaped is a text of JSON as it is meant, as far as it can be read.
func unescaped(text string) string {
	return escape.ReplaceAllStringFunc(text, func(written string) string {
		var meant string
		if json.Unmarshal([]byte(`"`+written+`"`), &meant) != nil {
			return written
		}
		return meant
	})
}
