package main

import (
	"strings"
	"testing"
	"time"

	"datawald/store"
)

func TestShowRunReportsAnOutageThatTheRunMet(t *testing.T) {
	var out strings.Builder
	a := &app{ctx: t.Context(), streams: streams{out: &out}}
	began := time.Date(2026, 1, 30, 10, 0, 0, 0, time.UTC)
	ended := began.Add(1540 * time.Millisecond)
	err := showRun(a, store.Run{StartedAt: began, EndedAt: &ended, Errors: []string{"read Magento: it does not answer"},
		Counts: store.Counts{Started: 3, Posted: 1, Deferred: 2, WrittenBack: 4}})
	if err == nil || err.Error() != "the run met errors: read Magento: it does not answer" {
		t.Errorf("error %v", err)
	}
	if want := "read 0, taken to B1 3 (posted 1, deferred 2), written back 4, 1.5s\n"; out.String() != want {
		t.Errorf("output %q, want %q", out.String(), want)
	}
}
