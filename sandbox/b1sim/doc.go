// Package b1sim simulates the Service Layer of one SAP Business One company over HTTP.
//
// It answers as SAP's public manual ("Working with SAP Business One Service Layer", named "Service Layer manual" in
// the comments here), the API reference, SAP Notes, and recorded answers of real servers say that B1 answers: its odd
// cookies, its error codes, its page links, its own arithmetic, its approval drafts that answer with an error, and its
// failures in the middle of a commit. It shares no code with the connector that talks to it, so it cannot share its
// mistakes.
//
// A Company is an http.Handler. The roots /b1s/v1 (OData 3) and /b1s/v2 (OData 4) serve the same data in the shapes of
// the two versions; /ping/ is SAP's health check; /state and /control are not SAP's: through them a test or a visitor
// reads what the company holds and orders faults. Nothing is logged.
package b1sim
