package mapping

import (
	"fmt"
	"strconv"

	"github.com/goccy/go-yaml/ast"
)

// ParseRules reads and checks a rules file. Its error is of type Problems and names every fault with its place, or the first
// hundred that it meets.
func ParseRules(text []byte) (*Rules, error) {
	r, _, err := parseRules(text)
	return r, err
}

// parseRules is ParseRules with the decoder, which knows where each setting stands.
func parseRules(text []byte) (*Rules, *decoder, error) {
	root, err := parseYAML(text)
	if err != nil {
		return nil, nil, err
	}
	d := newDecoder(root)
	file := rulesFile{Rules: defaultRules()}
	d.decode("", root, &file)
	r := &file.Rules
	r.Stores = d.stores(file.Stores, r.Default)
	if !d.more {
		d.report(r.check())
	}
	if len(d.problems) > 0 {
		return nil, nil, d.all()
	}
	r.fillDefaults()
	r.prepareItems()
	r.hash = shortHash(string(text))
	return r, d, nil
}

// rulesFile is the file as it is written: the settings of a store are read later, over those of all stores.
type rulesFile struct {
	Rules  `yaml:",inline"`
	Stores ast.Node `yaml:"stores"`
}

// defaultRules are the settings of a file that does not name them.
func defaultRules() Rules {
	return Rules{
		Company:   Company{TaxRounding: "document", PriceDecimals: 6, PercentDecimals: 6},
		Reference: Reference{Template: "{increment_id}"},
	}
}

// fillDefaults sets what other settings decide.
func (r *Rules) fillDefaults() {
	if len(r.Company.Currencies) == 0 {
		r.Company.Currencies = Currencies{r.Company.LocalCurrency: r.Company.LocalCurrency}
	}
	if len(r.Eligibility.States) == 0 {
		r.Eligibility.States = map[string]string{"new": PostOrder, "processing": PostOrder, "complete": PostOrder}
	}
}

// stores lays the settings of each store over those of all stores: lists and tables are replaced as a whole.
func (d *decoder) stores(node ast.Node, base StoreRules) map[int64]StoreRules {
	stores := map[int64]StoreRules{}
	for _, e := range d.entries("stores", node) {
		id, err := strconv.ParseInt(e.key, 10, 64)
		if err != nil || strconv.FormatInt(id, 10) != e.key {
			d.bad(e.path, "is no store, want a store_id such as 2")
			continue
		}
		own := base
		d.decode(e.path, e.value, &own)
		stores[id] = own
	}
	return stores
}

// storePath is where the settings of a store stand.
func storePath(id int64) string { return fmt.Sprintf("stores.%d", id) }
