package sjson

import (
	"regexp"
	"strings"
)

// Column is the column of FerretDB's tables that holds a document.
const Column = "_ferretdb_sjson"

// ID must be, to the letter, the expression in FerretDB's own statements by _id: SQLite uses an index on an expression only
// where it finds the same expression again. Its value is JSON text.
const ID = Column + "->'$._id'"

// The names of types in a schema, as far as filters need them.
const (
	Array    = "array"
	Bool     = "bool"
	Date     = "date"
	Double   = "double"
	Int      = "int"
	Long     = "long"
	Null     = "null"
	ObjectID = "objectId"
	String   = "string"
)

// simpleName is a field name that needs no escaping in SQL or in a path. A number could mean a place in an array.
var simpleName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Field is a field of a document, named by its path.
type Field []string

// ParseField takes a dotted path apart. ok is false for one that has no certain SQL expression.
func ParseField(path string) (f Field, ok bool) {
	f = strings.Split(path, ".")
	for _, name := range f {
		if !simpleName.MatchString(name) {
			return nil, false
		}
	}
	return f, true
}

func (f Field) String() string { return strings.Join(f, ".") }

// Type is the SQL expression for the name of the field's type, NULL where the field is missing.
func (f Field) Type() string {
	return Column + `->>'$."$s".p."` + strings.Join(f, `"."$s".p."`) + `".t'`
}

// Value is the SQL expression for the field's value: TEXT for strings and ObjectIDs (hexadecimal), INTEGER for whole numbers,
// dates (milliseconds) and booleans (0 and 1). It means something only together with Type.
func (f Field) Value() string { return Column + `->>'$."` + strings.Join(f, `"."`) + `"'` }

// Parents are the fields that the field lies in. Where one of them is an array, neither Type nor Value says anything.
func (f Field) Parents() []Field {
	parents := make([]Field, 0, len(f)-1)
	for n := 1; n < len(f); n++ {
		parents = append(parents, f[:n])
	}
	return parents
}

// IsID reports whether the field is _id.
func (f Field) IsID() bool { return len(f) == 1 && f[0] == "_id" }
