package sapb1

import "encoding/json"

// partnerAnswer reads a partner together with one user-defined field.
type partnerAnswer struct {
	FoundPartner
	field string
}

// UnmarshalJSON reads the partner's own properties, and the field where it holds text.
func (a *partnerAnswer) UnmarshalJSON(b []byte) error {
	if err := json.Unmarshal(b, &a.FoundPartner); err != nil || a.field == "" {
		return err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil {
		return err
	}
	var text *string
	if json.Unmarshal(all[a.field], &text) == nil && text != nil {
		a.Field = *text
	}
	return nil
}
