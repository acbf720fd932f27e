// Package lookup answers questions about documents from FerretDB's SQLite files by index. FerretDB 1.24 looks up nothing but a
// single _id: for any other question it decodes the whole collection.
//
// It answers only what it understands as a whole, and exactly as FerretDB would: filters of comparisons with strings, dates,
// whole numbers, booleans and ObjectIDs, of $in, $exists, $and and $or. Each comparison asks for the type as well as for the value.
// Where a document is met of which SQL does not know whether it matches - an array matches by its members - the question is
// FerretDB's after all: [ErrPass]. Any other error means that as well.
//
// FerretDB has committed when it replies, and all connections read the file as it was last committed, so that a client reads
// what it has written.
package lookup
