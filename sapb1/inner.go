package sapb1

import "regexp"

// What a text of B1 holds that no language changes: numbers and places. Codes such as -10 and -5002 are catch-alls, and say
// nothing without them.

// odbcPattern is the code of the database layer, which stands behind B1's words in every language: "…to continue, open the
// window again (ODBC -2039)" comes with -10 as well.
var odbcPattern = regexp.MustCompile(`\(ODBC (-\d+)\)`)

// odbc is the code by which a caller goes: that of the database layer, where it is one that decides what to do.
func odbc(message, code string) string {
	if m := odbcPattern.FindStringSubmatch(message); m != nil {
		switch m[1] {
		case codeNoMatch, codeDuplicate, codeConcurrent:
			return m[1]
		}
	}
	return code
}

// sequenceLost is a message of HANA itself, which speaks English whatever the user's language: an operator is at work on
// the database, and no order is at fault ("Sequence was dropped during calling nextval").
var sequenceLost = regexp.MustCompile(`(?i)\bnextval\b`)

// placePattern also takes the table left out: [..OcrCode].
var placePattern = regexp.MustCompile(`\[(?:\.\.|([A-Za-z0-9@_]+\.))([A-Za-z0-9_]+)\](?:\s*\[line: *(\d+)\])?`)

// place is where B1 says the fault lies: DocumentLines.ItemCode line 4.
func place(message string) string {
	m := placePattern.FindStringSubmatch(message)
	if m == nil {
		return ""
	}
	if m[3] == "" {
		return m[1] + m[2]
	}
	return m[1] + m[2] + " line " + m[3]
}

// detailPatterns find B1's own number of a message: "(5002) 10001058 Enter a discount…", "1320000140 - Business partner code…",
// "…frozen in warehouse (131)", and the number that a company gives to its own check, "(1) No order on Sundays".
var detailPatterns = []*regexp.Regexp{
	regexp.MustCompile(`^(?:\(\d+\) )?(\d{5,})\b`),
	regexp.MustCompile(`^\((\d+)\)`),
	regexp.MustCompile(`\((\d+)\)(?: ?\[[^\]]*\])*$`),
}

// detail is the number inside the text, empty for none.
func detail(message string) string {
	for _, pattern := range detailPatterns {
		if m := pattern.FindStringSubmatch(message); m != nil {
			return m[1]
		}
	}
	return ""
}
