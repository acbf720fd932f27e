package mapping

import (
	"maps"
	"slices"
)

// fields checks the properties that the rules set: their names, and that each has a value.
func (c *checker) fields(at string, s StoreRules, reference string) {
	c.properties(at+".fields", s.Fields, headProperties)
	c.properties(at+".line_fields", s.LineFields, lineProperties)
	if _, twice := s.Fields[reference]; twice && reference != "" {
		c.bad(at+".fields."+reference, "is reference.user_field, want another field: it takes the order key")
	}
}

func (c *checker) properties(at string, fields map[string]Field, known map[string]property) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		here, f := at+"."+name, fields[name]
		p, ok := propertyOf(name, known)
		switch {
		case whyNot[name] != "":
			c.bad(here, "%s", forbidden[whyNot[name]])
			continue
		case !ok:
			c.bad(here, "is no property that fields may set, want a user-defined one such as U_Source, or one of %s", propertyNames(known))
			continue
		case !f.Value.IsSet():
			c.bad(here+".value", `is empty, want an expression; a text stands in quotes: '"web"'`)
		}
		if p.form != textForm && p.form != "" && f.Max != 0 {
			c.bad(here+".max", "is %d, but the property is %s, want no max", f.Max, p.form)
			continue
		}
		c.between(here+".max", f.Max, 0, maxValueText)
	}
}
