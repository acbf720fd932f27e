package b1sim

import (
	"strconv"
	"strings"
)

// kind is the type of a property's value.
type kind uint8

const (
	kindText kind = iota
	kindInteger
	kindNumber
	kindDate
	kindTime
	kindEnum
	kindPart   // one complex value of a type known here
	kindList   // a collection of such values
	kindOpaque // complex values kept as they came
)

// property is one property of an entity or complex type.
type property struct {
	name     string
	kind     kind
	of       string // enumeration or complex type
	max      int    // longest text in UTF-16 units; 0: not known, not checked
	readOnly bool   // "read-only properties are silently ignored" on input
	isList   bool   // an opaque collection, so that an absent one reads []
}

// entityType is an entity or complex type with its properties in metadata order.
type entityType struct {
	name   string
	table  string // database table whose user fields it carries; "" for none
	props  []property
	byName map[string]*property // by lower-case name: SAP's own sample sends "cardcode" (Service Layer manual 3.10.6)
}

// types holds every type by name.
var types = parseTypes(documentTypes + masterTypes)

// parseTypes reads the short form: a line "type Name TABLE", then words "Name:code" where the code is s text, i
// integer, n number, d date, t time, y yes/no, e=Enum, c=Complex or []Complex, with the longest length after s and "!"
// for not writable.
func parseTypes(text string) map[string]*entityType {
	out := map[string]*entityType{}
	var current *entityType
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 3 && words[0] == "type" {
			current = &entityType{name: words[1], table: strings.TrimPrefix(words[2], "-")}
			out[current.name] = current
			continue
		}
		for _, word := range words {
			current.props = append(current.props, parseProperty(word))
		}
	}
	for _, t := range out {
		t.link(out)
	}
	return out
}

// link marks complex properties whose type is not described here as opaque and builds the index.
func (t *entityType) link(all map[string]*entityType) {
	t.byName = make(map[string]*property, len(t.props))
	for i := range t.props {
		p := &t.props[i]
		if (p.kind == kindPart || p.kind == kindList) && all[p.of] == nil {
			p.isList = p.kind == kindList
			p.kind = kindOpaque
		}
		t.byName[strings.ToLower(p.name)] = p
	}
}

func parseProperty(word string) property {
	name, code, _ := strings.Cut(word, ":")
	code, readOnly := strings.CutSuffix(code, "!")
	p := property{name: name, readOnly: readOnly}
	switch {
	case strings.HasPrefix(code, "[]"):
		p.kind, p.of = kindList, code[2:]
	case strings.HasPrefix(code, "c="):
		p.kind, p.of = kindPart, code[2:]
	case strings.HasPrefix(code, "e="):
		p.kind, p.of = kindEnum, code[2:]
	case code == "y":
		p.kind, p.of = kindEnum, "BoYesNoEnum"
	case code == "i":
		p.kind = kindInteger
	case code == "n":
		p.kind = kindNumber
	case code == "d":
		p.kind = kindDate
	case code == "t":
		p.kind = kindTime
	default:
		p.max, _ = strconv.Atoi(strings.TrimPrefix(code, "s"))
	}
	return p
}

// enumerations maps each known enumeration to its members: name, then database value. Both are accepted on input,
// names are answered (Service Layer manual 3.5.1). An enumeration that is not listed takes any text.
var enumerations = map[string][][2]string{
	"BoYesNoEnum":         {{"tNO", "N"}, {"tYES", "Y"}},
	"BoDocumentTypes":     {{"dDocument_Items", "I"}, {"dDocument_Service", "S"}},
	"BoStatus":            {{"bost_Open", "O"}, {"bost_Close", "C"}, {"bost_Paid", "P"}, {"bost_Delivered", "D"}},
	"BoCardTypes":         {{"cCustomer", "C"}, {"cSupplier", "S"}, {"cLid", "L"}},
	"BoAddressType":       {{"bo_ShipTo", "S"}, {"bo_BillTo", "B"}},
	"DownPaymentTypeEnum": {{"dptRequest", "N"}, {"dptInvoice", "Y"}},
	"CancelStatusEnum":    {{"csYes", "Y"}, {"csNo", "N"}, {"csCancellation", "C"}},
	"BoItemTreeTypes": {
		{"iNotATree", "N"}, {"iAssemblyTree", "A"}, {"iSalesTree", "S"}, {"iProductionTree", "P"},
		{"iTemplateTree", "T"}, {"iIngredient", "I"},
	},
	"BoFieldTypes": {
		{"db_Alpha", "A"}, {"db_Memo", "M"}, {"db_Numeric", "N"}, {"db_Date", "D"}, {"db_Float", "B"},
	},
	"DocumentAuthorizationStatusEnum": {
		{"dasWithout", "-"}, {"dasPending", "W"}, {"dasApproved", "Y"}, {"dasRejected", "N"}, {"dasGenerated", "P"},
		{"dasGeneratedbyAuthorizer", "A"}, {"dasCancelled", "C"},
	},
}

// memberName returns the name of an enumeration member given by name or value.
func memberName(enum, text string) (string, bool) {
	members, known := enumerations[enum]
	if !known {
		if enum == "BoObjectTypes" && text == orderObjectCode {
			return orderObjectName, true
		}
		return text, true
	}
	for _, member := range members {
		if text == member[0] || text == member[1] {
			return member[0], true
		}
	}
	return "", false
}

// The object type of sales orders, by number and by name.
const (
	orderObjectCode = "17"
	orderObjectName = "oOrders"
)
