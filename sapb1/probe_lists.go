package sapb1

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"datawald/order"
)

// codes is the check of one list, or of the two that a setting may mean. Of one that the rules do not name there is nothing to say.
func codes(name string, lists ...List) order.Check[*checkup] {
	return several(name, func(c *checkup, ctx context.Context) (all []order.Finding) {
		for _, l := range lists {
			all = append(all, c.list(ctx, l)...)
		}
		return all
	})
}

// list compares the codes that the rules name with one list of B1. It is not asked where they name none.
func (c *checkup) list(ctx context.Context, l List) []order.Finding {
	uses := c.used(l)
	if len(uses) == 0 {
		return nil
	}
	def := codeLists[l]
	rows, bare, err := c.rows(ctx, l, def)
	if err != nil {
		return []order.Finding{c.unread(l, err)}
	}
	var all []order.Finding
	for _, u := range uses {
		if f, bad := c.compare(u, def, rows); bad {
			all = append(all, f)
		}
	}
	if len(all) == 0 {
		all = append(all, ok(fmt.Sprintf("the %s of the rules %s in B1's list of %d (%s)", count(len(uses), "code"), are(len(uses)), len(rows), entitySet(l))))
	}
	all = mendOnce(all)
	if bare && def.unfit != nil {
		all = append(all, notChecked(fmt.Sprintf("whether they can be used: this B1 has no %s on %s", strings.Join(def.more, " or "), entitySet(l))))
	}
	if names := c.unrated(uses, def, rows); len(names) > 0 {
		all = append(all, notChecked(fmt.Sprintf("the rate of %s: B1 tells none for today. Compare percent in the rules with %s", strings.Join(names, ", "), def.menu)))
	}
	return all
}

// beyond says that of too many things some were not asked for.
func beyond(n, most int, what string) []order.Finding {
	if n <= most {
		return nil
	}
	return []order.Finding{notChecked(fmt.Sprintf("%d of %d %s: the doctor asks for %d at most", n-most, n, what, most))}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// unread is a list that B1 does not show. The worker can do without: it never reads it.
func (c *checkup) unread(l List, err error) order.Finding {
	if f, is := errors.AsType[*order.Failure](err); is && (f.Kind == order.Transient || f.Kind == order.Unknown) {
		return failed(err, "Look into the log of the Service Layer.")
	}
	return notChecked(fmt.Sprintf("B1 does not show %s to this user: %s. The worker does not read it; the codes are tried by the first order.", entitySet(l), spoken(err)))
}

func entitySet(l List) string {
	set, _, _ := strings.Cut(string(l), " ")
	return set
}

// usedCode is a code with all places that name it.
type usedCode struct {
	CodeUse
	places []Place
}

// used are the codes of a list that the rules name, each once, in the order of the file.
func (c *checkup) used(l List) (all []usedCode) {
	for _, u := range c.Uses.Codes {
		if u.List != l {
			continue
		}
		if i := slices.IndexFunc(all, func(o usedCode) bool { return o.Code == u.Code }); i >= 0 {
			all[i].places = append(all[i].places, u.Place)
			continue
		}
		all = append(all, usedCode{u, []Place{u.Place}})
	}
	return all
}

// maxPlaces is how many places of a code are named.
const maxPlaces = 3

// at names places of the rules file.
func (c *checkup) at(places ...Place) string {
	var names []string
	for i, p := range places {
		if i == maxPlaces {
			names = append(names, fmt.Sprintf("and %d more", len(places)-i))
			break
		}
		names = append(names, fmt.Sprintf("%s:%d:%d %s", c.RulesFile, p.Line, p.Column, p.Path))
	}
	return strings.Join(names, ", ")
}

// compare looks a code up in what B1 has.
func (c *checkup) compare(u usedCode, def codeList, rows []codeRow) (f order.Finding, bad bool) {
	i := slices.IndexFunc(rows, func(r codeRow) bool { return r.text(def.key) == u.Code })
	if i < 0 {
		return wrong(fmt.Sprintf("B1 has no %s %q (%s)", def.what, u.Code, c.at(u.places...)), c.choices(u, def, rows)+"Correct the rules, or add it: "+def.menu+"."), true
	}
	if def.unfit != nil {
		if why := def.unfit(rows[i]); why != "" {
			return wrong(fmt.Sprintf("%s %q %s (%s)", def.what, u.Code, why, c.at(u.places...)), "Correct the rules, or change it: "+def.menu+"."), true
		}
	}
	return c.compareRate(u, def, rows[i])
}

// maxChoices bounds how many codes of B1 are named for choice.
const maxChoices = 12

// choices says what B1 has in place of a code.
func (c *checkup) choices(u usedCode, def codeList, rows []codeRow) string {
	var names []string
	for _, r := range rows {
		code := r.text(def.key)
		if strings.EqualFold(strings.Join(strings.Fields(code), " "), strings.Join(strings.Fields(u.Code), " ")) {
			return fmt.Sprintf("B1 writes it %q. ", code)
		}
		if name := r.text(def.name); def.name != "" && name != "" {
			code += " (" + name + ")"
		}
		names = append(names, code)
	}
	switch {
	case len(names) == 0:
		return "B1's list is empty. "
	case len(names) > maxChoices:
		names = append(names[:maxChoices], fmt.Sprintf("and %d more", len(names)-maxChoices))
	}
	return "B1 has " + strings.Join(names, ", ") + ". "
}

// mendOnce leaves of the same advice under several findings the last.
func mendOnce(all []order.Finding) []order.Finding {
	for i := range len(all) - 1 {
		if all[i].Mend == all[i+1].Mend {
			all[i].Mend = ""
		}
	}
	return all
}

// pageRows is how many rows of a list one call brings: lists that rules name are small, and few calls are kind.
const pageRows = "200"

// rows reads a list to its end. The rows are bare, with their codes alone, where a release lacks one of the other properties.
func (c *checkup) rows(ctx context.Context, l List, def codeList) (rows []codeRow, bare bool, err error) {
	if service, object, is := strings.Cut(string(l), " "); is {
		rows, err = c.series(ctx, service, object)
		return rows, false, err
	}
	properties := append([]string{def.key}, def.more...)
	if def.name != "" {
		properties = append(properties, def.name)
	}
	rows, err = c.read(ctx, string(l), "", def.key, properties)
	if err != nil && refusedForGood(err) && len(properties) > 1 {
		rows, err = c.read(ctx, string(l), "", def.key, properties[:1])
		return rows, true, err
	}
	return rows, false, err
}

func refusedForGood(err error) bool {
	f, is := errors.AsType[*order.Failure](err)
	return is && f.Kind == order.Permanent
}

// read follows a list, or what of it meets a condition.
func (c *checkup) read(ctx context.Context, set, where, key string, properties []string) ([]codeRow, error) {
	query := url.Values{"$select": {strings.Join(properties, ",")}, "$orderby": {key + " asc"}}
	if where != "" {
		query.Set("$filter", where)
	}
	return pages[codeRow](ctx, c.Client, request{method: http.MethodGet, op: "GET " + set, path: set, query: query,
		header: map[string]string{"Prefer": "odata.maxpagesize=" + pageRows}})
}

// series asks which numbering series an object has; they are no entity set. Customers are business partners of the subtype C.
func (c *checkup) series(ctx context.Context, service, object string) ([]codeRow, error) {
	kind := map[string]string{"Document": object}
	if object == objectPartners {
		kind["DocumentSubType"] = "C"
	}
	var answer struct {
		Value []codeRow `json:"value"`
	}
	r := request{method: http.MethodPost, op: "POST " + service, path: service, body: map[string]any{"DocumentTypeParams": kind}}
	if err := c.Client.call(ctx, r, &answer); err != nil {
		return nil, err
	}
	if answer.Value == nil {
		return nil, unreadable(r, "the answer is not a list", nil)
	}
	return answer.Value, nil
}

const objectPartners = "2"
