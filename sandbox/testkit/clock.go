package testkit

import (
	"testing"
	"time"
	"unsafe"
)

// OnWall moves what a time is on the wall, by whole seconds, and leaves what it is by the clock that Go measures with. Nothing but
// a suspended machine, or a clock that is set, makes the two differ.
func OnWall(t testing.TB, moment time.Time, by time.Duration) time.Time {
	t.Helper()
	moved := moment
	*(*uint64)(unsafe.Pointer(&moved)) += uint64(by/time.Second) << 30 // the seconds, where there are both clocks (package time)
	if moved.Sub(moment) != 0 || moved.Round(0).Sub(moment.Round(0)) != by {
		t.Fatalf("%s became %s, want it moved by %s on the wall alone", moment, moved, by)
	}
	return moved
}
