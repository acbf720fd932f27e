package lookup

import (
	"bytes"
	"context"
	"database/sql"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datawald/tools/mongod/sjson"
)

// Find is a question for documents.
type Find struct {
	Filter, Projection, Sort bson.Raw
	// Limit is how many documents are wanted at most; 0 for all.
	Skip, Limit int64
	// MaxSize is how many bytes of documents may be given; with more the question is FerretDB's.
	MaxSize int
}

// Find gives the documents of a collection in the order that was asked for; of those that are sorted by _id alone, in that order.
func (r *Reader) Find(ctx context.Context, name, collection string, f Find) (found []bson.Raw, err error) {
	filter, sort, projection, err := f.parse()
	if err != nil {
		return nil, err
	}
	err = r.ask(ctx, name, collection, func(d *database, t *table) error {
		p, ok := t.choose(filter, sort, nil, f.Limit > 0)
		if !ok {
			return ErrPass
		}
		return d.use(ctx, p, func(ctx context.Context, db *sql.DB) error {
			found, err = f.read(ctx, db, p, projection)
			return err
		})
	})
	return found, err
}

func (f Find) parse() (filter all, sort *order, projection sjson.Projection, err error) {
	filter, ok := all(nil), true
	if f.Filter != nil {
		filter, ok = parseFilter(f.Filter)
	}
	if ok && f.Projection != nil {
		projection, ok = sjson.ParseProjection(f.Projection)
	}
	if ok && f.Sort != nil {
		sort, ok = parseSort(f.Sort)
	}
	if !ok || f.Skip < 0 || f.Limit < 0 {
		err = ErrPass
	}
	return filter, sort, projection, err
}

// parseSort reads an order by one field, by one field and _id in the same direction, or by _id.
func parseSort(raw bson.Raw) (o *order, ok bool) {
	elements, err := raw.Elements()
	if err != nil || len(elements) > 2 {
		return nil, false
	}
	if len(elements) == 0 {
		return nil, true
	}
	o = &order{}
	for n, e := range elements {
		direction, ok := whole(e.Value())
		field, simple := sjson.ParseField(e.Key())
		if !ok || !simple || len(field) > 1 || direction != 1 && direction != -1 {
			return nil, false
		}
		if n == 0 {
			o.descending, o.byID = direction < 0, field.IsID()
			if !o.byID {
				o.field = field
			}
			continue
		}
		if o.byID || !field.IsID() || o.descending != (direction < 0) {
			return nil, false
		}
		o.byID = true
	}
	return o, true
}

// whole is a number that is whole: MongoDB takes 1, 1.0 and NumberLong(1) for a direction, and refuses 1.5.
func whole(value bson.RawValue) (n int64, ok bool) {
	switch value.Type {
	case bson.TypeInt32, bson.TypeInt64:
		return value.AsInt64OK()
	case bson.TypeDouble:
		f := value.Double()
		return int64(f), f == 1 || f == -1
	}
	return 0, false
}

// read carries the plan out, in one view of the database.
func (f Find) read(ctx context.Context, db *sql.DB, p plan, projection sjson.Projection) ([]bson.Raw, error) {
	q := &query{plan: p}
	value := "NULL"
	if p.sort.byField() {
		value = p.sort.field.Value()
	}
	text := "SELECT " + q.doubtful() + ", " + value + ", " + sjson.Column + p.source() + q.where() + q.orderBy()
	c := collected{find: f, plan: p, projection: projection}
	if n := c.wanted(); n > 0 && !c.byID() {
		text += " LIMIT " + q.arg(n)
	}
	err := p.view(ctx, db, func(tx querier) error {
		rows, err := tx.QueryContext(ctx, text, q.args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() && !c.full {
			if err := c.add(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	return c.documents()
}

// querier is a transaction, or a database where one statement says all.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// view lets f read after the plan was checked, in the same view of the database.
func (p plan) view(ctx context.Context, db *sql.DB, f func(querier) error) error {
	if len(p.seeks) == 0 && !p.sort.byField() {
		return f(db)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // it has only read
	if err := p.check(ctx, tx); err != nil {
		return err
	}
	return f(tx)
}

// byID reports whether the documents are found by their _ids.
func (p plan) byID() bool { return p.index == sjson.IDIndexPrefix+p.table }

// collected are the documents read so far.
type collected struct {
	find       Find
	plan       plan
	projection sjson.Projection

	rows []row
	size int
	full bool
}

// row is a document that was read. Its _id is known where the order asks for it.
type row struct {
	value any
	id    bson.RawValue
	doc   bson.Raw
}

// wanted is how many documents have to be read, 0 for all.
func (c *collected) wanted() int64 {
	if c.find.Limit == 0 {
		return 0
	}
	return c.find.Skip + c.find.Limit
}

func (c *collected) byID() bool { return c.plan.byID() || c.plan.sort != nil && c.plan.sort.byID }

func (c *collected) add(rows *sql.Rows) error {
	var doubt bool
	var next row
	var text sql.RawBytes
	if err := rows.Scan(&doubt, &next.value, &text); err != nil {
		return err
	}
	if doubt {
		return ErrPass
	}
	// where _id decides among equals, all of these are read
	if n := c.wanted(); n > 0 && int64(len(c.rows)) >= n && c.plan.sort.byField() && !equalValues(c.rows[len(c.rows)-1].value, next.value) {
		c.full = true
		return nil
	}
	var err error
	if next.doc, err = sjson.Decode(text, c.projection); err != nil {
		return err
	}
	if c.byID() {
		if next.id, err = idOf(text, next.doc); err != nil {
			return err
		}
	}
	c.rows = append(c.rows, next)
	if c.size += len(next.doc); c.size > c.find.MaxSize {
		return ErrPass
	}
	return nil
}

// idOf gives the _id of a document, which the projection may have left out. Only strings and ObjectIDs are put in order here.
func idOf(text []byte, doc bson.Raw) (bson.RawValue, error) {
	id := doc.Lookup("_id")
	if id.IsZero() {
		whole, err := sjson.Decode(text, sjson.OnlyID)
		if err != nil {
			return id, err
		}
		id = whole.Lookup("_id")
	}
	if id.Type != bson.TypeString && id.Type != bson.TypeObjectID {
		return id, ErrPass
	}
	return id, nil
}

func equalValues(a, b any) bool { return compareValues(a, b) == 0 }

// documents gives what was asked for of the documents that were read.
func (c *collected) documents() ([]bson.Raw, error) {
	if c.byID() {
		slices.SortStableFunc(c.rows, c.compare)
	}
	rows := c.rows[min(int64(len(c.rows)), c.find.Skip):]
	if c.find.Limit > 0 {
		rows = rows[:min(int64(len(rows)), c.find.Limit)]
	}
	docs := make([]bson.Raw, len(rows))
	for n, r := range rows {
		docs[n] = r.doc
	}
	return docs, nil
}

func (c *collected) compare(a, b row) int {
	if c.plan.sort == nil {
		return CompareIDs(a.id, b.id)
	}
	result := compareValues(a.value, b.value)
	if result == 0 {
		result = CompareIDs(a.id, b.id)
	}
	if c.plan.sort.descending {
		return -result
	}
	return result
}

// CompareIDs orders as MongoDB's index does: strings before ObjectIDs, each by their bytes.
func CompareIDs(a, b bson.RawValue) int {
	if a.Type != b.Type {
		return int(a.Type) - int(b.Type)
	}
	if a.Type == bson.TypeString {
		return bytes.Compare([]byte(a.StringValue()), []byte(b.StringValue()))
	}
	return bytes.Compare(a.Value, b.Value)
}
