package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// full is a file on a disk that is full.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// Whoever writes the status into a file is told when it did not get there. Fails without: the error of Flush in showStatus; what Run does with it.
func TestStatus_SaysThatItCouldNotBeWritten(t *testing.T) {
	r := newRig(t)
	if out := r.must("status"); !strings.Contains(out, "instance") {
		t.Fatalf("it says %s", out)
	}
	var errs bytes.Buffer
	if code := run(t.Context(), []string{"status"}, streams{strings.NewReader(""), full{}, &errs}); code != exitFailed || !strings.Contains(errs.String(), "no space left") {
		t.Errorf("exit %d, %s", code, errs.String())
	}
}
