package mapping

import "datawald/order"

// PostcodesOf reads entries of postcodes, and says what the first bad one wants.
func PostcodesOf(entries ...string) (p Postcodes, want string) {
	for _, e := range entries {
		if want = p.short(e); want != "" {
			return p, want
		}
	}
	return p, ""
}

// Fits is fits.
func (p Postcodes) Fits(postcode string) bool { return p.fits(postcode) }

// SampleProperties are expressions for all properties that fields may set, of the header or of lines.
func SampleProperties(head bool) map[string]string {
	known := lineProperties
	if head {
		known = headProperties
	}
	samples := map[form]string{textForm: `"x"`, wholeForm: "1", dayForm: `"2030-01-02"`, yesNoForm: "true"}
	out := map[string]string{}
	for name, p := range known {
		out[name] = samples[p.form]
	}
	return out
}

// DecodeJSON reads a JSON text as encoding/json does with UseNumber.
func DecodeJSON(text string) (any, error) {
	v, err := decodeJSON(text)
	return wholeValue(v), err
}

// Faulty maps with a mapper that breaks down on the way.
func Faulty(r *Rules, in Input) *order.Reason {
	m := newMapper(r, in)
	m.proof = nil
	return m.guarded()
}
