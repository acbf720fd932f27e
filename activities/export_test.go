package activities

// LedgerRow lets the tests ask for the row of an intent.
var LedgerRow = ledgerRow
