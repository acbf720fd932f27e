package mapping

import (
	"cmp"
	"regexp"
	"strings"
	"unicode"
)

// Postcodes are the postcodes, ranges and patterns of a tax code, shipping rule or the like. Spaces, dashes and case do not
// matter in a postcode.
//
//	90001             one postcode; an order's 90001-1234 (ZIP+4) has it too
//	1010 AB           one postcode
//	SW1*              all that begin so, SW10 as well; a * may stand anywhere
//	90001-90099       a range of numbers, both ends included; of a postcode with a dash the part before it counts as well,
//	                  so 9000-9499 has Portugal's 9000-123
//	SW1-SW20, SW1A-SW2Z, D01-D24  a range of districts, both ends included with all that is in them
//	00-950, 1000-001, 01310-100, 90001-1234  one postcode that is written with a dash
//	00-950 - 00-999   a range of such; a dash between spaces always makes a range
//
// A dash without spaces makes a range where it stands between two of the same shape (as many characters, digits where the
// other has digits), or between two districts, which begin with a letter and have a digit. Between numbers of different
// lengths it belongs to a postcode, in the shapes that postcodes of the world have.
type Postcodes struct {
	entries []postcodeEntry
}

// postcodeEntry is one of Postcodes, ready to be compared.
type postcodeEntry struct {
	// pattern is set for a single postcode and for a pattern with *: the pieces between the stars.
	pattern []string
	// low and high are set for a range; numeric where both are digits alone.
	low, high postcode
	numeric   bool
}

// postcode is one as it is compared: without spaces and dashes, in capitals.
type postcode struct {
	text string
	// zip5 is the first part of a ZIP+4, which many write without its dash; empty for all others.
	zip5 string
	// first is what stands before the dash of a postcode of digits, and zip5 of a ZIP+4; empty for all others. Ranges of
	// postcodes with dashes are written by it: 1000-1999 in Portugal, 01000-39999 in Brazil.
	first string
	// district is the text taken apart where letters and digits change; of a British postcode the part before its last
	// three characters, which stand in rest: SW1 1AA is in SW1 and not in SW11.
	district, rest []string
}

var (
	zipPlusFour  = regexp.MustCompile(`^[0-9]{5}-?[0-9]{4}$`)
	twoNumbers   = regexp.MustCompile(`^[0-9]+-[0-9]+$`)
	british      = regexp.MustCompile(`^[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}$`)
	postcodeRuns = regexp.MustCompile(`[0-9]+|[^0-9]+`)
	postcodeText = regexp.MustCompile(`^[\pL\pN -]*[\pL\pN][\pL\pN -]*$`)
	patternText  = regexp.MustCompile(`^[\pL\pN *-]+$`)
	districtText = regexp.MustCompile(`^\pL.*[0-9]`)
	spacedDash   = regexp.MustCompile(`\s+-\s+`)
	// dashedNumber is a postcode of digits with a dash: 00-950, 100-0001, 1000-001, 01310-100, 90001-1234.
	dashedNumber = regexp.MustCompile(`^([0-9]{2}-[0-9]{3}|[0-9]{3}-[0-9]{4}|[0-9]{4}-[0-9]{3}|[0-9]{5}-[0-9]{3,4})$`)
)

func newPostcode(text string) postcode {
	folded := strings.ToUpper(strings.Join(strings.Fields(text), ""))
	p := postcode{text: strings.ReplaceAll(folded, "-", "")}
	switch {
	case zipPlusFour.MatchString(folded):
		p.zip5 = folded[:5]
		p.first = p.zip5
	case twoNumbers.MatchString(folded):
		p.first, _, _ = strings.Cut(folded, "-")
	}
	outward := p.text
	if british.MatchString(p.text) {
		outward = p.text[:len(p.text)-3]
		p.rest = postcodeRuns.FindAllString(p.text[len(outward):], -1)
	}
	p.district = postcodeRuns.FindAllString(outward, -1)
	return p
}

// many makes a list of what may be a single one.
func (p *Postcodes) many() {}

func (p *Postcodes) short(text string) string {
	entry, want := readPostcodes(strings.TrimSpace(text))
	if want == "" {
		p.entries = append(p.entries, entry)
	}
	return want
}

// readPostcodes reads an entry, or says what it wants.
func readPostcodes(text string) (entry postcodeEntry, want string) {
	const ways = "a postcode, a range such as 90001-90099 or SW1A-SW2Z, or a pattern such as SW1*"
	if strings.Contains(text, "*") {
		// A dash behind a star would be meant for a range of patterns, which there is not.
		if !patternText.MatchString(text) || strings.Contains(text[strings.Index(text, "*"):], "-") || spacedDash.MatchString(text) {
			return entry, ways
		}
		return postcodeEntry{pattern: strings.Split(newPostcode(text).text, "*")}, ""
	}
	if ends := spacedDash.Split(text, -1); len(ends) == 2 {
		return postcodeRange(ends[0], ends[1])
	}
	if !postcodeText.MatchString(text) || strings.Trim(text, "-") != text || len(spacedDash.Split(text, -1)) > 2 {
		return entry, ways
	}
	first, last, dash := strings.Cut(text, "-")
	switch {
	case !dash:
	case shapeOf(first) == shapeOf(last) || districtText.MatchString(first) && districtText.MatchString(last):
		return postcodeRange(first, last)
	case !dashedNumber.MatchString(text) && !unicode.IsLetter([]rune(text)[0]):
		return entry, "ends of the same length, or a dash between spaces for a range: 00-950 - 00-999"
	}
	return postcodeEntry{pattern: []string{newPostcode(text).text}}, ""
}

// shapeOf is a postcode with a sign for each digit and each letter.
func shapeOf(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsDigit(r):
			return '0'
		case unicode.IsLetter(r):
			return 'A'
		case unicode.IsSpace(r):
			return -1
		}
		return r
	}, text)
}

func postcodeRange(first, last string) (entry postcodeEntry, want string) {
	if !postcodeText.MatchString(first) || !postcodeText.MatchString(last) {
		return entry, "a postcode at both ends of the range"
	}
	e := postcodeEntry{low: newPostcode(first), high: newPostcode(last)}
	e.numeric = digitsOnly(e.low.text) && digitsOnly(e.high.text)
	switch {
	case e.numeric && len(e.low.text) != len(e.high.text):
		return entry, "ends of the same length"
	case e.numeric && e.low.text > e.high.text, !e.numeric && e.low.against(e.high) > 0:
		return entry, "the smaller end first"
	}
	return e, ""
}

func digitsOnly(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// fits reports whether a postcode is one of them; every postcode is when there are none.
func (p Postcodes) fits(text string) bool {
	if len(p.entries) == 0 {
		return true
	}
	code := newPostcode(text)
	if code.text == "" {
		return false
	}
	for _, e := range p.entries {
		if e.fits(code) {
			return true
		}
	}
	return false
}

func (e postcodeEntry) fits(p postcode) bool {
	switch {
	case len(e.pattern) > 0:
		return fitsPattern(e.pattern, p.text) || p.zip5 != "" && fitsPattern(e.pattern, p.zip5)
	case e.numeric:
		return e.hasNumber(p)
	}
	return p.against(e.low) >= 0 && p.against(e.high) <= 0
}

// hasNumber compares digits of the same number: all of the postcode, or those before its dash. Letters behind them (1010 AB)
// are not compared.
func (e postcodeEntry) hasNumber(p postcode) bool {
	return e.between(p.first) || len(p.district) > 0 && e.between(p.district[0])
}

func (e postcodeEntry) between(digits string) bool {
	return digitsOnly(digits) && len(digits) == len(e.low.text) && e.low.text <= digits && digits <= e.high.text
}

// against compares a postcode with the end of a range: 0 where it is in the district, or the postcode, that the end names.
func (p postcode) against(end postcode) int {
	if c := compareRuns(p.district, end.district, len(end.rest) == 0); c != 0 || len(end.rest) == 0 {
		return c
	}
	return compareRuns(p.rest, end.rest, true)
}

// compareRuns compares digits as numbers and letters as letters. within is true where what goes on is still inside.
func compareRuns(a, b []string, within bool) int {
	for i := range min(len(a), len(b)) {
		if c := compareRun(a[i], b[i]); c != 0 {
			return c
		}
	}
	if within && len(a) > len(b) {
		return 0
	}
	return cmp.Compare(len(a), len(b))
}

func compareRun(a, b string) int {
	if digitsOnly(a) && digitsOnly(b) {
		a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
		return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
	}
	return strings.Compare(a, b)
}

// fitsPattern compares a text with the pieces of a pattern: the first begins it, the last ends it, the others follow each
// other. One piece is the whole text.
func fitsPattern(pieces []string, text string) bool {
	if len(pieces) == 1 {
		return text == pieces[0]
	}
	first, last := pieces[0], pieces[len(pieces)-1]
	if !strings.HasPrefix(text, first) {
		return false
	}
	text = text[len(first):]
	for _, piece := range pieces[1 : len(pieces)-1] {
		at := strings.Index(text, piece)
		if at < 0 {
			return false
		}
		text = text[at+len(piece):]
	}
	return strings.HasSuffix(text, last)
}

// isSet reports whether there are any.
func (p Postcodes) isSet() bool { return len(p.entries) > 0 }
