package mapping

import (
	"maps"
	"slices"
	"strings"
)

// items checks the table of item codes and the options.
func (c *checker) items(at string, s Items) {
	for _, sku := range slices.Sorted(maps.Keys(s.Table)) {
		if n := length(s.Table[sku]); n == 0 || n > maxItemCode {
			c.bad(at+".table."+sku, "is %q, want an item code of 1 to %d characters", s.Table[sku], maxItemCode)
		}
	}
	for _, option := range s.Options {
		if strings.Trim(option, "*") == "" {
			c.bad(at+".options", "has %q, want SKUs of options, or patterns such as ENG*", option)
		}
	}
}
