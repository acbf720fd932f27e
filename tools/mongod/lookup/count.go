package lookup

import (
	"context"
	"database/sql"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datawald/tools/mongod/sjson"
)

// Count is how many documents of a collection match.
func (r *Reader) Count(ctx context.Context, name, collection string, filter bson.Raw) (n int64, err error) {
	err = r.summary(ctx, name, collection, filter, nil, func(rows *sql.Rows, doubt *bool) error {
		return rows.Scan(doubt, &n)
	})
	return n, err
}

// Matches reports whether the document with this _id matches the rest of a filter.
func (r *Reader) Matches(ctx context.Context, name, collection string, id bson.RawValue, rest bson.Raw) (bool, error) {
	filter, err := bson.Marshal(bson.D{{Key: "$and", Value: bson.A{bson.D{{Key: "_id", Value: id}}, rest}}})
	if err != nil {
		return false, err
	}
	n, err := r.Count(ctx, name, collection, filter)
	return n > 0, err
}

// Group is the number of documents that have a string in a field.
type Group struct {
	Value string
	Count int64
}

// maxGroups is the most groups that are given: more are a long answer, which FerretDB gives in parts.
const maxGroups = 10_000

// Groups counts the documents that match by the strings in a field. With a document that has none, and with more than 10,000 strings,
// the question is FerretDB's.
func (r *Reader) Groups(ctx context.Context, name, collection string, filter bson.Raw, path string) (groups []Group, err error) {
	field, ok := sjson.ParseField(path)
	if !ok {
		return nil, ErrPass
	}
	err = r.summary(ctx, name, collection, filter, field, func(rows *sql.Rows, doubt *bool) error {
		var kind sql.NullString
		var value any
		var g Group
		if err := rows.Scan(doubt, &g.Count, &kind, &value); err != nil {
			return err
		}
		if g.Value, ok = value.(string); !ok || kind.String != sjson.String {
			return ErrPass
		}
		if len(groups) == maxGroups {
			return ErrPass
		}
		groups = append(groups, g)
		return nil
	})
	return groups, err
}

// summary counts the documents that match, by the values of a field where there is one. Each row has a doubt and a count first.
func (r *Reader) summary(ctx context.Context, name, collection string, filter bson.Raw, by sjson.Field, give func(rows *sql.Rows, doubt *bool) error) error {
	conditions, ok := all(nil), true
	if filter != nil {
		conditions, ok = parseFilter(filter)
	}
	if !ok {
		return ErrPass
	}
	return r.ask(ctx, name, collection, func(d *database, t *table) error {
		p, ok := t.choose(conditions, nil, by, false)
		if !ok {
			return ErrPass
		}
		q := &query{plan: p}
		text := q.summary(by)
		return d.use(ctx, p, func(ctx context.Context, db *sql.DB) error {
			return p.view(ctx, db, func(tx querier) error { return eachCertain(ctx, tx, text, q.args, give) })
		})
	})
}

// summary is the statement that counts: a doubt and a number, for each type and value of a field where there is one.
func (q *query) summary(by sjson.Field) string {
	if by == nil {
		return "SELECT coalesce(max(" + q.doubtful() + "), 0), count(*)" + q.source() + q.where()
	}
	// SQLite takes values from the index in a selection, but not in a GROUP BY; the limit keeps it from making one of both
	return "SELECT max(doubt), count(*), kind, value FROM (SELECT " + q.doubtful() + " AS doubt, " + by.Type() + " AS kind, " +
		by.Value() + " AS value" + q.source() + q.where() + " LIMIT -1) GROUP BY kind, value"
}

// eachCertain gives each row, until one is doubtful.
func eachCertain(ctx context.Context, tx querier, text string, args []any, give func(rows *sql.Rows, doubt *bool) error) error {
	rows, err := tx.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var doubt bool
		if err := give(rows, &doubt); err != nil {
			return err
		}
		if doubt {
			return ErrPass
		}
	}
	return rows.Err()
}
