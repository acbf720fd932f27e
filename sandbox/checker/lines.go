package checker

import (
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
)

var (
	// lineRounding is how far an item's amount may be from Magento's for each row of it.
	lineRounding = decimal.RequireFromString("0.01")
	// taxRounding is how far the tax may be from Magento's: B1 rounds it once, Magento by row, and the rules book what that comes to.
	taxRounding = decimal.RequireFromString("0.05")
)

// lines compares a document with what was bought: how many lines, how much of each item and for how much, and the tax. Of an order of
// which a part was cancelled or refunded either is right, the whole or what is left, and its lines are let be.
func (s *subject) lines(d b1sim.Order) {
	sold, known := s.books.Sold[s.placed.EntityID]
	if !known {
		return
	}
	if slices.ContainsFunc(sold.Rows, func(r magentosim.SoldRow) bool { return !r.Open }) || !number(s.placed.TotalCanceled).IsZero() || !number(s.placed.TotalRefunded).IsZero() {
		s.report.Partly++
		return
	}
	s.report.Lines++
	if d.Lines != len(sold.Rows) {
		s.found(WrongLines, s.key, "document %d has %d lines, %d were bought", d.DocEntry, d.Lines, len(sold.Rows))
	}
	s.items(d, sold.Rows)
	if d.Tax.Sub(sold.Tax).Abs().GreaterThan(taxRounding) {
		s.found(WrongLines, s.key, "document %d has %s of tax, the order %s", d.DocEntry, d.Tax, sold.Tax)
	}
}

// items compares quantity and amount of each item.
func (s *subject) items(d b1sim.Order, sold []magentosim.SoldRow) {
	bought, rows := map[string]b1sim.ItemSum{}, map[string]int64{}
	for _, r := range sold {
		sum := bought[r.SKU]
		bought[r.SKU] = b1sim.ItemSum{Quantity: sum.Quantity.Add(r.Quantity), Net: sum.Net.Add(r.Net)}
		rows[r.SKU]++
	}
	all := maps.Clone(bought)
	maps.Copy(all, d.Items)
	for _, sku := range slices.Sorted(maps.Keys(all)) {
		is, want := d.Items[sku], bought[sku]
		if !is.Quantity.Equal(want.Quantity) {
			s.found(WrongLines, s.key, "document %d has %s of item %s, %s were bought", d.DocEntry, is.Quantity, sku, want.Quantity)
		} else if is.Net.Sub(want.Net).Abs().GreaterThan(lineRounding.Mul(decimal.NewFromInt(rows[sku]))) {
			s.found(WrongLines, s.key, "document %d has item %s for %s net, it was bought for %s", d.DocEntry, sku, is.Net, want.Net)
		}
	}
}

// buyer demands a business partner that B1 has, the one that the store names, and the one that the test wants.
func (s *subject) buyer(d b1sim.Order) {
	if s.books.Partners != nil && !slices.Contains(s.books.Partners, d.Partner) {
		s.found(WrongBuyer, s.key, "document %d stands under business partner %q, whom B1 does not have", d.DocEntry, d.Partner)
	}
	if bo := s.staged.BO; bo != nil && bo.CardCode != "" && bo.CardCode != d.Partner {
		s.found(WrongBuyer, s.key, "document %d stands under business partner %q, the store says %q", d.DocEntry, d.Partner, bo.CardCode)
	}
	sold, known := s.books.Sold[s.placed.EntityID]
	if !known {
		return
	}
	if s.books.Partner != nil {
		want := s.books.Partner(s.placed, sold)
		begin, open := strings.CutSuffix(want, "*")
		if want != "" && d.Partner != want && !(open && strings.HasPrefix(d.Partner, begin)) {
			s.found(WrongBuyer, s.key, "document %d stands under business partner %q, want %q", d.DocEntry, d.Partner, want)
		}
	}
	if sold.CustomerID != 0 {
		who := account{s.placed.StoreID, sold.CustomerID}
		if s.accounts[who] == nil {
			s.accounts[who] = map[string]string{}
		}
		s.accounts[who][d.Partner] = s.key
	}
}

// account is a buyer's account in one store.
type account struct{ store, customer int64 }

// buyers demands that each account's orders stand under one business partner.
func (c *comparison) buyers() {
	for who, partners := range c.accounts {
		if len(partners) < 2 {
			continue
		}
		codes := slices.Sorted(maps.Keys(partners))
		for _, code := range codes {
			c.found(WrongBuyer, partners[code], "it stands under business partner %q; the orders of account %d in store %d stand under %s",
				code, who.customer, who.store, strings.Join(codes, ", "))
		}
	}
}
