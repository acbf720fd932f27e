package mapping

// meter bounds the work of all expressions of an order together, and knows the company's time zone. It counts and takes
// no time, so that the same order comes out the same everywhere.
type meter struct {
	done int
	zone Zone
}

// maxWork is how much the expressions of an order may do: a second or two at most. A call is one step; so are 64 bytes of a
// text and 4 elements of a list that it is given. A search (matches) is one for 64 bytes, times the instructions of its
// pattern. An order of 500 rows, with a loop over all of them for each, does less than a million.
const maxWork = 5_000_000

func (m *meter) work(values []any) error {
	m.done++
	for _, v := range values {
		switch v := v.(type) {
		case string:
			m.done += len(v) / 64
		case []any:
			m.done += len(v) / 4
		}
	}
	return m.bounded()
}

// search counts a search in a text with a pattern of so many instructions: each may look at each byte.
func (m *meter) search(text string, instructions int) error {
	m.done += len(text) * instructions / 64
	return m.bounded()
}

func (m *meter) bounded() error {
	if m.done > maxWork {
		return bad("more than %d steps over all expressions of the order", maxWork)
	}
	return nil
}
