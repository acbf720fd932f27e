package main

import "fmt"

// What the command line ends with, for scripts.
const (
	exitOK     = 0
	exitFailed = 1 // the other side does not answer, or something unexpected
	exitInput  = 2 // wrong input or settings: the caller must change something
	exitHeld   = 3 // an order is held, would be, or is missing

	exitFindings = 6 // the books do not agree, or did not before they were mended

	// Of b1 prepare.
	exitRestart = 4 // all is there, and the Service Layer must be restarted to show it
	exitMissing = 5 // a dry run found something missing
)

// exitError ends the program with a code.
type exitError struct {
	code int
	// err says why; nil when the output has said it already.
	err error
}

// Error is empty when there is nothing more to say.
func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

// Unwrap gives the cause.
func (e *exitError) Unwrap() error { return e.err }

// badInput ends the program because of what it was given.
func badInput(format string, args ...any) error {
	return &exitError{exitInput, fmt.Errorf(format, args...)}
}

// errHeld ends the program when an order is held; the output names it.
var errHeld = &exitError{code: exitHeld}
