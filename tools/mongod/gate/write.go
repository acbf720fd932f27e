package gate

import (
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// write carries out a writing command while no other writer is in the same database.
func (r *relay) write(c *command, request message) (message, error) {
	turn := r.gate.turns.of(c.database)
	turn.Lock()
	defer turn.Unlock()

	reply, err := r.carryOut(c, request)
	if err != nil {
		return nil, err
	}
	r.gate.wrote(turn, c)
	return reply, nil
}

// carryOut sends the command in the form in which FerretDB does it well.
func (r *relay) carryOut(c *command, request message) (message, error) {
	switch c.name {
	case "findAndModify":
		narrowed := *c
		narrowed.body = narrow(c.body, "query", r.matcher(c))
		return r.exchange(narrowed.encode(request.requestID()))
	case "createIndexes":
		return r.carryOutIndexes(c, request)
	case "dropDatabase":
		return r.dropDatabase(c, request)
	}

	statements := c.statements()
	switch len(statements) {
	case 0:
		return r.exchange(request)
	case 1:
		return r.carryOutOne(c, statements[0], request.requestID())
	default:
		return r.carryOutEach(c, statements, request.requestID())
	}
}

func (r *relay) carryOutOne(c *command, statement bson.Raw, requestID uint32) (message, error) {
	narrowed := narrow(statement, "q", r.matcher(c))
	return r.exchange(c.with(narrowed).encode(requestID))
}

// carryOutEach sends one statement at a time and adds the replies up. FerretDB would keep a connection to SQLite open
// for each statement of a command, and a command of more statements than there are connections would wait for itself
// for ever.
func (r *relay) carryOutEach(c *command, statements []bson.Raw, requestID uint32) (message, error) {
	var total tally
	for i, s := range statements {
		reply, err := r.carryOutOne(c, s, requestID)
		if err != nil {
			return nil, err
		}
		body, err := bodyOf(reply)
		if err != nil {
			return nil, err
		}
		if !total.add(i, body) && c.ordered() {
			break
		}
	}

	body, err := total.reply(c)
	if err != nil {
		return nil, err
	}
	return newReply(requestID, body), nil
}

// dropDatabase removes a file that the reader must not have open.
func (r *relay) dropDatabase(c *command, request message) (reply message, err error) {
	drop := func() { reply, err = r.exchange(request) }
	if r.gate.Reader == nil {
		drop()
	} else {
		r.gate.Reader.Without(c.database, drop)
	}
	return reply, err
}

// matcher asks whether a document matches: the reader, where it understands the filter, or else FerretDB itself. It takes an
// aggregation to do so: its first stage is looked up by index, its second is applied to that one document.
func (r *relay) matcher(c *command) matcher {
	return func(id bson.RawValue, rest bson.Raw) (bool, error) {
		if matched, ok := r.matches(c, id, rest); ok {
			return matched, nil
		}
		question, err := bson.Marshal(bson.D{
			{Key: "aggregate", Value: c.collection},
			{Key: "pipeline", Value: bson.A{
				bson.D{{Key: "$match", Value: bson.D{{Key: "_id", Value: id}}}},
				bson.D{{Key: "$match", Value: rest}},
				bson.D{{Key: "$project", Value: bson.D{{Key: "_id", Value: 1}}}},
			}},
			{Key: "cursor", Value: bson.D{}},
			{Key: "$db", Value: c.database},
		})
		if err != nil {
			return false, err
		}

		reply, err := r.exchange(newRequest(0, append([]byte{0}, question...)))
		if err != nil {
			return false, err
		}
		body, err := bodyOf(reply)
		if err != nil {
			return false, err
		}
		return foundOne(body)
	}
}

// matches asks the reader; ok is false when only FerretDB knows. The writer has the turn, and gets its answer though its client may have
// gone meanwhile.
func (r *relay) matches(c *command, id bson.RawValue, rest bson.Raw) (matched, ok bool) {
	if r.gate.Reader == nil {
		return false, false
	}
	err := safely(func() (err error) {
		matched, err = r.gate.Reader.Matches(r.ctx, c.database, c.collection, id, rest)
		return err
	})
	if err != nil && r.ctx.Err() == nil {
		r.gate.failed(c, err)
	}
	return matched, err == nil
}

var errNotAnswered = errors.New("the store did not answer the question")

// foundOne reads the reply to the matcher's question.
func foundOne(body bson.Raw) (bool, error) {
	batch := body.Lookup("cursor", "firstBatch")
	if _, ok := batch.ArrayOK(); !ok {
		return false, errNotAnswered
	}
	return len(documents(batch)) > 0, nil
}

// bodyOf returns the document that a reply carries.
func bodyOf(reply message) (bson.Raw, error) {
	if !reply.isCommand() {
		return nil, errMalformed
	}
	c, err := parse(reply)
	if err != nil {
		return nil, err
	}
	return c.body, nil
}
