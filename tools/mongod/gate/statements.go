package gate

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// statementLists names the list of statements of the commands that may carry more than one.
var statementLists = map[string]string{"update": "updates", "delete": "deletes"}

// statements returns the statements of an update or delete command. Some drivers send them beside the body, some in it.
func (c *command) statements() []bson.Raw {
	name := statementLists[c.name]
	if at := slices.IndexFunc(c.lists, func(l list) bool { return l.name == name }); at >= 0 {
		return c.lists[at].docs
	}

	array, ok := c.body.Lookup(name).ArrayOK()
	if !ok {
		return nil
	}
	values, err := array.Values()
	if err != nil {
		return nil
	}
	docs := make([]bson.Raw, 0, len(values))
	for _, v := range values {
		doc, ok := v.DocumentOK()
		if !ok {
			return nil
		}
		docs = append(docs, doc)
	}
	return docs
}

// with returns the command with this one statement.
func (c *command) with(statement bson.Raw) *command {
	out := *c
	name := statementLists[c.name]
	out.lists = []list{{name: name, docs: []bson.Raw{statement}}}
	out.body = without(c.body, name)
	return &out
}

// without returns the document without a key.
func without(doc bson.Raw, key string) bson.Raw {
	if _, err := doc.LookupErr(key); err != nil {
		return doc
	}

	elements, err := doc.Elements()
	if err != nil {
		return doc
	}
	out := make(bson.D, 0, len(elements))
	for _, e := range elements {
		if e.Key() != key {
			out = append(out, bson.E{Key: e.Key(), Value: e.Value()})
		}
	}
	raw, err := bson.Marshal(out)
	if err != nil {
		return doc
	}
	return raw
}

// ordered says whether the first failed statement ends the command.
func (c *command) ordered() bool {
	ordered, ok := c.body.Lookup("ordered").BooleanOK()
	return !ok || ordered
}

// tally adds the replies to single statements up to the reply to the whole command.
type tally struct {
	n, modified int64
	upserted    bson.A
	failed      bson.A
}

// add counts the reply to the statement at index in. It returns false when that statement failed.
func (t *tally) add(index int, reply bson.Raw) bool {
	n, _ := reply.Lookup("n").AsInt64OK()
	modified, _ := reply.Lookup("nModified").AsInt64OK()
	t.n += n
	t.modified += modified

	for _, doc := range documents(reply.Lookup("upserted")) {
		t.upserted = append(t.upserted, bson.D{{Key: "index", Value: int32(index)}, {Key: "_id", Value: doc.Lookup("_id")}})
	}

	problems := documents(reply.Lookup("writeErrors"))
	if !succeeded(reply) {
		problems = append(problems, reply) // the statement failed as a command: code and errmsg are in the reply itself
	}
	for _, p := range problems {
		t.failed = append(t.failed, bson.D{
			{Key: "index", Value: int32(index)},
			{Key: "code", Value: p.Lookup("code")},
			{Key: "errmsg", Value: p.Lookup("errmsg")},
		})
	}
	return len(problems) == 0
}

// reply is what a client gets for the whole command.
func (t *tally) reply(c *command) (bson.Raw, error) {
	out := bson.D{{Key: "n", Value: int32(t.n)}}
	if c.name == "update" {
		out = append(out, bson.E{Key: "nModified", Value: int32(t.modified)})
	}
	if len(t.upserted) > 0 {
		out = append(out, bson.E{Key: "upserted", Value: t.upserted})
	}
	if len(t.failed) > 0 {
		out = append(out, bson.E{Key: "writeErrors", Value: t.failed})
	}
	return bson.Marshal(append(out, bson.E{Key: "ok", Value: 1.0}))
}

// documents returns the documents in an array, none for anything else.
func documents(array bson.RawValue) []bson.Raw {
	raw, ok := array.ArrayOK()
	if !ok {
		return nil
	}
	values, err := raw.Values()
	if err != nil {
		return nil
	}

	var docs []bson.Raw
	for _, v := range values {
		if doc, ok := v.DocumentOK(); ok {
			docs = append(docs, doc)
		}
	}
	return docs
}
