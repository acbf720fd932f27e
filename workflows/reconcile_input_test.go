package workflows_test

import (
	"testing"
	"time"

	"datawald/workflows"
)

// What is shorter than the nightly window, or ends before today, does not count as having compared the books. Fails without: each of the cases in Narrow.
func TestReconcileInput_ANarrowWindowIsPartial(t *testing.T) {
	now := time.Date(2026, 12, 5, 12, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		in      workflows.ReconcileInput
		nightly int
		partial bool
	}{
		"as every night":                {workflows.ReconcileInput{Days: 35}, 35, false},
		"one day":                       {workflows.ReconcileInput{Days: 1}, 35, true},
		"no nightly one":                {workflows.ReconcileInput{Days: 34}, 0, true},
		"from long ago":                 {workflows.ReconcileInput{From: now.AddDate(0, 0, -90)}, 35, false},
		"from yesterday":                {workflows.ReconcileInput{From: now.AddDate(0, 0, -1)}, 35, true},
		"from long ago until lately":    {workflows.ReconcileInput{From: now.AddDate(0, 0, -90), To: now.Add(-time.Hour)}, 35, false},
		"from long ago until last week": {workflows.ReconcileInput{From: now.AddDate(0, 0, -90), To: now.AddDate(0, 0, -7)}, 35, true},
	} {
		if tc.in.Narrow(tc.nightly, now); tc.in.Partial != tc.partial {
			t.Errorf("%s: %v", name, tc.in.Partial)
		}
	}
}
