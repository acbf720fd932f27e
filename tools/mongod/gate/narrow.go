package gate

import (
	"go.mongodb.org/mongo-driver/v2/bson"
)

// noDocument is an _id that no document has. A write that must not match is sent with it, so that the reply is
// FerretDB's own reply for no match.
const noDocument = "datawald: no document has this _id; 8b7f0f0c-6a4e-4f5e-9d53-0c2f4d1b7a11"

// matcher says whether the document with the given _id matches the rest of a filter.
type matcher func(id bson.RawValue, rest bson.Raw) (bool, error)

// narrow returns the statement with the filter under key reduced to _id alone, where it has _id and more, or the
// statement as it was where that cannot be done with certainty. The caller keeps other writers out until the statement
// was carried out.
func narrow(statement bson.Raw, key string, matches matcher) bson.Raw {
	filter, ok := statement.Lookup(key).DocumentOK()
	if !ok || upserts(statement) {
		return statement // an upsert that matches nothing builds its document from the whole filter
	}

	id, rest, ok := split(filter)
	if !ok {
		return statement
	}
	matched, err := matches(id, rest)
	if err != nil {
		return statement // let FerretDB say what is wrong with the filter
	}

	narrowed := bson.D{{Key: "_id", Value: noDocument}}
	if matched {
		narrowed[0].Value = id
	}
	return replace(statement, key, narrowed)
}

func upserts(statement bson.Raw) bool {
	upsert, ok := statement.Lookup("upsert").BooleanOK()
	return ok && upsert
}

// split parts a filter into its _id and the rest. It fails where there is nothing to gain: no _id that FerretDB looks up
// by index, or nothing beside it.
func split(filter bson.Raw) (id bson.RawValue, rest bson.Raw, ok bool) {
	elements, err := filter.Elements()
	if err != nil || len(elements) < 2 {
		return id, nil, false
	}

	others := bson.D{}
	found := 0
	for _, e := range elements {
		if e.Key() == "_id" {
			id = e.Value()
			found++
			continue
		}
		others = append(others, bson.E{Key: e.Key(), Value: e.Value()})
	}
	if found != 1 || !lookedUpByIndex(id) {
		return id, nil, false
	}

	rest, err = bson.Marshal(others)
	return id, rest, err == nil
}

// lookedUpByIndex says whether FerretDB turns a filter on this _id into an SQL condition. It does so for two types.
func lookedUpByIndex(id bson.RawValue) bool {
	return id.Type == bson.TypeString || id.Type == bson.TypeObjectID
}

// replace returns the document with another value under key, all else and the order unchanged.
func replace(doc bson.Raw, key string, value any) bson.Raw {
	elements, err := doc.Elements()
	if err != nil {
		return doc
	}

	out := make(bson.D, 0, len(elements))
	for _, e := range elements {
		if e.Key() == key {
			out = append(out, bson.E{Key: key, Value: value})
			continue
		}
		out = append(out, bson.E{Key: e.Key(), Value: e.Value()})
	}
	raw, err := bson.Marshal(out)
	if err != nil {
		return doc
	}
	return raw
}
