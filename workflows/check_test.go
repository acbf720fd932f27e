package workflows_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"datawald/sandbox/testkit"
)

// What `make vet` runs over this package sees a workflow that asks the machine for the time. Fails without: time.Now in testdata/clock;
// and `make vet` fails with one in SyncOrders.begin (tried).
func TestWorkflowCheck_SeesTheClock(t *testing.T) {
	checker := filepath.Join(testkit.Root(), "bin", "workflowcheck")
	out, err := exec.CommandContext(t.Context(), checker, "-test=false", "./testdata/clock").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "Tell is non-deterministic, reason: calls non-deterministic function time.Now") {
		t.Errorf("%v, want a complaint (make bin/workflowcheck builds the checker):\n%s", err, out)
	}
}
