package activities

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"datawald/magento"
	"datawald/order"
	"datawald/store"
)

// Person is whose data are to be erased: who has this e-mail address, or this account in the shop of the instance.
type Person struct {
	// Instance bounds the search to one shop; empty for all. With ID it must be given: shops count their customers each for itself.
	Instance string
	Email    string
	ID       int64
	// Only looks for this address or account alone, and not for what else the orders under it name.
	Only bool
}

// Erasure is what is, or would be, erased.
type Erasure struct {
	// Orders are the person's, by key. InHand are those of them that are still under way, with their states: they are left alone.
	Orders []order.Key
	InHand map[order.Key]order.Status
	// Unreadable are orders of which something that is stored is damaged, in which nothing of the person was found, and that does not tell whose it is either.
	// Somebody must look at them; by their keys they can be erased.
	Unreadable []order.Key
	// Documents counts the versions of Magento's documents, Partners what is remembered of the person as a business partner or contact person,
	// Answers the kept answers of the gateway, Audit the entries whose words change.
	Documents, Partners, Answers, Audit int
	// Accounts and Addresses count under what the person was found: the accounts, and the e-mail addresses of buyers.
	Accounts, Addresses int

	// who is whom the orders were looked for by; zero for orders that were named.
	who Person
	// known are all forms in which the person is known, from every document of every order.
	known map[order.Key][]*order.Order
	// erased are the named orders that were erased before: true where nobody has written about them since, so that nothing of the order itself is left.
	erased map[order.Key]bool
}

// FindPerson looks through all orders and all their documents for a person. It is found under every account and e-mail address of the orders that are found
// first: who ordered as a guest before is the same person. Whoever orders for others, such as a shop's clerk, leads to strangers that way: Accounts and Addresses
// tell how many there are, and Only keeps to the one that was asked for.
func FindPerson(ctx context.Context, db *store.Store, who Person) (*Erasure, error) {
	w := sought{emails: map[string]bool{}, accounts: map[string]bool{}}
	who.Email = strings.ToLower(strings.TrimSpace(who.Email))
	if who.Email != "" {
		w.emails[who.Email] = true
	}
	if who.ID != 0 {
		w.accounts[account(who.Instance, who.ID)] = true
	}
	var e *Erasure
	for known := -1; w.size() > known; { // until no further account or address turns up
		known = w.size()
		e = &Erasure{InHand: map[order.Key]order.Status{}, known: map[order.Key][]*order.Order{}, who: who}
		if err := e.search(ctx, db, who.Instance, w.is); err != nil {
			return nil, err
		}
		if who.Only {
			break
		}
		for _, versions := range e.known {
			for _, o := range versions {
				w.add(o)
			}
		}
	}
	e.Accounts, e.Addresses = len(w.accounts), len(w.emails)
	return e, e.look(ctx, db)
}

// FindOrders is FindPerson for orders that are named. One that was erased is found again where something was written about it, or read, since.
func FindOrders(ctx context.Context, db *store.Store, keys []order.Key) (*Erasure, error) {
	e := &Erasure{InHand: map[order.Key]order.Status{}, known: map[order.Key][]*order.Order{}, erased: map[order.Key]bool{}}
	if err := e.search(ctx, db, "", func(v evidence) bool { return slices.Contains(keys, v.Key) }); err != nil {
		return nil, err
	}
	worded := false
	for _, key := range keys {
		doc, err := db.Get(ctx, key)
		if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrDamaged) || err == nil && !doc.Erased() {
			continue
		}
		if err != nil {
			return nil, err
		}
		e.erased[key] = !doc.Worded()
		worded = worded || doc.Worded()
		e.known[key] = append(e.known[key], &order.Order{Key: key, Instance: key.Instance()})
	}
	e.Orders = slices.Sorted(maps.Keys(e.known))
	if err := e.look(ctx, db); err != nil {
		return nil, err
	}
	if len(e.erased) == len(e.Orders) && !worded && e.Documents+e.Audit+e.Answers == 0 {
		e.Orders = nil // nothing has come since
	}
	return e, nil
}

// sought are the e-mail addresses and accounts of a person.
type sought struct{ emails, accounts map[string]bool }

func account(instance string, id int64) string {
	return fmt.Sprintf("%s:%d", instance, id)
}

func (w sought) size() int { return len(w.emails) + len(w.accounts) }

func (w sought) is(v evidence) bool {
	o := v.Order
	if o.Customer.ID != 0 && w.accounts[account(o.Instance, o.Customer.ID)] {
		return true
	}
	return slices.ContainsFunc(emailsOf(o), func(email string) bool { return w.emails[email] }) || v.says(w.emails)
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
func (e *Erasure) search(ctx context.Context, db *store.Store, instance string, is func(evidence) bool) error {
	dark := map[order.Key]bool{}
	take := func(v evidence) error {
		if is(v) {
			e.known[v.Key] = append(e.known[v.Key], v.Order)
		} else if e.who != (Person{}) && !v.tells(e.who) {
			dark[v.Key] = true
		}
		return nil
	}
	err := db.EachOrder(ctx, instance, func(doc *store.Staged) error {
		if doc.Order == nil || doc.Erased() {
			return nil
		}
		return take(evidence{Order: doc.Order})
	}, func(head *store.Staged, text string) error {
		if head.Erased() {
			return nil
		}
		return take(evidenceIn(head.Key, text))
	})
	if err != nil {
		return err
	}
	err = db.EachPayload(ctx, func(key order.Key, raw []byte, _ error) error {
		if instance != "" && key.Instance() != instance {
			return nil
		}
		if o, err := magento.Convert(key.Instance(), raw); err == nil {
			o.Key = key
			return take(evidence{Order: o})
		}
		return take(evidenceIn(key, string(raw)))
	})
	if err != nil {
		return err
	}
	e.Orders = slices.Sorted(maps.Keys(e.known))
	maps.DeleteFunc(dark, func(key order.Key, _ bool) bool { return e.known[key] != nil }) // the person's, and erased as a whole
	e.Unreadable = slices.Sorted(maps.Keys(dark))
	return nil
}

// look finds out which of the orders are under way, and counts the rest.
func (e *Erasure) look(ctx context.Context, db *store.Store) error {
	heads, err := db.Heads(ctx, e.Orders)
	if err != nil {
		return err
	}
	var done []order.Key
	for _, key := range e.Orders {
		versions, err := db.PayloadVersions(ctx, key)
		if err != nil {
			return err
		}
		if doc := heads[key]; doc != nil && !doc.Final() {
			e.InHand[key] = doc.Status
		} else if doc == nil && aboutToBeStaged(versions) {
			e.InHand[key] = order.Pending
		} else {
			done, e.Documents = append(done, key), e.Documents+len(versions)
		}
	}
	e.Orders = done
	return e.around(ctx, db, true)
}

// aboutToBeStaged reports whether documents that no order has yet are young enough for a run to be at work on them.
func aboutToBeStaged(versions []store.PayloadVersion) bool {
	return slices.ContainsFunc(versions, func(v store.PayloadVersion) bool { return v.ReceivedAt.After(now().Add(-store.StagedBy)) })
}

// Some reports whether there is anything to erase.
func (e *Erasure) Some() bool { return len(e.Orders)+e.Partners+e.Answers+e.Audit > 0 }

// Erase does it. An order that is taken up again meanwhile is left alone, and named as in hand. It may be done again at any time. What stands beside the
// orders goes first, because they alone tell what that is; and once more at the end, for what came meanwhile.
func (e *Erasure) Erase(ctx context.Context, db *store.Store, by string) error {
	if err := e.around(ctx, db, false); err != nil {
		return err
	}
	partners, answers, audit := e.Partners, e.Answers, e.Audit
	if err := e.eraseOrders(ctx, db, by); err != nil {
		return err
	}
	if err := e.around(ctx, db, false); err != nil {
		return err
	}
	e.Partners, e.Answers, e.Audit = e.Partners+partners, e.Answers+answers, e.Audit+audit
	return nil
}

func (e *Erasure) eraseOrders(ctx context.Context, db *store.Store, by string) error {
	var left []order.Key
	for _, key := range e.Orders {
		if e.erased[key] && e.Documents == 0 {
			continue
		}
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
		if err := db.DropDocuments(ctx, store.NewStaged(key)); err != nil { // documents that nobody staged
			return err
		}
	}
	return nil
}

// around takes the person out of what stands beside the orders. What is remembered of him as a partner stays while one of his orders is under way.
func (e *Erasure) around(ctx context.Context, db *store.Store, dry bool) (err error) {
	if len(e.Orders) == 0 && (e.who == Person{} || len(e.InHand) > 0) {
		return nil
	}
	e.Partners = 0
	if len(e.InHand) == 0 {
		if e.Partners, err = db.ForgetPartners(ctx, e.remembered(), dry); err != nil {
			return err
		}
	}
	everywhere, emails := e.hideAnywhere(), e.emails()
	e.Audit, err = db.HideInAudit(ctx, func(entry *store.AuditEntry) {
		words := entry.Action != AuditErase && entry.Why != "" && e.names(entry.Target)
		entry.Target, entry.Why = withoutEmails(entry.Target, emails), everywhere(entry.Why)
		if words { // a person's own, and which of them are about the buyer nobody knows
			entry.Why = store.ErasedText
		}
	}, dry)
	if err != nil {
		return err
	}
	e.Answers, err = db.EraseAnswers(ctx, func(body string) bool {
		body = unescaped(body)
		return e.names(body) || everywhere(body) != body
	}, dry)
	return err
}

// AuditErase is how the audit calls an erasure. Its words are the program's own.
const AuditErase = "erase-personal-data"
