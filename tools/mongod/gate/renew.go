package gate

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datawald/tools/mongod/repair"
)

// RenewAll makes the indexes of these databases anew that answer nothing as they are, one at a time: between two of them a writer that
// waits has its turn, and readers never wait. One that cannot be made is logged and left as it is. It returns early when ctx is done.
func (g *Gate) RenewAll(ctx context.Context, databases []string) {
	for _, database := range databases {
		tried := map[repair.Index]bool{}
		for g.renewInTurn(ctx, database, tried) {
		}
	}
}

// renewInTurn makes one more index anew and reports whether there may be others.
func (g *Gate) renewInTurn(ctx context.Context, database string, tried map[repair.Index]bool) (more bool) {
	turn := g.turns.of(database)
	if turn.lock(ctx) != nil {
		return false
	}
	defer turn.Unlock()
	index := g.renew(ctx, database, func(i repair.Index) bool { return !tried[i] })
	tried[index] = true
	return index != repair.Index{}
}

// renew makes the first index anew that is wanted and gives its name, the zero Index for none. The caller holds the turn.
func (g *Gate) renew(ctx context.Context, database string, wanted func(repair.Index) bool) repair.Index {
	defer g.forget(database)
	index, err := g.Renew(ctx, database, wanted)
	if err != nil && ctx.Err() == nil {
		g.Logger.Error("cannot make an index anew; questions by this index stay slow until the next start at least",
			"database", database, "collection", index.Collection, "index", index.Name, "error", err)
	}
	return index
}

// renewMade lets an index that was made by this command answer questions before the command is answered. One that was there is left as it
// is, so that a client that names its indexes at each start does not wait for those of an earlier release. Where the relay is cut off before it is made, the next
// start makes it.
func (r *relay) renewMade(c *command, spec, reply bson.Raw) {
	before, _ := reply.Lookup("numIndexesBefore").AsInt64OK()
	after, _ := reply.Lookup("numIndexesAfter").AsInt64OK()
	name, ok := spec.Lookup("name").StringValueOK()
	if r.gate.Renew == nil || !ok || before == after {
		return
	}
	made := repair.Index{Collection: c.collection, Name: name}
	r.gate.renew(r.ctx, c.database, func(i repair.Index) bool { return i == made })
}
