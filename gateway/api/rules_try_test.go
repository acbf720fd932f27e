package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"datawald/gateway/api"
	"datawald/order"
	"datawald/preview"
	"datawald/store"
)

type previewPage struct {
	Version string           `json:"rules_version"`
	Summary preview.Summary  `json:"summary"`
	Rows    []api.PreviewRow `json:"rows"`
	Next    string           `json:"next"`
}

type diffPage struct {
	OldVersion string              `json:"old_version"`
	NewVersion string              `json:"new_version"`
	Summary    preview.DiffSummary `json:"summary"`
	Kinds      []preview.Kind      `json:"kinds"`
	Rows       []preview.Change    `json:"rows"`
	Next       string              `json:"next"`
}

// request writes a body of names and values.
func request(t *testing.T, members ...any) string {
	t.Helper()
	body := map[string]any{}
	for i := 0; i < len(members); i += 2 {
		if s, ok := members[i+1].(string); !ok || s != "" {
			body[members[i].(string)] = members[i+1]
		}
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestPreviewPagesWalkTheWholeRange(t *testing.T) {
	w := ruled(t, exampleText(t))
	w.stock(130, func(n int, d *store.Staged) {
		if n%2 == 0 {
			d.Status = order.Posted
		}
	})
	docs, err := w.db.List(t.Context(), store.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	var got []order.Key
	total := 0
	for cursor, pages := "", 0; ; pages++ {
		var page previewPage
		w.post("/api/v1/rules/preview", request(t, "limit", 40, "cursor", cursor)).ok(200, &page)
		total += page.Summary.Orders
		if page.Summary.Orders != len(page.Rows) || page.Version == "" {
			t.Errorf("page %d: %d rows, summary %+v", pages, len(page.Rows), page.Summary)
		}
		for _, r := range page.Rows {
			got = append(got, r.Key)
			if r.Verdict == preview.Held && r.Hold == nil || r.Verdict == preview.LeftOut && r.Rule == "" || r.Links.Self == "" {
				t.Errorf("row %+v", r)
			}
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	var want []order.Key
	for _, d := range docs {
		want = append(want, d.Key)
	}
	if total != 130 || !slices.Equal(got, want) {
		t.Errorf("%d rows, %d counted; in the order of the list: %t", len(got), total, slices.Equal(got, want))
	}
}

func TestPreviewSelectsByDayStoreAndState(t *testing.T) {
	w := ruled(t, exampleText(t))
	w.stock(60, func(n int, d *store.Staged) {
		if n%3 == 0 {
			d.Status = order.Held
		}
	})
	for _, filter := range []struct {
		members []any
		filter  store.Filter
	}{
		{[]any{"state", "held"}, store.Filter{Status: order.Held}},
		{[]any{"store", 2}, store.Filter{StoreID: new(int64(2))}},
		{[]any{"from", "2026-11-10", "to", "2026-11-12"}, store.Filter{From: day(10).Add(-12 * 3600e9), To: day(13).Add(-12 * 3600e9)}},
		{[]any{"from", "2026-11-15T00:00:00Z"}, store.Filter{From: day(15).Add(-12 * 3600e9)}},
	} {
		want, err := w.db.List(t.Context(), filter.filter)
		if err != nil || len(want) == 0 {
			t.Fatalf("%v: %d orders, %v", filter.members, len(want), err)
		}
		var page previewPage
		w.post("/api/v1/rules/preview", request(t, append(filter.members, "limit", 200)...)).ok(200, &page)
		if len(page.Rows) != len(want) {
			t.Errorf("%v: %d orders, want %d", filter.members, len(page.Rows), len(want))
		}
	}
}

func TestPreviewAnswersFiftyOrdersWhereNoLimitIsNamed(t *testing.T) {
	w := ruled(t, exampleText(t))
	w.stock(60, nil)
	var page previewPage
	w.post("/api/v1/rules/preview", "{}").ok(200, &page)
	if len(page.Rows) != 50 || page.Next == "" {
		t.Errorf("%d rows, next %q", len(page.Rows), page.Next)
	}
}

func TestPreviewTriesTheRulesOfTheRequest(t *testing.T) {
	w := newWorld(t) // a gateway without rules of its own
	w.stock(40, nil)
	var page previewPage
	text := exampleText(t, "new: post", "new: exclude", "processing: post", "processing: exclude", "complete: post", "complete: exclude")
	w.post("/api/v1/rules/preview", request(t, "rules", text)).ok(200, &page)
	if len(page.Rows) != 40 || preview.Count(page.Summary.LeftOut) != 40 {
		t.Errorf("summary %+v", page.Summary)
	}
	w.post("/api/v1/rules/preview", "{}").problem(409, "no-rules", "GET /api/v1/rules")
	w.post("/api/v1/rules/diff", request(t, "new", text)).problem(409, "no-rules")
}

func TestDiffShowsWhichOrdersComeOutDifferently(t *testing.T) {
	w := ruled(t, exampleText(t))
	w.stock(80, nil)
	var page diffPage
	w.post("/api/v1/rules/diff", request(t, "new", exampleText(t, `warehouse: "01"`, `warehouse: "77"`), "limit", 200)).ok(200, &page)
	if page.Summary.Orders != 80 || page.Summary.Changed == 0 || page.Summary.Changed != len(page.Rows) || page.Summary.Unchanged+page.Summary.Changed != 80 || page.OldVersion == page.NewVersion {
		t.Fatalf("summary %+v, %d rows", page.Summary, len(page.Rows))
	}
	if len(page.Kinds) != 1 || page.Kinds[0].String() != "DocumentLines[].WarehouseCode 01 -> 77" || page.Kinds[0].Orders != page.Summary.Changed {
		t.Errorf("kinds %+v", page.Kinds)
	}
	var same diffPage
	w.post("/api/v1/rules/diff", request(t, "new", exampleText(t)+"# the same\n", "limit", 200)).ok(200, &same)
	if same.Summary.Changed != 0 || same.Summary.Unchanged != 80 || same.Rows == nil || same.Kinds == nil {
		t.Errorf("the same rules: %+v", same)
	}
	var back diffPage
	w.post("/api/v1/rules/diff", request(t, "old", exampleText(t, `warehouse: "01"`, `warehouse: "77"`), "limit", 200)).ok(200, &back)
	if len(back.Kinds) != 1 || back.Kinds[0].String() != "DocumentLines[].WarehouseCode 77 -> 01" {
		t.Errorf("kinds %+v", back.Kinds)
	}
}

func TestTriesOfRulesRefuseBadInput(t *testing.T) {
	w := ruled(t, exampleText(t))
	bad := "version: 1\ndefault: { card_cdoe: X }\n"
	for name, tc := range map[string]struct {
		route, body, kind string
		words             []string
	}{
		"no rules to compare": {"diff", "{}", "invalid-request", []string{"body.new", "body.old"}},
		"rules with problems": {"preview", request(t, "rules", bad), "invalid-request", []string{"body.rules", "/api/v1/rules/check"}},
		"old with problems":   {"diff", request(t, "old", bad), "invalid-request", []string{"body.old"}},
		"new with problems":   {"diff", request(t, "new", bad), "invalid-request", []string{"body.new"}},
		"an instance":         {"preview", request(t, "instance", "nowhere"), "unknown-instance", []string{"nowhere"}},
		"a limit":             {"preview", request(t, "limit", 201), "invalid-request", []string{"body.limit", "200"}},
		"nothing to look at":  {"preview", request(t, "limit", 0), "invalid-request", []string{"body.limit"}},
		"a day":               {"preview", request(t, "from", "yesterday"), "invalid-request", []string{"body.from"}},
		"days backward":       {"diff", request(t, "new", exampleText(t), "from", "2026-11-03", "to", "2026-11-01"), "invalid-request", []string{"body.to"}},
		"a state":             {"preview", request(t, "state", "lost"), "invalid-request", []string{"body.state", "pending"}},
		"a cursor":            {"preview", request(t, "cursor", "abc"), "invalid-request", []string{"body.cursor"}},
		"a name":              {"preview", `{"rule":"x"}`, "invalid-request", []string{"body"}},
	} {
		t.Run(name, func(t *testing.T) {
			w.post("/api/v1/rules/"+tc.route, tc.body).problem(422, tc.kind, tc.words...)
		})
	}
	r := w.post("/api/v1/rules/preview", request(t, "rules", bad))
	var p api.Problem
	r.json(&p)
	if len(p.Faults) < 2 || !strings.Contains(fmt.Sprint(p.Faults), "did you mean card_code?") {
		t.Errorf("faults %+v", p.Faults)
	}
}

// A page whose time is up is answered as far as it came, and the next one goes on behind it.
func TestPreviewPagesEndWithTheirTime(t *testing.T) {
	w := ruled(t, exampleText(t))
	w.stock(5, nil)
	defer api.SetTrialTime(0)()
	seen := map[order.Key]bool{}
	for cursor, pages := "", 0; pages < 7; pages++ {
		var page previewPage
		w.post("/api/v1/rules/preview", request(t, "cursor", cursor)).ok(200, &page)
		if len(page.Rows) > 1 {
			t.Errorf("a page without time has %d orders", len(page.Rows))
		}
		for _, r := range page.Rows {
			seen[r.Key] = true
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if len(seen) != 5 {
		t.Errorf("%d orders seen, want 5", len(seen))
	}
}

func TestFewRequestsTryRulesAtOnce(t *testing.T) {
	turn := api.Turns(2)
	first, err := turn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := turn(t.Context()); err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := turn(over); err == nil {
		t.Error("a third request tries rules beside two others")
	}
	first()
	if _, err := turn(t.Context()); err != nil {
		t.Errorf("a request whose turn it is: %v", err)
	}
}
