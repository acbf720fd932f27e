// Package gate stands between clients and FerretDB, passes MongoDB wire messages on unchanged, and makes up for the
// faults of FerretDB 1.24 that a client of a real MongoDB does not expect:
//
//   - FerretDB reads a document, changes it and writes it back with nothing to stop another client in between, so two
//     updates at once lose one, and a compare-and-set succeeds for both. The gate lets one writing command at a time
//     into each database. SQLite has one writer per file anyway, so little speed is lost.
//   - A new collection has no index that statements by _id can use. The gate knows when a collection may be new and
//     calls a hook before the next command can see it.
//   - A filter with _id and something more, as every compare-and-set has, makes FerretDB decode the whole collection.
//     The gate first asks whether the one document with that _id matches, then sends the write with _id alone.
//   - Every read but that of one _id makes it decode the whole collection too. A lookup.Reader answers what it understands from the
//     SQLite file by index; documents that are asked for by a list of _ids the gate looks up one by one if it does not.
//     A question ends with its client and its time; what the reader fails at is logged and answered by FerretDB.
//   - A bulk update of a hundred documents waits for itself for ever, reports wrong positions, and stops at the first
//     error even when told not to. The gate sends its statements one by one and adds the replies up.
//   - A list of indexes that exist already ends the connection. The gate sends them one by one too.
//   - Indexes that FerretDB has made answer nothing. The gate has them made anew, one at a time in a writer's turn.
//
// The first and the fifth make the store safe to use with more than one worker; the others make it fast.
package gate
