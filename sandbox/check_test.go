package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"datawald/config"
	"datawald/sandbox/checker"
	"datawald/sandbox/magentosim"
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
	if text, agree := v.check(); !agree || !strings.HasPrefix(text, fmt.Sprintf("%d orders placed:", placed)) || !strings.Contains(text, "the three books agree") ||
		!strings.Contains(text, "compared with what was bought: items, quantities, amounts and tax of ") || !strings.Contains(text, "not checked: whether each order is in the state that the rules give it") {
		t.Errorf("the books of %d orders do not agree, or it is not said what was compared:\n%s", placed, text)
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

// An order that the settings leave out may be missing in the store. Fails without: either half of reads.
func TestChecked_KnowsWhichOrdersAreRead(t *testing.T) {
	p := magentosim.Placed{StoreID: 2, UpdatedAt: "2026-01-31 00:00:00"}
	for _, c := range []struct {
		with checked
		want bool
	}{
		{checked{}, true},
		{checked{Stores: []int64{1, 2}, SyncFrom: "2026-01-31"}, true},
		{checked{Stores: []int64{1, 3}}, false},
		{checked{SyncFrom: "2026-02-01"}, false},
	} {
		if got := c.with.reads(p); got != c.want {
			t.Errorf("stores %v since %q: %t, want %t", c.with.Stores, c.with.SyncFrom, got, c.want)
		}
	}
}

// A check without the lines says so, and does not ask for them.
func TestCheck_LeavesTheLinesOut(t *testing.T) {
	asked := false
	magento := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = asked || r.URL.Path == "/state/sold"
		_, _ = io.WriteString(w, "{}")
	}))
	defer magento.Close()
	s := &settings{Magento: strings.TrimPrefix(magento.URL, "http://"), B1: strings.TrimPrefix(magento.URL, "http://")}
	for _, lines := range []bool{true, false} {
		asked = false
		b, err := s.books(t.Context(), checked{Instances: config.Instances{InstanceNames: []string{"main"}}}, lines)
		if err != nil || asked != lines || (b.Sold != nil) != lines || b.Ledger != nil {
			t.Errorf("lines %t: asked %t, %v, %v", lines, asked, b.Sold, err)
		}
	}
}
