package sapb1

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"datawald/order"
)

// keysAtOnce is how many keys one question names, and mostKeys how many are asked for at all: tables of items can be long.
const (
	keysAtOnce = 20
	mostKeys   = 200
)

var (
	partnerList = codeList{key: "CardCode", what: "business partner", menu: "Business Partners > Business Partner Master Data", unfit: unfitPartner,
		more: []string{"CardType", "Frozen", "Currency"}}
	itemList = codeList{key: "ItemCode", what: "item", menu: "Inventory > Item Master Data", unfit: unfitItem, more: []string{"SalesItem", "Frozen"}}
)

func unfitPartner(r codeRow) string {
	switch {
	case r.text("CardType") != "cCustomer":
		return "is no customer"
	case r.text("Frozen") == "tYES":
		return "is frozen (inactive)"
	}
	return ""
}

func unfitItem(r codeRow) string {
	switch {
	case r.text("Frozen") == "tYES":
		return "is frozen (inactive)"
	case r.text("SalesItem") == "tNO":
		return "is no sales item"
	}
	return ""
}

// partners looks for the business partners that the rules name, and whether orders in the currencies of the rules can go to them.
func (c *checkup) partners(ctx context.Context) []order.Finding {
	uses := c.used(ListPartners)
	rows, err := c.byKey(ctx, ListPartners, partnerList, uses)
	if err != nil {
		return []order.Finding{c.mayRead(err, partnerList.menu)}
	}
	all := c.compareAll(uses, partnerList, rows)
	for _, u := range uses {
		if f, bad := c.partnerCurrency(u, rows); bad {
			all = append(all, f)
		}
	}
	if len(all) == 0 {
		all = append(all, ok(fmt.Sprintf("%s of the rules: there, customer, not frozen", count(min(len(uses), mostKeys), "code"))))
	}
	return append(mendOnce(all), beyond(len(uses), mostKeys, "codes")...)
}

// partnerCurrency warns of a partner with a single currency where the rules allow others: B1 takes no order in them for it.
func (c *checkup) partnerCurrency(u usedCode, rows []codeRow) (f order.Finding, bad bool) {
	i := slices.IndexFunc(rows, func(r codeRow) bool { return r.text("CardCode") == u.Code })
	if i < 0 {
		return f, false
	}
	only := rows[i].text("Currency")
	if only == "" || only == "##" {
		return f, false
	}
	others := slices.DeleteFunc(append([]string{c.Uses.LocalCurrency}, c.Uses.Foreign...), func(code string) bool { return code == only })
	if len(others) == 0 {
		return f, false
	}
	return warn(fmt.Sprintf("business partner %q takes %s alone, and the rules allow orders in %s (%s)", u.Code, only, strings.Join(others, ", "), c.at(u.places...)),
		"Unless the stores that go to it sell in "+only+" alone, set its currency to All Currencies (##): "+partnerList.menu+", tab General."), true
}

// byKey reads the rows of a large table that uses name.
func (c *checkup) byKey(ctx context.Context, l List, def codeList, uses []usedCode) ([]codeRow, error) {
	var all []codeRow
	for some := range slices.Chunk(uses[:min(len(uses), mostKeys)], keysAtOnce) {
		parts := make([]string, len(some))
		for i, u := range some {
			parts[i] = def.key + " eq " + Quote(u.Code)
		}
		rows, err := c.read(ctx, string(l), strings.Join(parts, " or "), def.key, append([]string{def.key}, def.more...))
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

// compareAll compares codes of a table of which only the rows that were asked for are known.
func (c *checkup) compareAll(uses []usedCode, def codeList, rows []codeRow) (all []order.Finding) {
	for _, u := range uses[:min(len(uses), mostKeys)] {
		f, bad := c.compare(u, def, rows)
		if !bad {
			continue
		}
		if !slices.ContainsFunc(rows, func(r codeRow) bool { return strings.EqualFold(r.text(def.key), u.Code) }) {
			f.Mend = "Correct the rules, or add it: " + def.menu + "." // the rows are no choice: they are what was asked for
		}
		all = append(all, f)
	}
	return all
}

// findBuyers asks as the worker does for buyers: for nobody. So no partner is read.
func (c *checkup) findBuyers(ctx context.Context) []order.Finding {
	var ways []string
	ask := func(property string) error {
		ways = append(ways, property)
		return c.timed(func() error { _, err := c.Client.FindPartners(ctx, property, nobody); return err })
	}
	for _, way := range []struct {
		property string
		wanted   bool
	}{{"EmailAddress", c.Uses.ByEmail}, {"FederalTaxID", c.Uses.ByTaxNumber}, {c.Uses.AccountField, c.Uses.AccountField != "" && !c.lacks("OCRD", c.Uses.AccountField)}} {
		if !way.wanted {
			continue
		}
		if err := ask(way.property); err != nil {
			return []order.Finding{c.mayRead(err, partnerList.menu)}
		}
	}
	if c.Uses.Contacts {
		ways = append(ways, "ContactEmployees")
		if _, err := c.read(ctx, string(ListPartners), "CardCode eq "+Quote(nobody), "CardCode", []string{"CardCode", "ContactEmployees"}); err != nil {
			return []order.Finding{c.mayRead(err, partnerList.menu)}
		}
	}
	var all []order.Finding
	lacking := c.lacks("OCRD", c.Uses.AccountField)
	switch {
	case len(ways) > 0:
		all = append(all, ok("allowed, by "+strings.Join(ways, ", ")))
	case !lacking:
		all = append(all, ok("the rules look for none"))
	}
	if lacking {
		all = append(all, notChecked("by "+c.Uses.AccountField+": B1 does not show that field"))
	}
	return all
}

// items looks for the items that the rules name: those of charges, and those of a table by SKU.
func (c *checkup) items(ctx context.Context) []order.Finding {
	uses := c.used(ListItems)
	rows, err := c.byKey(ctx, ListItems, itemList, uses)
	if err == nil && c.Uses.Barcodes {
		err = c.timed(func() error { _, err := c.Client.FindItemsByBarcode(ctx, []string{nobody}); return err })
	} else if err == nil && len(uses) == 0 {
		return []order.Finding{c.anyItem(ctx), skus()}
	}
	if err != nil {
		return []order.Finding{c.mayRead(err, itemList.menu)}
	}
	all := c.compareAll(uses, itemList, rows)
	if len(all) == 0 && len(uses) > 0 {
		all = append(all, ok(fmt.Sprintf("%s of the rules: there, sold, not frozen", count(min(len(uses), mostKeys), "code"))))
	} else if len(all) == 0 {
		all = append(all, ok("may be read; the rules name none"))
	}
	return append(append(mendOnce(all), beyond(len(uses), mostKeys, "codes")...), skus())
}

// skus says why most items of a shop are not looked for.
func skus() order.Finding {
	return notChecked("items that are SKUs are known only with an order: starter preview and the first order show them")
}

// anyItem tries to read items where the rules need none: B1 wants the right of whoever writes orders all the same, perhaps.
func (c *checkup) anyItem(ctx context.Context) order.Finding {
	err := c.timed(func() error {
		var answer page[codeRow]
		return c.Client.call(ctx, request{method: http.MethodGet, op: "GET Items", path: string(ListItems), query: url.Values{"$select": {"ItemCode"}, "$top": {"1"}}}, &answer)
	})
	if err != nil {
		f := c.mayRead(err, itemList.menu)
		if f.Kind == order.Config {
			f.Outcome, f.Kind, f.Seen = order.OutcomeWarn, "", f.Seen+"; the worker does not read them with these rules"
		}
		return f
	}
	return ok("may be read; the rules name none")
}

// computed says which codes only an order gives.
func (c *checkup) computed(context.Context) []order.Finding {
	if len(c.Uses.Computed) == 0 {
		return []order.Finding{ok("none: the rules name every code as it is, but those of items")}
	}
	return []order.Finding{notChecked(fmt.Sprintf("%s made by expressions and known only with an order (%s): starter preview shows them",
		count(len(c.Uses.Computed), "setting"), c.at(c.Uses.Computed...)))}
}
