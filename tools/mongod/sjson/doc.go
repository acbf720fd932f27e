// Package sjson knows how FerretDB 1.24 keeps documents in SQLite: as JSON text in which a schema goes before the values.
//
//	{"$s":{"p":{"_id":{"t":"string"},"n":{"t":"int"}},"$k":["_id","n"]},"_id":"a","n":1}
//
// It makes BSON of that text in one pass, where FerretDB takes one for each level of nesting, and names the SQL expressions
// for the type and the value of a field. What it does not know it refuses with an error: FerretDB then answers itself.
package sjson
