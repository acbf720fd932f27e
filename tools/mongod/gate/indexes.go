package gate

import (
	"go.mongodb.org/mongo-driver/v2/bson"
)

// carryOutIndexes makes one index at a time. FerretDB loses its place in a list of which some exist already, as a list
// sent at every start does from the second start on, and ends the connection.
func (r *relay) carryOutIndexes(c *command, request message) (message, error) {
	specs := documents(c.body.Lookup("indexes"))
	if len(specs) == 0 {
		return r.exchange(request)
	}

	var first, last bson.Raw
	for _, spec := range specs {
		single := *c
		single.body = replace(c.body, "indexes", bson.A{spec})
		reply, err := r.exchange(single.encode(request.requestID()))
		if err != nil {
			return nil, err
		}
		if last, err = bodyOf(reply); err != nil {
			return nil, err
		}
		if !succeeded(last) {
			return reply, nil // as MongoDB does, one index that cannot be made fails the command
		}
		if r.renewMade(c, spec, last); len(specs) == 1 {
			return reply, nil
		}
		if first == nil {
			first = last
		}
	}

	body, err := indexesReply(first, last)
	if err != nil {
		return nil, err
	}
	return newReply(request.requestID(), body), nil
}

// indexesReply makes the reply to the whole command of the replies to its first and its last index.
func indexesReply(first, last bson.Raw) (bson.Raw, error) {
	created, _ := first.Lookup("createdCollectionAutomatically").BooleanOK()
	return bson.Marshal(bson.D{
		{Key: "numIndexesBefore", Value: first.Lookup("numIndexesBefore")},
		{Key: "numIndexesAfter", Value: last.Lookup("numIndexesAfter")},
		{Key: "createdCollectionAutomatically", Value: created},
		{Key: "ok", Value: 1.0},
	})
}

// succeeded says whether a reply is not a command error.
func succeeded(reply bson.Raw) bool {
	ok, _ := reply.Lookup("ok").AsInt64OK()
	return ok == 1
}
