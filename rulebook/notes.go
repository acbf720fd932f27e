package rulebook

import (
	"fmt"
	"reflect"

	"datawald/mapping"
)

// Notes says what is to be done or known when rules take the place of others, beside what an order shows: what B1 must have first,
// and what changes for orders that are posted. before is nil where there were none.
func Notes(before, now *mapping.Rules) (notes []string) {
	if before == nil {
		return nil
	}
	if field := now.Reference.UserField; field != "" && field != before.Reference.UserField {
		notes = append(notes, fmt.Sprintf("reference.user_field is %s now: B1 refuses every order until sales orders have this field. starter b1 prepare creates it.", field))
	}
	if now.Reference.Template != before.Reference.Template {
		notes = append(notes, "reference.template is another one: orders that may be in B1 already are looked for under the reference that they had as well.")
	}
	if now.WriteBack.Asked() && !before.WriteBack.Asked() {
		notes = append(notes, "write_back is asked for now: Magento is told of orders that are posted from now on. Of earlier ones it is told when they are resynced.")
	}
	if !now.WriteBack.Asked() && before.WriteBack.Asked() {
		notes = append(notes, "write_back is not asked for any more: Magento is not told of orders that are posted already and of which it has not heard.")
	}
	if !reflect.DeepEqual(now.QuietHours, before.QuietHours) {
		notes = append(notes, "quiet_hours are others: they hold for every order that is not at B1 yet.")
	}
	if now.Company.LocalCurrency != before.Company.LocalCurrency {
		notes = append(notes, fmt.Sprintf("company.local_currency is %s now: B1's totals are read in another field. starter doctor b1 says what the company has.", now.Company.LocalCurrency))
	}
	return notes
}
