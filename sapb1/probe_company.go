package sapb1

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"datawald/order"
)

const (
	menuDisplay    = "Administration > System Initialization > General Settings > Display"
	menuCurrencies = "Administration > System Initialization > Company Details > Basic Initialization"
	menuRates      = "Administration > Exchange Rates and Indexes"
)

// company compares what the rules say of the company with what it says of itself (AdminInfo of the Service Layer's metadata).
func (c *checkup) company(ctx context.Context) []order.Finding {
	var info struct {
		LocalCurrency      string
		PriceAccuracy      *int32
		PercentageAccuracy *int32
	}
	err := c.adminInfo(ctx, http.MethodPost, struct{}{}, &info)
	if err != nil {
		err = c.adminInfo(ctx, http.MethodGet, nil, &info)
	}
	if err != nil {
		if f := failed(err, "Look into the log of the Service Layer."); f.Kind == order.Transient {
			return []order.Finding{f}
		}
		return []order.Finding{notChecked("B1 does not show its company settings to this user: " + spoken(err) + ". Compare company in the rules with " + menuDisplay + ".")}
	}
	var all []order.Finding
	if info.LocalCurrency != "" && info.LocalCurrency != c.Uses.LocalCurrency {
		all = append(all, wrong(fmt.Sprintf("the local currency is %q in B1, and %q by the rules", info.LocalCurrency, c.Uses.LocalCurrency),
			"Correct company.local_currency, or B1's code for it in company.currencies ("+menuCurrencies+"): the wrong one of B1's totals would be compared."))
	}
	all = append(all, c.decimals("price_decimals", info.PriceAccuracy, c.Uses.PriceDecimals)...)
	all = append(all, c.decimals("percent_decimals", info.PercentageAccuracy, c.Uses.PercentDecimals)...)
	told, silent := split(named{"local currency", info.LocalCurrency != ""}, named{"decimals of prices", info.PriceAccuracy != nil},
		named{"decimals of percentages", info.PercentageAccuracy != nil})
	if len(all) == 0 && told != "" {
		all = append(all, ok(told+": as in the rules"))
	}
	if silent != "" {
		all = append(all, notChecked("B1 does not tell its "+silent+". Compare company in the rules with "+menuDisplay))
	}
	return all
}

// named is something that is so or not.
type named struct {
	name string
	is   bool
}

// split names what is so, and what is not.
func split(all ...named) (those, others string) {
	var yes, no []string
	for _, n := range all {
		if n.is {
			yes = append(yes, n.name)
		} else {
			no = append(no, n.name)
		}
	}
	return strings.Join(yes, ", "), strings.Join(no, ", ")
}

// adminInfo asks in one of the two ways that public code does: OData 3 has it as an action, OData 4 may have it as a function.
func (c *checkup) adminInfo(ctx context.Context, method string, body, out any) error {
	const service = "CompanyService_GetAdminInfo"
	return c.Client.call(ctx, request{method: method, op: method + " " + service, path: service, body: body}, out)
}

func (c *checkup) decimals(setting string, theirs *int32, ours int32) []order.Finding {
	if theirs == nil || *theirs == ours {
		return nil
	}
	return []order.Finding{warn(fmt.Sprintf("company.%s is %d by the rules, and %d in B1", setting, ours, *theirs), "Set it to what B1 has ("+menuDisplay+"): B1 rounds by its own, and totals may come out otherwise than proven.")}
}

// branches compares the branches of the rules, or warns where they name none and the company has some: where it works with them,
// B1 refuses an order without one as -2028, which tells nobody why (seen in public code).
func (c *checkup) branches(ctx context.Context) []order.Finding {
	if len(c.used(ListBranches)) > 0 {
		return c.list(ctx, ListBranches)
	}
	def := codeLists[ListBranches]
	rows, _, err := c.rows(ctx, ListBranches, def)
	if err != nil {
		if f := c.unread(ListBranches, err); f.Outcome == order.OutcomeSkip {
			return []order.Finding{f}
		}
		return []order.Finding{notChecked("whether the company has branches, of which the rules name none: " + spoken(err))} // nothing needs them
	}
	rows = slices.DeleteFunc(rows, func(r codeRow) bool { return def.unfit(r) != "" })
	if len(rows) == 0 {
		return []order.Finding{ok("none, and the rules name none")}
	}
	return []order.Finding{warn(fmt.Sprintf("B1 has %d, and the rules name none", len(rows)), c.choices(usedCode{}, def, rows)+
		"Where the company works with branches ("+def.menu+"), set branch in the rules: B1 refuses orders without one.")}
}

// mostCurrencies bounds how many exchange rates are asked for.
const mostCurrencies = 20

// exchangeRates asks for today's rates of the foreign currencies that the rules allow.
func (c *checkup) exchangeRates(ctx context.Context) []order.Finding {
	foreign := c.Uses.Foreign[:min(len(c.Uses.Foreign), mostCurrencies)]
	if len(foreign) == 0 {
		return []order.Finding{ok("the rules allow no foreign currency")}
	}
	rates := c.Rates
	if rates == nil {
		rates = c.Client
	}
	var without, unknown []string
	why := ""
	for _, currency := range foreign {
		switch has, err := rates.HasRate(ctx, currency, today(c.Uses.Zone)); {
		case err != nil:
			unknown, why = append(unknown, currency), rateFailure(err)
		case !has:
			without = append(without, currency)
		}
	}
	all := beyond(len(c.Uses.Foreign), mostCurrencies, "currencies")
	if len(without) > 0 {
		all = append(all, warn("no rate for today: "+strings.Join(without, ", "), "Enter it ("+menuRates+"): orders in that currency wait or are held until B1 has the rate of their day."))
	}
	if len(unknown) > 0 {
		all = append(all, notChecked("today's rate of "+strings.Join(unknown, ", ")+why))
	}
	if known := len(foreign) - len(without) - len(unknown); len(without) == 0 && known > 0 {
		all = append(all, ok(fmt.Sprintf("%s for today", count(known, "rate"))))
	}
	return all
}

func rateFailure(err error) string {
	if f, is := errors.AsType[*order.Failure](err); is {
		return ": " + spoken(f)
	}
	return ""
}
