package activities

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"datawald/magento"
	"datawald/mapping"
	"datawald/order"
	"datawald/store"
)

// Person is whose data are to be erased: who has this e-mail address, or this account in the shop of the instance.
type Person struct {
	// Instance bounds the search to one shop; empty for all. With ID it must be given: shops count their customers each for itself.
	Instance string
	Email    string
	ID       int64
}

// Erasure is what is, or would be, erased.
type Erasure struct {
	// Orders are the person's, by key. InHand are those of them that are still under way, with their states: they are left alone.
	Orders []order.Key
	InHand map[order.Key]order.Status
	// Documents counts the versions of Magento's documents, Partners what is remembered of the person as a business partner or contact person,
	// Answers the kept answers of the gateway, Audit the entries whose words change.
	Documents, Partners, Answers, Audit int

	// known are all forms in which the person is known, from every document of every order.
	known map[order.Key][]*order.Order
}

// FindPerson looks through all orders and all their documents for a person. It is found under every account and e-mail address of the orders that are found
// first: who ordered as a guest before is the same person.
func FindPerson(ctx context.Context, db *store.Store, who Person) (*Erasure, error) {
	w := sought{emails: map[string]bool{}, accounts: map[string]bool{}}
	if who.Email != "" {
		w.emails[strings.ToLower(strings.TrimSpace(who.Email))] = true
	}
	if who.ID != 0 {
		w.accounts[account(who.Instance, who.ID)] = true
	}
	var e *Erasure
	for known := -1; w.size() > known; { // until no further account or address turns up
		known = w.size()
		e = &Erasure{InHand: map[order.Key]order.Status{}, known: map[order.Key][]*order.Order{}}
		if err := e.search(ctx, db, who.Instance, func(o *order.Order) bool { return w.is(o) }); err != nil {
			return nil, err
		}
		for _, versions := range e.known {
			for _, o := range versions {
				w.add(o)
			}
		}
	}
	return e, e.look(ctx, db)
}

// FindOrders is FindPerson for orders that are named.
func FindOrders(ctx context.Context, db *store.Store, keys []order.Key) (*Erasure, error) {
	e := &Erasure{InHand: map[order.Key]order.Status{}, known: map[order.Key][]*order.Order{}}
	if err := e.search(ctx, db, "", func(o *order.Order) bool { return slices.Contains(keys, o.Key) }); err != nil {
		return nil, err
	}
	return e, e.look(ctx, db)
}

// sought are the e-mail addresses and accounts of a person.
type sought struct{ emails, accounts map[string]bool }

func account(instance string, id int64) string {
	return fmt.Sprintf("%s:%d", instance, id)
}

func (w sought) size() int { return len(w.emails) + len(w.accounts) }

func (w sought) is(o *order.Order) bool {
	if o.Customer.ID != 0 && w.accounts[account(o.Instance, o.Customer.ID)] {
		return true
	}
	return slices.ContainsFunc(emailsOf(o), func(email string) bool { return w.emails[email] })
}

func (w sought) add(o *order.Order) {
	if o.Customer.ID != 0 {
		w.accounts[account(o.Instance, o.Customer.ID)] = true
	}
	if email := strings.ToLower(strings.TrimSpace(o.Customer.Email)); email != "" {
		w.emails[email] = true
	}
}

func emailsOf(o *order.Order) (emails []string) {
	all := []string{o.Customer.Email, o.Billing.Email}
	if o.Shipping != nil {
		all = append(all, o.Shipping.Email)
	}
	for _, email := range all {
		if email = strings.ToLower(strings.TrimSpace(email)); email != "" {
			emails = append(emails, email)
		}
	}
	return emails
}

// search finds the orders of which one version is of the person, with all versions.
func (e *Erasure) search(ctx context.Context, db *store.Store, instance string, is func(*order.Order) bool) error {
	err := db.EachOrder(ctx, instance, func(doc *store.Staged) error {
		if doc.Order != nil && !doc.Erased() && is(doc.Order) {
			e.known[doc.Key] = append(e.known[doc.Key], doc.Order)
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = db.EachPayload(ctx, func(key order.Key, raw []byte) error {
		if instance != "" && key.Instance() != instance {
			return nil
		}
		if o := readOf(key, raw); is(o) {
			e.known[key] = append(e.known[key], o)
		}
		return nil
	})
	if err != nil {
		return err
	}
	e.Orders = slices.Sorted(maps.Keys(e.known))
	return nil
}

// readOf is an order as a document has it; of one that cannot be understood what tells whose it is.
func readOf(key order.Key, raw []byte) *order.Order {
	if o, err := magento.Convert(key.Instance(), raw); err == nil {
		return o
	}
	var said struct {
		CustomerID     json.Number `json:"customer_id"`
		Email          any         `json:"customer_email"`
		First          any         `json:"customer_firstname"`
		Last           any         `json:"customer_lastname"`
		BillingAddress struct {
			Email any `json:"email"`
		} `json:"billing_address"`
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	_ = d.Decode(&said) // what it says stays
	id, _ := said.CustomerID.Int64()
	text := func(v any) string { s, _ := v.(string); return s }
	return &order.Order{Key: key, Instance: key.Instance(), Customer: order.Customer{ID: id, Email: text(said.Email), FirstName: text(said.First), LastName: text(said.Last)},
		Billing: order.Address{Email: text(said.BillingAddress.Email)}}
}

// look finds out which of the orders are under way, and counts the rest.
func (e *Erasure) look(ctx context.Context, db *store.Store) error {
	heads, err := db.Heads(ctx, e.Orders)
	if err != nil {
		return err
	}
	e.Orders = slices.DeleteFunc(e.Orders, func(key order.Key) bool {
		doc := heads[key]
		if doc != nil && !doc.Final() {
			e.InHand[key] = doc.Status
			return true
		}
		return false
	})
	for _, key := range e.Orders {
		versions, err := db.PayloadVersions(ctx, key)
		if err != nil {
			return err
		}
		e.Documents += len(versions)
	}
	return e.around(ctx, db, true)
}

// Erase does it. An order that is taken up again meanwhile is left alone, and named as in hand. It may be done again at any time.
func (e *Erasure) Erase(ctx context.Context, db *store.Store, by string) error {
	var left []order.Key
	for _, key := range e.Orders {
		done, err := db.EraseOrder(ctx, key, by, e.hideOf(key), (*store.Staged).Final)
		if err != nil {
			return err
		}
		if !done {
			left = append(left, key)
		}
	}
	heads, err := db.Heads(ctx, left)
	if err != nil {
		return err
	}
	for _, key := range left {
		if heads[key] != nil {
			e.InHand[key] = heads[key].Status
			e.Orders = slices.DeleteFunc(e.Orders, func(k order.Key) bool { return k == key })
			continue
		}
		if err := db.DropPayloads(ctx, key); err != nil { // documents that nobody staged
			return err
		}
	}
	return e.around(ctx, db, false)
}

// around takes the person out of what stands beside the orders. What is remembered of him as a partner stays while one of his orders is under way.
func (e *Erasure) around(ctx context.Context, db *store.Store, dry bool) (err error) {
	if len(e.Orders) == 0 {
		return nil
	}
	if len(e.InHand) == 0 {
		if e.Partners, err = db.ForgetPartners(ctx, e.remembered(), dry); err != nil {
			return err
		}
	}
	everywhere := e.hideAnywhere()
	named := func(text string) (order.Key, bool) {
		for _, key := range e.Orders {
			if strings.Contains(text, string(key)) {
				return key, true
			}
		}
		return "", false
	}
	e.Audit, err = db.HideInAudit(ctx, func(target, why string) string {
		if key, ok := named(target); ok {
			why = e.hideOf(key)(why)
		}
		return everywhere(why)
	}, dry)
	if err != nil {
		return err
	}
	e.Answers, err = db.EraseAnswers(ctx, func(body string) bool {
		_, ok := named(body)
		return ok || everywhere(body) != body
	}, dry)
	return err
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
	for _, key := range e.Orders {
		for _, o := range e.known[key] {
			for _, a := range []order.Address{o.Billing, o.Destination()} {
				add(leastName, a.FirstName+" "+a.LastName)
				add(leastPhone, a.Telephone)
				add(leastPhone, a.VATID)
				add(leastPhone, a.Email)
			}
			add(leastName, o.Customer.FirstName+" "+o.Customer.LastName)
			add(leastPhone, o.Customer.Email)
			add(leastPhone, o.Customer.TaxVAT)
		}
	}
	return order.NewRedactor(&order.Order{}, values...).Text
}

// remembered knows under which names the store may remember the person as a partner.
func (e *Erasure) remembered() func(identity string) bool {
	names, contacts, asked := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, key := range e.Orders {
		for _, o := range e.known[key] {
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

// EraseOld erases the personal data of orders of an instance that are final and that nobody has changed for so long, and says how many they were. It looks at
// limit orders at most; more says that there are others. It goes on where the call before came to, and may be ended at any time.
func EraseOld(ctx context.Context, db *store.Store, instance string, age time.Duration, limit int) (erased int, more bool, err error) {
	place, err := db.Retained(ctx, instance)
	if err != nil {
		return 0, false, err
	}
	before := now().Add(-age)
	page, next, err := db.Unchanged(ctx, instance, place, before, limit)
	if err != nil || len(page) == 0 {
		return 0, false, err
	}
	may := func(doc *store.Staged) bool { return doc.Final() && !doc.Erased() && doc.ChangedAt.Before(before) }
	for n := range page {
		if page[n].Erased() { // a version that nobody could read may have come since
			if err := db.DropPayloads(ctx, page[n].Key); err != nil {
				return erased, false, err
			}
		}
		if !may(&page[n]) {
			continue
		}
		doc, err := db.Get(ctx, page[n].Key)
		if err != nil {
			return erased, false, err
		}
		hide := func(text string) string { return text }
		if doc.Order != nil {
			hide = order.NewRedactor(doc.Order).Text
		}
		done, err := db.EraseOrder(ctx, doc.Key, "retention", hide, may)
		if err != nil {
			return erased, false, err
		}
		if done {
			erased++
		}
	}
	return erased, len(page) == limit, db.NoteRetained(ctx, instance, next)
}
