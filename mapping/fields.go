package mapping

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"datawald/order"
	"datawald/sapb1"
)

// fields sets the properties that the rules name, on the document and on its goods (m.rows). They come after all else that
// the rules say, and win over it.
func (m *mapper) fields() *order.Reason {
	for _, name := range slices.Sorted(maps.Keys(m.store.Fields)) {
		at := "fields." + name
		value, hold := m.field(at, name, m.store.Fields[name], headProperties, nil)
		if hold != nil {
			return hold
		}
		if value != nil {
			m.setHead(name, value)
		}
	}
	if len(m.store.LineFields) == 0 {
		return nil
	}
	names := slices.Sorted(maps.Keys(m.store.LineFields))
	for _, n := range slices.Sorted(maps.Keys(m.rows)) {
		if hold := m.lineFields(names, &m.document.Lines[n], m.rows[n]); hold != nil {
			return hold
		}
	}
	return nil
}

func (m *mapper) lineFields(names []string, line *sapb1.DocumentLine, row order.Line) *order.Reason {
	for _, name := range names {
		value, hold := m.field("line_fields."+name, name, m.store.LineFields[name], lineProperties, &row)
		if hold != nil {
			hold.Message = place(row) + ": " + hold.Message
			return hold
		}
		if value != nil {
			m.setLine(line, name, value)
		}
	}
	return nil
}

// field computes the value of a property in the type that B1 wants: a string, int, sapb1.Date or sapb1.Amount; nil where
// the property is left out.
func (m *mapper) field(at, name string, f Field, known map[string]property, row *order.Line) (any, *order.Reason) {
	value, hold := m.evaluate(at, f.Value, row)
	if hold != nil || value == nil {
		return nil, hold
	}
	p, _ := propertyOf(name, known)
	limit := p.max
	if f.Max > 0 {
		limit = f.Max
	}
	if row != nil {
		name += " of " + place(*row)
	}
	switch p.form {
	case textForm:
		return m.textField(name, flag(value), limit), nil
	case wholeForm:
		if n, ok := whole(value); ok {
			return n, nil
		}
	case dayForm:
		if day, err := dayOf(value, m.rules.Company.TimeZone); err == nil {
			return dayOrNothing(sapb1.NewDate(day)), nil
		}
	case yesNoForm:
		if yes, err := truth(value); err == nil {
			return map[bool]string{true: "tYES", false: "tNO"}[yes], nil
		}
	default:
		return m.userField(name, value, limit), nil
	}
	return nil, notComputed(at, fmt.Sprintf("gives %s, want %s", kind(value), p.form))
}

func dayOrNothing(d sapb1.Date) any {
	if d.IsZero() {
		return nil
	}
	return d
}

// flag is how user-defined fields and texts have true and false.
func flag(value any) any {
	switch value {
	case true:
		return "Y"
	case false:
		return "N"
	}
	return value
}

// textField is a value as a text of the property; nil for none.
func (m *mapper) textField(name string, value any, limit int) any {
	text, err := plain(value)
	if err != nil {
		return nil
	}
	if limit == 0 {
		limit = math.MaxInt32
	}
	if text = m.text(name, text, limit); text == "" {
		return nil
	}
	return text
}

// userField is a value for a user-defined field: a number stays one, all else is text or a date.
func (m *mapper) userField(name string, value any, limit int) any {
	switch v := flag(value).(type) {
	case decimal.Decimal:
		return sapb1.NewAmount(v)
	case sapb1.Date:
		return v
	default:
		return m.textField(name, v, limit)
	}
}

// whole reads a whole number of 32 bits.
func whole(value any) (int, bool) {
	n, err := number(value)
	if err != nil || !n.IsInteger() || n.Abs().GreaterThan(decimal.NewFromInt(math.MaxInt32)) {
		return 0, false
	}
	return int(n.IntPart()), true
}

// setHead puts a value where the document has it: hooks and the proof look there.
func (m *mapper) setHead(name string, value any) {
	d := m.document
	switch v := value.(type) {
	case int:
		if member := headNumber(d, name); member != nil {
			*member = &v
			return
		}
	case string:
		if member := headText(d, name); member != nil {
			*member = v
			return
		}
	case sapb1.Date:
		switch name {
		case "TaxDate":
			d.TaxDate = &v
			return
		case "DocDueDate":
			d.DocDueDate = m.notBeforePosting(v)
			return
		}
	}
	d.UserFields = with(d.UserFields, name, value)
}

// headNumber and headText are the members of the document for properties; nil for those that it has no member for.
func headNumber(d *sapb1.SalesOrder, name string) **int {
	switch name {
	case "ContactPersonCode":
		return &d.ContactPersonCode
	case "SalesPersonCode":
		return &d.SalesPersonCode
	case "DocumentsOwner":
		return &d.DocumentsOwner
	case "TransportationCode":
		return &d.TransportationCode
	case "PaymentGroupCode":
		return &d.PaymentGroupCode
	case "Series":
		return &d.Series
	case "BPL_IDAssignedToInvoice":
		return &d.BranchID
	}
	return nil
}

func headText(d *sapb1.SalesOrder, name string) *string {
	switch name {
	case "Comments":
		return &d.Comments
	case "CardName":
		return &d.CardName
	case "PaymentMethod":
		return &d.PaymentMethod
	}
	return nil
}

// notBeforePosting moves a due date that is over to the day of posting: B1 refuses a due date before it.
func (m *mapper) notBeforePosting(due sapb1.Date) sapb1.Date {
	today := sapb1.NewDate(m.rules.Company.TimeZone.day(m.in.Now))
	if !due.Before(today.Time) {
		return due
	}
	m.notes = append(m.notes, "DocDueDate is the day of posting: fields.DocDueDate gives an earlier one")
	return today
}

// setLine puts a value where the line has it. A free text stands behind the options that the buyer chose.
func (m *mapper) setLine(line *sapb1.DocumentLine, name string, value any) {
	text, _ := value.(string)
	switch name {
	case "ItemDescription":
		line.ItemDescription = text
	case "WarehouseCode":
		line.WarehouseCode = text
	case "FreeText":
		if line.FreeText != "" {
			text = m.text("FreeText", strings.Join([]string{line.FreeText, text}, ", "), lineProperties[name].max)
		}
		line.FreeText = text
	default:
		line.UserFields = with(line.UserFields, name, value)
	}
}

func with(fields map[string]any, name string, value any) map[string]any {
	if fields == nil {
		fields = map[string]any{}
	}
	fields[name] = value
	return fields
}
