package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"datawald/sandbox/checker"
)

// check runs `sandbox check` against the visitor's sandbox and gives what it says and whether the books agree.
func (v *visitor) check(args ...string) (text string, agree bool) {
	v.t.Helper()
	cmd := exec.CommandContext(v.t.Context(), v.program("sandbox"), append([]string{"check"}, args...)...)
	cmd.Env = append(os.Environ(), v.env...)
	out, err := cmd.CombinedOutput()
	if exit, failed := err.(*exec.ExitError); failed && exit.ExitCode() != 1 || err != nil && !failed {
		v.t.Fatalf("sandbox check: %v\n%s", err, out)
	}
	return string(out), err == nil
}

// placed is how many orders the shop says that it holds: those it generated, and one for each real document in SANDBOX_ORDERS_DIR.
func (v *visitor) placed() int {
	v.t.Helper()
	var shop struct{ Orders int }
	v.get("SANDBOX_MAGENTO_ADDRESS", "/state", &shop)
	return shop.Orders
}

// As a user checks a running sandbox; and what somebody does behind the connector's back is found. Fails without: the count that
// the report begins with being the shop's (one less is told, or a fixed 60 while real documents are there).
func TestCheck_ComparesTheBooksOfARunningSandbox(t *testing.T) {
	v := newVisitor(t)
	v.start()
	v.settled()
	placed := v.placed()
	if placed < 60 {
		t.Fatalf("the shop has %d orders, want the 60 that it begins with", placed)
	}
	if text, agree := v.check(); !agree || !strings.HasPrefix(text, fmt.Sprintf("%d orders placed:", placed)) || !strings.Contains(text, "the three books agree") {
		t.Errorf("the books of %d orders do not agree:\n%s", placed, text)
	}
	var b1 struct{ Orders []struct{ Key string } }
	v.get("SANDBOX_B1_ADDRESS", "/state", &b1)
	body := strings.NewReader(fmt.Sprintf(`{"key":%q}`, b1.Orders[0].Key))
	res, err := http.Post("http://"+v.ports["SANDBOX_B1_ADDRESS"]+"/control/cancel", "application/json", body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res, err)
	}
	res.Body.Close()
	text, agree := v.check("--json")
	line, _, _ := strings.Cut(text, "\n")
	var report checker.Report
	if err := json.Unmarshal([]byte(line), &report); err != nil || agree {
		t.Fatalf("agree: %t, %v\n%s", agree, err, text)
	}
	if len(report.Violations) != 1 || report.Violations[0].Kind != checker.Lost || !strings.HasSuffix(report.Violations[0].Key, b1.Orders[0].Key) {
		t.Errorf("found %+v, want the order that was cancelled in B1", report.Violations)
	}
}
