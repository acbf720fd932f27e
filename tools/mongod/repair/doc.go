// Package repair puts right, in the SQLite files of the embedded store, what FerretDB leaves wrong in them.
//
// Three things are wrong. FerretDB indexes _id with one SQL expression and looks it up with another that means the same,
// which SQLite does not see, so each look-up, update and delete by _id reads the whole collection: [IDIndexes] adds the
// index that its statements can use. The indexes that clients ask for it makes of JSON text and never uses: [Renew] makes others in
// their place, one at a time, which package lookup answers by. And FerretDB makes databases, collections and indexes in several steps
// without a transaction, so a process killed between two of them leaves a file that it then refuses: [Unfinished] completes or
// removes such leftovers. All is harmless on a healthy file and may be run again at any time that no other process
// has the file open for DDL.
//
// The package uses its own connections. FerretDB keeps a list of the indexes that it made and looks at no others, so
// ours are invisible to listIndexes and go away with their table.
package repair
