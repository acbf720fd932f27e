package mapping

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/goccy/go-yaml/token"

	"datawald/sapb1"
)

// Uses reads which codes of B1 a rules file names, and where, for a look whether B1 has them. Its error is that of ParseRules.
// A code that a store inherits is named where it stands.
func Uses(text []byte) (*sapb1.Uses, error) {
	r, d, err := parseRules(text)
	if err != nil {
		return nil, err
	}
	u := &uses{places: d.places, out: &sapb1.Uses{
		KeyField: r.Reference.UserField, LocalCurrency: r.B1Currency(r.Company.LocalCurrency), Zone: r.Company.TimeZone.location,
		PriceDecimals: r.Company.PriceDecimals, PercentDecimals: r.Company.PercentDecimals,
	}}
	if u.out.Zone == nil {
		u.out.Zone = time.UTC
	}
	for _, iso := range slices.Sorted(maps.Keys(r.Company.Currencies)) {
		if iso != r.Company.LocalCurrency {
			u.out.Foreign = append(u.out.Foreign, r.Company.Currencies[iso])
		}
	}
	u.field("ORDR", r.Reference.UserField, u.place("reference", ".user_field"))
	u.store("default", r.Default)
	for _, id := range slices.Sorted(maps.Keys(r.Stores)) {
		u.store(storePath(id), r.Stores[id])
	}
	return u.out, nil
}

// uses gathers what the rules need of B1.
type uses struct {
	places map[string]*token.Position
	out    *sapb1.Uses
}

// place is where a setting stands: in the store, or in the defaults that it inherits.
func (u *uses) place(store, setting string) sapb1.Place {
	for _, path := range []string{store + setting, "default" + setting} {
		if at, ok := u.places[path]; ok {
			return sapb1.Place{Line: at.Line, Column: at.Column, Path: path}
		}
	}
	return sapb1.Place{Line: 1, Column: 1, Path: store + setting}
}

// add takes a code once for each place: further stores inherit it.
func (u *uses) add(use sapb1.CodeUse) {
	same := func(o sapb1.CodeUse) bool { return o.List == use.List && o.Code == use.Code && o.Place == use.Place }
	if use.Code != "" && !slices.ContainsFunc(u.out.Codes, same) {
		u.out.Codes = append(u.out.Codes, use)
	}
}

func (u *uses) text(list sapb1.List, code, store, setting string) {
	u.add(sapb1.CodeUse{List: list, Code: code, Place: u.place(store, setting)})
}

// number takes a number of B1; nil is none.
func (u *uses) number(list sapb1.List, n *int, store, setting string) {
	if n != nil {
		u.text(list, strconv.Itoa(*n), store, setting)
	}
}

func (u *uses) field(table, name string, at sapb1.Place) {
	use := sapb1.FieldUse{Table: table, Name: name, Place: at}
	if name != "" && !slices.Contains(u.out.Fields, use) {
		u.out.Fields = append(u.out.Fields, use)
	}
}

func (u *uses) computed(at sapb1.Place) {
	if !slices.Contains(u.out.Computed, at) {
		u.out.Computed = append(u.out.Computed, at)
	}
}
