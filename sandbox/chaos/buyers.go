package chaos

import (
	"fmt"
	"slices"
	"strings"

	"datawald/order"
	"datawald/sandbox/checker"
	"datawald/sandbox/magentosim"
)

// partnerPrefix begins the codes of the business partners that the rules make.
const partnerPrefix = "M-"

// germanStore is the store whose registered buyers become business partners, and which sells in euro.
const germanStore = 2

// buyer is the business partner under whom an order has to stand by the rules of the run.
func buyer(p magentosim.Placed, s magentosim.Sold) string {
	switch {
	case p.StoreID != germanStore:
		return "C-WEB"
	case s.CustomerID == 0:
		return "C-WEB-EU"
	}
	return partnerPrefix + "*"
}

// madePartners are the business partners that the rules made.
func madePartners(all []string) (made []string) {
	for _, code := range all {
		if strings.HasPrefix(code, partnerPrefix) {
			made = append(made, code)
		}
	}
	return made
}

// twicePartners finds business partners that were made twice: more than there are accounts that may have one, or one under whom nothing
// stands. An account may have one without a document when all its orders are to be held.
func twicePartners(b checker.Books) (found []checker.Violation) {
	accounts, idle := map[int64]bool{}, map[int64]bool{}
	for _, p := range b.Placed {
		s := b.Sold[p.EntityID]
		if p.StoreID != germanStore || s.CustomerID == 0 {
			continue
		}
		switch want(p) {
		case order.Posted:
			accounts[s.CustomerID] = true
		case order.Held:
			idle[s.CustomerID] = true
		}
	}
	for id := range accounts {
		delete(idle, id)
	}
	used := map[string]bool{}
	for _, d := range slices.Concat(b.Orders, b.Drafts) {
		used[d.Partner] = true
	}
	made, unused := madePartners(b.Partners), []string{}
	for _, code := range made {
		if !used[code] {
			unused = append(unused, code)
		}
	}
	if len(made) > len(accounts)+len(idle) || len(unused) > len(idle) {
		found = append(found, checker.Violation{Kind: checker.Duplicated, Key: strings.Join(unused, " "),
			What: fmt.Sprintf("B1 has %d business partners for %d accounts; under %d of them no document stands, and %d accounts have none",
				len(made), len(accounts)+len(idle), len(unused), len(idle))})
	}
	return found
}

// euros is how many orders are in euro.
func euros(placed []magentosim.Placed) (n int) {
	for _, p := range placed {
		if p.OrderCurrency == "EUR" {
			n++
		}
	}
	return n
}
