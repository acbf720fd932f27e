package sapb1

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// Amount is a number on the wire: written bare, read from the text of a number or of a string, never through a float.
// The Service Layer accepts both and answers Edm.Double.
type Amount struct{ decimal.Decimal }

// NewAmount wraps a decimal.
func NewAmount(d decimal.Decimal) Amount { return Amount{d} }

// MarshalJSON writes the number without quotes.
func (a Amount) MarshalJSON() ([]byte, error) { return []byte(a.Decimal.String()), nil }

// UnmarshalJSON reads a number, a string holding one, or null (zero).
func (a *Amount) UnmarshalJSON(b []byte) error {
	s := string(bytes.Trim(b, `"`))
	if s == "null" || s == "" {
		a.Decimal = decimal.Zero
		return nil
	}
	d, err := decimal.NewFromString(s)
	if err != nil {
		return fmt.Errorf("amount %q is not a number", s)
	}
	a.Decimal = d
	return nil
}

// Date is a calendar day. B1 keeps days without a zone: v1 answers 2025-08-20, v2 2025-08-20T00:00:00Z. Both are that
// day, so it is never shifted.
type Date struct{ time.Time }

const dayLayout = "2006-01-02"

// NewDate takes the day of t as it stands in t's own zone.
func NewDate(t time.Time) Date {
	y, m, d := t.Date()
	return Date{time.Date(y, m, d, 0, 0, 0, 0, time.UTC)}
}

// MarshalJSON writes 2006-01-02.
func (d Date) MarshalJSON() ([]byte, error) {
	if d.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(d.Format(dayLayout))
}

// UnmarshalJSON reads the day and leaves any time and zone behind.
func (d *Date) UnmarshalJSON(b []byte) error {
	var s *string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	if s == nil || *s == "" {
		d.Time = time.Time{}
		return nil
	}
	if len(*s) < len(dayLayout) {
		return fmt.Errorf("date %q: want 2006-01-02", *s)
	}
	t, err := time.Parse(dayLayout, (*s)[:len(dayLayout)])
	if err != nil {
		return fmt.Errorf("date %q: want 2006-01-02", *s)
	}
	d.Time = t
	return nil
}
