package main

import (
	"cmp"
	"encoding/json"
	"strings"

	"datawald/order"
	"datawald/sandbox/checker"
	"datawald/sandbox/magentosim"
)

// check compares all books, and wants nothing sent or made twice.
func (c *crashWorld) check() {
	c.t.Helper()
	c.checkBooks()
	c.checkTold(c.before)
	if twice := c.company.DuplicateKeys(); len(twice) != 0 {
		c.t.Errorf("B1 has the orders %v twice", twice)
	}
	sent := c.company.Sent()
	for id, status := range c.want {
		least, most := 1, 1
		switch status {
		case order.Excluded:
			least, most = 0, 0
		case order.Held:
			most = cmp.Or(c.refusals, 3)
		}
		if n := sent[id]; n < least || n > most {
			c.t.Errorf("order %s, which is %s, was sent %d times, want %d to %d", id, status, n, least, most)
		}
	}
	c.checkNothingHeldOn()
	c.checkBuyers()
}

// checkBooks has the three books compared.
func (c *crashWorld) checkBooks() {
	c.t.Helper()
	report, err := checker.Compare(c.t.Context(), checker.Books{Instance: c.instance, Placed: c.shop.Orders(), Store: c.db,
		Orders: c.company.Orders(), Drafts: c.company.Drafts(), Ledger: c.ledgerCodes(), Want: func(p magentosim.Placed) order.Status { return c.want[p.IncrementID] }})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, v := range report.Violations {
		c.t.Error(v)
	}
	if report.States[order.Posted] < 5 || report.States[order.Held] < 1 || report.States[order.Excluded] != 1 || report.Placed != len(c.want) {
		c.t.Errorf("the report counts %v of %d orders, want some of each fate and %d", report.States, report.Placed, len(c.want))
	}
}

// ledgerCodes are the codes of B1's ledger table; nil without one.
func (c *crashWorld) ledgerCodes() []string {
	c.t.Helper()
	if c.ledger == "" {
		return nil
	}
	codes := []string{}
	for _, raw := range c.company.Entities("U_" + c.ledger) {
		var row struct{ Code string }
		if err := json.Unmarshal(raw, &row); err != nil {
			c.t.Fatal(err)
		}
		codes = append(codes, row.Code)
	}
	return codes
}

// checkNothingHeldOn wants no claim and no intent left on orders that are settled.
func (c *crashWorld) checkNothingHeldOn() {
	c.t.Helper()
	for _, p := range c.shop.Orders() {
		if doc := c.get(p); doc.Claim != nil || doc.Intent != nil {
			c.t.Errorf("order %s is %s with the claim %v and the intent %v", p.IncrementID, doc.Status, doc.Claim, doc.Intent)
		}
	}
}

// checkBuyers wants each buyer once among the partners of B1, with each of his contact persons once.
func (c *crashWorld) checkBuyers() {
	c.t.Helper()
	created, seen := 0, map[string]string{}
	for _, raw := range c.company.Entities("BusinessPartners") {
		var p struct {
			CardCode, EmailAddress string
			ContactEmployees       []struct{ Name string }
		}
		if err := json.Unmarshal(raw, &p); err != nil {
			c.t.Fatal(err)
		}
		if strings.HasPrefix(p.CardCode, "M-") {
			created++
		}
		if other := seen[p.EmailAddress]; other != "" && p.EmailAddress != "" {
			c.t.Errorf("one buyer is two partners: %s and %s", other, p.CardCode)
		}
		seen[p.EmailAddress] = p.CardCode
		names := map[string]bool{}
		for _, e := range p.ContactEmployees {
			if names[e.Name] {
				c.t.Errorf("the partner %s has a contact person twice", p.CardCode)
			}
			names[e.Name] = true
		}
	}
	if created == 0 {
		c.t.Error("no buyer was created")
	}
}
