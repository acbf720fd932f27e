// Package order is the domain of DataWald: a sales order as both sides understand it, its key, its state and the
// reasons that hold it back. It does no I/O and imports nothing else of this module, so that every other package can.
package order
