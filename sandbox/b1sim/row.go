package b1sim

import (
	"maps"

	"github.com/shopspring/decimal"
)

// row is one entity or one part of it: property name to value. A value is a string (also dates as 2006-01-02, times
// as 15:04:05 and enumeration members by name), int64, decimal.Decimal, row, []row, or json.RawMessage for parts that
// the simulator keeps without looking in. An absent property is null. A row in a table is never changed in place.
type row map[string]any

func (r row) has(name string) bool { return r[name] != nil }

func (r row) text(name string) string {
	s, _ := r[name].(string)
	return s
}

func (r row) integer(name string) int64 {
	n, _ := r[name].(int64)
	return n
}

func (r row) number(name string) decimal.Decimal {
	d, _ := r[name].(decimal.Decimal)
	return d
}

func (r row) part(name string) row {
	p, _ := r[name].(row)
	return p
}

func (r row) list(name string) []row {
	l, _ := r[name].([]row)
	return l
}

// clone copies the row so that properties can be set on the copy.
func (r row) clone() row { return maps.Clone(r) }

// orDefault sets the properties of defaults that are absent.
func (r row) orDefault(defaults row) {
	for name, value := range defaults {
		if !r.has(name) {
			r[name] = value
		}
	}
}

// merge returns the row with the changes laid over it. Parts merge property by property, as PATCH does (Service Layer
// manual 3.5.3); lists are replaced, their merging being the business of each entity.
func (r row) merge(changes row) row {
	out := r.clone()
	for name, value := range changes {
		part, isPart := value.(row)
		if old := out.part(name); isPart && old != nil {
			value = old.merge(part)
		}
		if value == nil {
			delete(out, name)
			continue
		}
		out[name] = value
	}
	return out
}
