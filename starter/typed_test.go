package main

import (
	"strings"
	"testing"

	"datawald/config"
	"datawald/store"
	"datawald/workflows"
)

// An address where an order is wanted is refused before anything is written down: the audit is for good.
// Fails without: keys before act in Run of eraseCommand.
func TestErase_WritesNoPersonIntoTheAudit(t *testing.T) {
	r := newLockedOut(t)
	t.Setenv("INSTANCES", "main")
	r.starter(exitInput, "", "erase", "--order", "anna@example.com", "--yes")
	entries, err := r.db.ListAudit(t.Context(), store.AuditFilter{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.Contains(e.Target, "anna") {
			t.Errorf("the audit names %q", e.Target)
		}
	}
}

// Fails without: CheckNumber in input of resyncCommand, and in name of backfillCommand.
func TestResyncAndBackfill_TakeNoAddressForANumber(t *testing.T) {
	s := &config.Starter{}
	s.InstanceNames = []string{"main"}
	if in, err := (resyncCommand{IncrementIDs: []string{"anna@example.com"}}).input(s); err == nil || strings.Contains(err.Error(), "anna") {
		t.Errorf("a resync of an address: %+v, %v", in, err)
	}
	var faults []string
	in := workflows.BackfillOrdersInput{Instance: "main"}
	backfillCommand{Orders: []string{"anna@example.com"}}.name(&in, func(format string, _ ...any) { faults = append(faults, format) })
	if len(faults) != 1 || len(in.IncrementIDs) > 0 {
		t.Errorf("a backfill of an address: %+v, faults %q", in, faults)
	}
}
