package activities

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"datawald/mapping"
	"datawald/order"
)

// names reports whether a text names one of the orders.
func (e *Erasure) names(text string) bool {
	return slices.ContainsFunc(e.Orders, func(key order.Key) bool { return namesOrder(text, string(key)) })
}

// namesOrder reports whether a text has the key of an order, and not that of another one which begins or ends with it: main:1:12 is not named by
// main:1:123, by main:1:12-1 or by eu-main:1:12.
func namesOrder(text, key string) bool {
	return standsIn(text, key, func(before, after string) bool {
		last, _ := utf8.DecodeLastRuneInString(before)
		next, _ := utf8.DecodeRuneInString(after)
		return !partOfKey(last) && !partOfKey(next)
	})
}

// standsIn reports whether a text has what is looked for at a place that is one: what comes before and after it there is given to place.
func standsIn(text, what string, place func(before, after string) bool) bool {
	return standsAt(text, what, place) >= 0
}

// standsAt is standsIn that says where, in bytes; less than zero for nowhere.
func standsAt(text, what string, place func(before, after string) bool) int {
	for at := 0; ; {
		n := strings.Index(text[at:], what)
		if n < 0 {
			return -1
		}
		if at += n; place(text[:at], text[at+len(what):]) {
			return at
		}
		at++
	}
}

// partOfKey reports whether a key may go on with r.
func partOfKey(r rune) bool {
	return r == '-' || r == '_' || unicode.IsDigit(r) || unicode.IsLetter(r)
}

// all are all forms in which the person is known, with what he was looked for by.
func (e *Erasure) all() []*order.Order {
	forms := []*order.Order{{Instance: e.who.Instance, Customer: order.Customer{ID: e.who.ID, Email: e.who.Email}}}
	for _, key := range e.Orders {
		forms = append(forms, e.known[key]...)
	}
	return forms
}

// emails are the e-mail addresses under which the person is known, in small letters.
func (e *Erasure) emails() (all []string) {
	for _, o := range e.all() {
		for _, email := range emailsOf(o) {
			if strings.Contains(email, "@") && !slices.Contains(all, email) { // what is none may be a word of any text, of order.Hidden too
				all = append(all, email)
			}
		}
	}
	return all
}

// withoutEmails takes whole e-mail addresses, given in small letters, out of a text that names orders. Nothing else is: a phone or a tax number may be a part of
// the number of somebody else's order, which would be nobody's then.
func withoutEmails(text string, emails []string) string {
	for _, email := range emails {
		for {
			small := strings.ToLower(text)
			at := standsAt(small, email, wholeAddress)
			if at < 0 {
				break
			}
			letters := []rune(text) // small ones may be longer or shorter, but are as many
			first := utf8.RuneCountInString(small[:at])
			text = string(letters[:first]) + order.Hidden + string(letters[first+utf8.RuneCountInString(email):])
		}
	}
	return text
}

// hideOf takes all that the documents of an order say of its buyer out of a text.
func (e *Erasure) hideOf(key order.Key) func(string) string {
	var redactors []*order.Redactor
	for _, o := range e.known[key] {
		redactors = append(redactors, order.NewRedactor(o))
	}
	return func(text string) string {
		for _, r := range redactors {
			text = r.Text(text)
		}
		return text
	}
}

// Shortest texts that are looked for where nothing says that they are about the person: a first name or a city is in many texts of others.
const (
	leastName  = 6
	leastPhone = 6
)

// hideAnywhere takes out of a text what names this person and hardly anybody else: e-mail addresses, whole names, phone and tax numbers.
func (e *Erasure) hideAnywhere() func(string) string {
	var values []string
	add := func(least int, text string) {
		if text = strings.Join(strings.Fields(text), " "); len(text) >= least {
			values = append(values, text)
		}
	}
	addName := func(first, last string) {
		if first != "" && last != "" { // half a name is that of many
			add(leastName, first+" "+last)
		}
	}
	for _, o := range e.all() {
		for _, a := range []order.Address{o.Billing, o.Destination()} {
			addName(a.FirstName, a.LastName)
			add(leastPhone, a.Telephone)
			add(leastPhone, a.VATID)
			add(leastPhone, a.Email)
		}
		addName(o.Customer.FirstName, o.Customer.LastName)
		add(leastPhone, o.Customer.Email)
		add(leastPhone, o.Customer.TaxVAT)
	}
	return order.NewRedactor(&order.Order{}, values...).Text
}

// remembered knows under which names the store may remember the person as a partner.
func (e *Erasure) remembered() func(identity string) bool {
	names, contacts, asked := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, o := range e.all() {
		for _, name := range mapping.Identities(o) {
			names[name] = true
		}
		if name := mapping.ContactName(o); name != "" {
			contacts[hashed(strings.ToLower(name))] = true
		}
		for _, value := range mapping.AskedFor(o) {
			asked[hashed(strings.ToLower(strings.TrimSpace(value)))] = true
		}
	}
	return func(identity string) bool {
		last := identity[strings.LastIndex(identity, ":")+1:]
		switch {
		case strings.HasPrefix(identity, "contact:"):
			return contacts[last]
		case strings.HasPrefix(identity, "asked:"):
			return asked[last]
		}
		return names[identity]
	}
}

// hashed names what is personal in the store.
func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}
