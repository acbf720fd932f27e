package mapping

import "strings"

// meant guesses which setting a wrong name was meant to be, as a part of a message; empty where none is near.
func meant(name string, names []string) string {
	if len(name) > maxNear {
		return ""
	}
	best, least := "", 1+len(name)/3 // a slip or two, more in a long name
	for _, n := range names {
		if d := slips(bare(name), bare(n)); d < least {
			best, least = n, d
		}
	}
	// A part of the name, or more than the name, is near as well: card for card_code.
	for _, n := range names {
		if best == "" && len(name) > 3 && (strings.HasPrefix(n, name+"_") || strings.HasPrefix(name, n+"_")) {
			best = n
		}
	}
	if best == "" {
		return ""
	}
	return " (did you mean " + best + "?)"
}

// bare is a name as people confuse it with others: cardCode, Card-Code and card_code are one.
func bare(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(name))
}

// slips is how many letters must be put in, taken out, changed, or swapped with the next to make b of a.
func slips(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			changed := 1
			if x[i-1] == y[j-1] {
				changed = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+changed)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(x)][len(y)]
}

// maxNear is the longest name that is compared: no setting has so many letters.
const maxNear = 64
