package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"datawald/preview"
	"datawald/store"
)

// otherRules are those of the desk with some texts replaced by others, in a file of their own.
func otherRules(t *testing.T, replace ...string) (path string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "range_rules.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(string(text), replace[i]) {
			t.Fatalf("the rules do not hold %q", replace[i])
		}
	}
	path = filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(path, []byte(strings.NewReplacer(replace...).Replace(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRangeDiff(t *testing.T) {
	d := newDesk(t, 300, mixed)
	other := otherRules(t, `warehouse: "01"`, `warehouse: "02"`, "    banktransfer:", "    moneyorder:", "complete: post", "complete: exclude",
		"code: TX825", "code: TXNEW", "[US, CA]", "[]")
	golden(t, "rules_diff", d.exits(exitHeld, "rules", "diff", "-", other, "--from", "2026-11-08", "--to", "2026-11-18"))
	golden(t, "rules_diff_same", d.exits(exitOK, "rules", "diff", filepath.Join("testdata", "range_rules.yaml"), otherRules(t, "version: 1", "# the same\nversion: 1")))
}

func TestRangeDiffNamesAllWhenAsked(t *testing.T) {
	d := newDesk(t, 120, nil)
	other := otherRules(t, `warehouse: "01"`, `warehouse: "02"`)
	some, all := d.exits(exitHeld, "rules", "diff", "-", other), d.exits(exitHeld, "rules", "diff", "-", other, "--all")
	if n := strings.Count(some, " (pending)\n"); n != 20 || !strings.Contains(some, "more; --all names them\n") {
		t.Errorf("%d orders are named, want 20:\n%s", n, some)
	}
	if n := strings.Count(all, " (pending)\n"); n <= 20 || strings.Contains(all, "--all names them") {
		t.Errorf("%d orders are named with --all", n)
	}
	lines := strings.Split(strings.TrimSpace(d.exits(exitHeld, "rules", "diff", "-", other, "--json")), "\n")
	if n := strings.Count(all, " (pending)\n"); len(lines) != n {
		t.Errorf("%d lines of JSON, want %d", len(lines), n)
	}
	for _, line := range lines {
		var c preview.Change
		if err := json.Unmarshal([]byte(line), &c); err != nil || c.Key == "" || len(c.Differences) == 0 || c.Differences[0].New != "02" {
			t.Errorf("%v: %s", err, line)
		}
	}
}

func TestRangeDiffByStore(t *testing.T) {
	d := newDesk(t, 60, nil)
	docs, err := d.db.List(t.Context(), store.Filter{StoreID: new(int64(2))})
	if err != nil {
		t.Fatal(err)
	}
	out := d.exits(exitOK, "rules", "diff", "-", otherRules(t, "card_code: C-WEB\n", "card_code: C-NEW\n"), "--store", "2")
	if !strings.Contains(out, "unchanged           "+strconv.Itoa(len(docs))) {
		t.Errorf("%d orders of store 2, which has a card code of its own:\n%s", len(docs), out)
	}
}
