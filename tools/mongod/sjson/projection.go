package sjson

import (
	"bytes"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Projection says which fields of a document are wanted. The zero value keeps all.
type Projection struct {
	// names are the fields that are kept, or left out; _id is not among them.
	names   []string
	include bool
	noID    bool
}

// ParseProjection reads a projection of whole fields. ok is false for any other, and for one that FerretDB refuses.
func ParseProjection(raw bson.Raw) (p Projection, ok bool) {
	elements, err := raw.Elements()
	if err != nil {
		return p, false
	}
	for n, e := range elements {
		keep, ok := wanted(e.Value())
		if !ok || !simpleName.MatchString(e.Key()) || slices.ContainsFunc(elements[:n], func(other bson.RawElement) bool { return other.Key() == e.Key() }) {
			return p, false
		}
		if e.Key() == "_id" {
			p.noID = !keep
			continue
		}
		if len(p.names) > 0 && p.include != keep {
			return p, false
		}
		p.names, p.include = append(p.names, e.Key()), keep
	}
	if len(p.names) == 0 && len(elements) > 0 { // _id alone
		p.include = !p.noID
	}
	return p, true
}

// wanted reads 1, 0, true or false.
func wanted(v bson.RawValue) (keep, ok bool) {
	switch v.Type {
	case bson.TypeBoolean:
		return v.Boolean(), true
	case bson.TypeInt32:
		return v.Int32() != 0, true
	case bson.TypeInt64:
		return v.Int64() != 0, true
	default:
		return false, false
	}
}

func (p Projection) keeps(name string) bool {
	if name == "_id" {
		return !p.noID
	}
	return slices.Contains(p.names, name) == p.include
}

// document puts elements together: _id is the first, all others stand as they did.
func (p Projection) document(elements [][]byte) bson.Raw {
	size := 5
	for _, e := range elements {
		size += len(e)
	}
	if !p.everything() {
		slices.SortStableFunc(elements, func(a, b []byte) int { return place(a) - place(b) })
	}

	to := append(make([]byte, 0, size), 0, 0, 0, 0)
	for _, e := range elements {
		to = append(to, e...)
	}
	return closeDocument(to, 0)
}

func (p Projection) everything() bool { return len(p.names) == 0 && !p.include && !p.noID }

// place is 0 for _id and 1 for all others. An element begins with its type, then comes its name.
func place(element []byte) int {
	if bytes.HasPrefix(element[1:], []byte("_id\x00")) {
		return 0
	}
	return 1
}

// OnlyID keeps nothing but _id.
var OnlyID = Projection{include: true}
