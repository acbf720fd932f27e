// Package hooks is the one place where a company registers what its rules file cannot say. Worker, starter and gateway
// load the hooks with the rules, so that an order comes out the same everywhere. Hooks decide about the document: whether an
// order goes to B1, and to whom, is asked of the order as Magento gave it. See docs/mapping.md, "Hooks".
package hooks

import "datawald/mapping"

// All are the hooks of this company, in the order in which they run; none as DataWald ships. Restart all programs after a
// change.
func All() []mapping.Hook {
	return []mapping.Hook{}
}
