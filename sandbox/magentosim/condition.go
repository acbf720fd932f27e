package magentosim

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// matcher tells whether a row passes.
type matcher func(*record) bool

// compileGroups turns filter groups into one test: OR inside a group, AND across groups. An unknown column fails
// the whole request, as the SQL does.
func compileGroups(groups []filterGroup) (matcher, *apiError) {
	var all []matcher
	for _, g := range groups {
		any, err := compileGroup(g.Filters)
		if err != nil {
			return nil, err
		}
		if any != nil {
			all = append(all, any)
		}
	}
	return func(r *record) bool {
		for _, m := range all {
			if !m(r) {
				return false
			}
		}
		return true
	}, nil
}

// compileGroup makes the OR of a group. A from and a to on the same field of one group are one range.
// Magento REST: FilterProcessor checkFromTo.
func compileGroup(filters []filter) (matcher, *apiError) {
	var either []matcher
	used := make([]bool, len(filters))
	for i, f := range filters {
		if used[i] {
			continue
		}
		m, err := compileFilter(f)
		if err != nil {
			return nil, err
		}
		if j := otherEnd(filters, i); j > i && !used[j] {
			used[j] = true
			other, err := compileFilter(filters[j])
			if err != nil {
				return nil, err
			}
			either = append(either, func(r *record) bool { return m(r) && other(r) })
			continue
		}
		either = append(either, m)
	}
	if len(either) == 0 {
		return nil, nil
	}
	return func(r *record) bool {
		return slices.ContainsFunc(either, func(m matcher) bool { return m(r) })
	}, nil
}

// otherEnd finds the later filter that closes the range filters[i] begins, -1 if there is none.
func otherEnd(filters []filter, i int) int {
	ends := map[string]string{"from": "to", "to": "from"}
	end, ok := ends[filters[i].Condition]
	if !ok {
		return -1
	}
	for j := i + 1; j < len(filters); j++ {
		if filters[j].Field == filters[i].Field && filters[j].Condition == end {
			return j
		}
	}
	return -1
}

func compileFilter(f filter) (matcher, *apiError) {
	kind, ok := columnKinds[f.Field]
	if !ok {
		return nil, internalError()
	}
	test := compileCondition(f.Condition, f.Value, kind)
	get := column(f.Field)
	if f.Condition == "null" || f.Condition == "seq" && f.Value == "" {
		return func(r *record) bool { return test(get(r)) }, nil
	}
	// NULL compared with anything is not true.
	return func(r *record) bool {
		c := get(r)
		return !c.null && test(c)
	}, nil
}

// compileCondition knows the conditions of Magento's SQL layer except is and ntoa, which make no sense for orders.
// moreq, which the documentation lists, is not among them: like every unknown word it is a plain equals.
// Magento REST: DB/Adapter/Pdo/Mysql.php prepareSqlCondition.
func compileCondition(condition, value string, kind columnKind) func(cell) bool {
	compare := comparer(value, kind)
	switch condition {
	case "neq":
		return func(c cell) bool { return compare(c) != 0 }
	case "gt":
		return func(c cell) bool { return compare(c) > 0 }
	case "lt":
		return func(c cell) bool { return compare(c) < 0 }
	case "gteq", "from":
		return func(c cell) bool { return compare(c) >= 0 }
	case "lteq", "to":
		return func(c cell) bool { return compare(c) <= 0 }
	case "in", "nin":
		return compileList(condition == "in", value, kind)
	case "like", "nlike":
		pattern := likePattern(value)
		return func(c cell) bool { return pattern.MatchString(fold(c.text)) == (condition == "like") }
	case "finset", "nfinset":
		return func(c cell) bool {
			return slices.Contains(strings.Split(fold(c.text), ","), fold(value)) == (condition == "finset")
		}
	case "regexp":
		return compileRegexp(value)
	case "null":
		return func(c cell) bool { return c.null }
	case "notnull":
		return func(c cell) bool { return !c.null }
	case "seq":
		return func(c cell) bool { return value == "" && c.null || value != "" && compare(c) == 0 }
	case "sneq":
		return func(c cell) bool { return value == "" && !c.null || value != "" && compare(c) != 0 }
	default: // eq, and every unknown word
		return func(c cell) bool { return compare(c) == 0 }
	}
}

// compileList tests against a comma-separated list. The parts are not trimmed.
func compileList(in bool, value string, kind columnKind) func(cell) bool {
	var compares []func(cell) int
	for part := range strings.SplitSeq(value, ",") {
		compares = append(compares, comparer(part, kind))
	}
	return func(c cell) bool {
		found := slices.ContainsFunc(compares, func(compare func(cell) int) bool { return compare(c) == 0 })
		return found == in
	}
}

func compileRegexp(value string) func(cell) bool {
	pattern, err := regexp.Compile("(?i)" + value)
	if err != nil {
		return func(cell) bool { return false }
	}
	return func(c cell) bool { return pattern.MatchString(c.text) }
}

// comparer compares a cell with a value the way MySQL does for the kind of the column: numbers as numbers, times
// as times, everything else as text without regard to case, accents and trailing spaces (utf8_general_ci).
func comparer(value string, kind columnKind) func(cell) int {
	switch kind {
	case numberColumn:
		number := leadingNumber(value)
		return func(c cell) int { return c.number.Cmp(number) }
	case timeColumn:
		at := mysqlTime(value)
		return func(c cell) int { return strings.Compare(c.text, at) }
	default:
		folded := fold(value)
		return func(c cell) int { return strings.Compare(fold(c.text), folded) }
	}
}

// timeLayouts are the ways MySQL accepts a date and time, ISO's T among them.
var timeLayouts = []string{"2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02"}

// mysqlTime writes a time the way the column is written, so that comparing text compares times. No time zone is
// applied: the connection runs in UTC and values are compared raw. What is no time stays as it is.
func mysqlTime(value string) string {
	value = strings.TrimSpace(value)
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, value); err == nil {
			return t.Format("2006-01-02 15:04:05.999999")
		}
	}
	return value
}

// accents folds the letters that occur in the sandbox as utf8_general_ci does.
var accents = strings.NewReplacer("ä", "a", "ö", "o", "ü", "u", "ß", "s", "é", "e", "è", "e", "à", "a", "ç", "c", "ñ", "n")

func fold(s string) string {
	s = strings.TrimRight(strings.ToLower(s), " ")
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return accents.Replace(s)
		}
	}
	return s
}

// likePattern translates LIKE: % is any text, _ one character, \ takes the next one literally.
func likePattern(value string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	escaped := false
	for _, c := range fold(value) {
		switch {
		case escaped:
			b.WriteString(regexp.QuoteMeta(string(c)))
			escaped = false
		case c == '\\':
			escaped = true
		case c == '%':
			b.WriteString(".*")
		case c == '_':
			b.WriteString(".")
		default:
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	b.WriteString(`\z`)
	return regexp.MustCompile(b.String())
}
