package gate

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datawald/tools/mongod/lookup"
)

const (
	// maxIDs is the longest list of _ids that the gate looks up one by one.
	maxIDs = 1000
	// maxFound bounds the documents of the reply, 16 MB as MongoDB's own batches.
	maxFound = 16 << 20
)

// plainFind names the parts of a find command that change nothing about which documents it gives, or in what order.
var plainFind = append([]string{"find", "filter", "projection"}, harmless...)

// ids returns the _ids that a find command lists, without repetition and in their order, when it asks for nothing but
// these documents: {_id: {$in: [...]}}. FerretDB answers that by decoding the whole collection.
func (c *command) ids() (ids []bson.RawValue, ok bool) {
	if c.name != "find" || !c.consistsOf(plainFind) {
		return nil, false
	}
	list, ok := member(member(c.body.Lookup("filter"), "_id"), "$in").ArrayOK()
	if !ok {
		return nil, false
	}
	values, err := list.Values()
	if err != nil || len(values) > maxIDs || slices.ContainsFunc(values, func(v bson.RawValue) bool { return !lookedUpByIndex(v) }) {
		return nil, false
	}
	slices.SortFunc(values, lookup.CompareIDs)
	return slices.CompactFunc(values, bson.RawValue.Equal), true
}

// member is only for a value that may be a document.
func member(value bson.RawValue, name string) bson.RawValue {
	raw, ok := value.DocumentOK()
	if !ok {
		return bson.RawValue{}
	}
	return only(raw, name)
}

// only returns the value of the one member of a document; nothing when the document has others.
func only(document bson.Raw, name string) bson.RawValue {
	members, err := document.Elements()
	if err != nil || len(members) != 1 || members[0].Key() != name {
		return bson.RawValue{}
	}
	return members[0].Value()
}

// findEach looks the documents up one by one and answers with all of them. Where that cannot be done, FerretDB answers
// the request as it is.
func (r *relay) findEach(c *command, ids []bson.RawValue, request message) (message, error) {
	found, size := bson.A{}, 0
	for _, id := range ids {
		one := replace(c.body, "filter", bson.D{{Key: "_id", Value: id}})
		reply, err := r.exchange(newRequest(request.requestID(), append([]byte{0}, one...)))
		if err != nil {
			return nil, err
		}
		body, err := bodyOf(reply)
		if err != nil || !succeeded(body) {
			return reply, err
		}
		for _, doc := range documents(body.Lookup("cursor", "firstBatch")) {
			found, size = append(found, doc), size+len(doc)
		}
		if size > maxFound {
			return r.exchange(request)
		}
	}
	body, err := bson.Marshal(bson.D{
		{Key: "cursor", Value: bson.D{{Key: "firstBatch", Value: found}, {Key: "id", Value: int64(0)}, {Key: "ns", Value: c.database + "." + c.collection}}},
		{Key: "ok", Value: 1.0},
	})
	if err != nil {
		return nil, err
	}
	return newReply(request.requestID(), body), nil
}
