package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// update writes the outputs that the tests compare with anew: go test ./starter -run Range -update.
var update = flag.Bool("update", false, "write testdata/*.golden anew")

// desk is a store with the orders of a shop, named to the command line by its settings. Nothing else is there.
type desk struct {
	t  *testing.T
	db *store.Store
}

// newDesk stages so many orders, placed in the 14 days before November 20, 2026, always the same ones.
func newDesk(t *testing.T, orders int, change func(n int, doc *store.Staged)) *desk {
	t.Helper()
	db, database := testkit.Database(t)
	for name, value := range map[string]string{"INSTANCES": "main", "MONGODB_URI": testkit.MongoURI(t), "MONGODB_DATABASE": database,
		"RULES_FILE": filepath.Join("testdata", "range_rules.yaml")} {
		t.Setenv(name, value)
	}
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	shop, err := magentosim.New(magentosim.Config{Seed: 4, Orders: orders, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	testkit.Stage(t, db, "main", shop, change)
	return &desk{t, db}
}

// mixed leaves every second order with B1; every seventh is paid in a way that the rules do not know.
func mixed(n int, doc *store.Staged) {
	if n%2 == 0 {
		doc.Status = order.Posted
	}
	if n%7 == 1 {
		doc.Order.Payment.Method = "barter"
	}
}

func (d *desk) starter(ctx context.Context, out io.Writer, args ...string) (code int, errs string) {
	d.t.Helper()
	var stderr bytes.Buffer
	code = run(ctx, args, streams{strings.NewReader(""), out, &stderr})
	return code, stderr.String()
}

// exits runs a command line that has to end with a code and no word beside its output.
func (d *desk) exits(want int, args ...string) string {
	d.t.Helper()
	var out bytes.Buffer
	if code, errs := d.starter(d.t.Context(), &out, args...); code != want || errs != "" {
		d.t.Fatalf("starter %s: exit %d, want %d\n%s%s", strings.Join(args, " "), code, want, out.String(), errs)
	}
	return out.String()
}

var rulesVersion = regexp.MustCompile(`version [0-9a-f]{12}`)

// golden compares an output with the one that was looked at and kept.
func golden(t *testing.T, name, got string) {
	t.Helper()
	got = rulesVersion.ReplaceAllString(got, "version …")
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s:\n%s\nwant\n%s", path, got, want)
	}
}

func TestRangeSummary(t *testing.T) {
	d := newDesk(t, 300, mixed)
	golden(t, "preview_range", d.exits(exitHeld, "preview", "--from", "2026-11-08", "--to", "2026-11-18"))
	golden(t, "preview_range_held", d.exits(exitHeld, "preview", "--state", "pending", "--held"))
	golden(t, "preview_range_none", d.exits(exitOK, "preview", "--from", "2027-01-01"))
}

func TestRangeAsJSONHasALineForEachOrder(t *testing.T) {
	d := newDesk(t, 60, mixed)
	docs, err := d.db.List(t.Context(), store.Filter{StoreID: new(int64(1))})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(d.exits(exitHeld, "preview", "--store", "1", "--json")), "\n")
	if len(lines) != len(docs) {
		t.Fatalf("%d lines, want %d", len(lines), len(docs))
	}
	for i, line := range lines {
		var o struct {
			Key      order.Key       `json:"key"`
			State    string          `json:"state"`
			Verdict  string          `json:"verdict"`
			Document json.RawMessage `json:"document"`
		}
		if err := json.Unmarshal([]byte(line), &o); err != nil || o.Key != docs[i].Key || o.State != string(docs[i].Status) || o.Verdict == "" || o.Verdict == "post" && string(o.Document) == "null" {
			t.Errorf("line %d: %v, %+v; want order %s", i, err, o, docs[i].Key)
		}
	}
	held := d.exits(exitHeld, "preview", "--store", "1", "--json", "--held")
	if n := strings.Count(held, `"verdict":"held"`); n == 0 || n != strings.Count(held, "\n") {
		t.Errorf("%d held orders in %d lines", n, strings.Count(held, "\n"))
	}
}

// canceller ends a context at the first word that it hears.
type canceller struct {
	bytes.Buffer
	cancel context.CancelFunc
}

// Write keeps what it hears.
func (c *canceller) Write(b []byte) (int, error) {
	c.cancel()
	return c.Buffer.Write(b)
}

// Ctrl-C ends a long range cleanly: what was seen so far is shown and said to be a part.
func TestRangeThatIsInterruptedShowsWhatItSaw(t *testing.T) {
	d := newDesk(t, 600, func(_ int, doc *store.Staged) { doc.Order.Payment.Method = "barter" })
	for _, args := range [][]string{{"preview", "--from", "2026-01-01", "--held"}, {"preview", "--from", "2026-01-01", "--json"}} {
		ctx, cancel := context.WithCancel(t.Context())
		out := &canceller{cancel: cancel}
		code, errs := d.starter(ctx, out, args...)
		seen := 0
		if _, err := fmt.Sscanf(errs, "starter: interrupted after %d orders: what is shown counts these alone\n", &seen); err != nil || code != exitFailed || seen == 0 || seen >= 600 {
			t.Errorf("%v: exit %d, %q", args, code, errs)
		}
		text := out.String()
		if !strings.HasSuffix(text, "\n") || args[3] == "--held" && !regexp.MustCompile(fmt.Sprintf(`(?m)^orders +%d `, seen)).MatchString(text) {
			t.Errorf("%v: %d orders seen, the output ends %q", args, seen, text[max(0, len(text)-600):])
		}
	}
}

func TestRangeOfThousandsWritesNothingBesideItsOutput(t *testing.T) {
	d := newDesk(t, 3000, mixed)
	out := d.exits(exitHeld, "preview", "--from", "2026-01-01")
	if !regexp.MustCompile(`(?m)^orders +3000 +pending 1500, posted 1500$`).MatchString(out) {
		t.Errorf("output\n%s", out)
	}
}

func TestRangeInput(t *testing.T) {
	d := newDesk(t, 1, nil)
	for _, tc := range []struct{ args, want string }{
		{"preview", "name a file, the key of a staged order such as main:1:000000123, or a range such as --from 2026-11-01"},
		{"preview --held", "name a file, the key"},
		{"preview main:1:1 --from 2026-11-01", "main:1:1: one order takes none of --from, --to, --store, --state, --held, --json"},
		{"preview main:1:1 --json", "main:1:1: one order takes none of"},
		{"preview --from 2026-11-30 --to 2026-11-01", "--to: 2026-11-01 lies before --from 2026-11-30"},
		{"preview --from soon", "--from: "},
		{"preview --state lost", `--state: state "lost": want one of [pending posted held excluded cancelled draft]`},
		{"preview --state held --instance eu", `--instance: "eu" is not one of INSTANCES (main)`},
		{"preview --state held --rules nowhere.yaml", "nowhere.yaml: cannot be read"},
		{"rules diff a.yaml", `expected "<new>"`},
		{"rules diff nowhere.yaml testdata/range_rules.yaml", "nowhere.yaml: cannot be read"},
		{"rules diff - nowhere.yaml", "nowhere.yaml: cannot be read"},
		{"rules diff - testdata/range_rules.yaml --to 2026-01-01 --from 2026-01-02", "--to: 2026-01-01 lies before"},
	} {
		var out bytes.Buffer
		code, errs := d.starter(t.Context(), &out, strings.Fields(tc.args)...)
		if code != exitInput || out.Len() > 0 || !strings.HasPrefix(errs, "starter: "+tc.want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("starter %s: exit %d, %q%q; want %q", tc.args, code, out.String(), errs, tc.want)
		}
	}
}

func TestRangeNeedsTheStore(t *testing.T) {
	newDesk(t, 1, nil)
	t.Setenv("MONGODB_URI", "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200")
	var out bytes.Buffer
	d := &desk{t: t}
	if code, errs := d.starter(t.Context(), &out, "preview", "--state", "held"); code != exitFailed || !strings.Contains(errs, "see MONGODB_URI") || out.Len() > 0 {
		t.Errorf("exit %d, %q%q", code, out.String(), errs)
	}
}
