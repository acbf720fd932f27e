package mapping

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
