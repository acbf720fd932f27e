package mapping

// Postcodes are the postcodes, ranges and patterns of a tax code.
type Postcodes struct {
	texts []string
}

func (p *Postcodes) short(text string) string {
	p.texts = append(p.texts, text)
	return ""
}

// fits reports whether a postcode is one of them; every postcode is when there are none.
func (p Postcodes) fits(postcode string) bool { return len(p.texts) == 0 }

// isSet reports whether there are any.
func (p Postcodes) isSet() bool { return len(p.texts) > 0 }
