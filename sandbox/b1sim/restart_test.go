package b1sim_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"datawald/sandbox/b1sim"
)

// All that was written comes back from the state file, and numbers carry on.
func TestStateFileRestoresTheCompany(t *testing.T) {
	file := filepath.Join(t.TempDir(), "b1.jsonl")
	cfg := b1sim.Config{StateFile: file, Now: newClock().Now}
	before := newSim(t, cfg)
	before.call("POST", "/b1s/v2/UserTablesMD", `{"TableName":"LEDGER"}`).want(t, http.StatusCreated)
	before.call("POST", "/b1s/v2/UserFieldsMD", `{"Name":"KEY","TableName":"ORDR"}`).want(t, http.StatusCreated)
	before.company.Restart()
	before.login("v2")
	before.call("POST", "/b1s/v2/U_LEDGER", `{"Code":"k1"}`).want(t, http.StatusCreated)
	before.order(orderWith(`"NumAtCard":"k1","U_KEY":"uk","DocCurrency":"EUR","AddressExtension":{"ShipToCity":"Köln"},
		"DocumentAdditionalExpenses":[{"ExpenseCode":1,"LineTotal":4.9}]`, `{"ItemCode":"A1","Quantity":3,"UnitPrice":9.99,"VatGroup":"A1"}`))
	before.order(simpleOrder("k2"))
	before.call("PATCH", "/b1s/v2/Orders(2)", `{"Comments":"changed"}`).want(t, http.StatusNoContent)
	if err := before.company.Cancel("k2"); err != nil {
		t.Fatal(err)
	}
	before.company.SetApproval(b1sim.Approval{On: true})
	before.call("POST", "/b1s/v2/Orders", simpleOrder("k3")).want(t, http.StatusNotFound)
	before.call("POST", "/b1s/v2/Orders", simpleOrder("k4")).want(t, http.StatusNotFound)
	before.call("DELETE", "/b1s/v2/Drafts(2)", "").want(t, http.StatusNoContent)
	before.call("POST", "/b1s/v2/BusinessPartners", `{"CardCode":"c1","ContactEmployees":[{"Name":"A"}]}`).want(t, http.StatusCreated)
	before.control("/control/item", `{"code":"NEW","name":"New article"}`)
	if err := before.company.Close(); err != nil {
		t.Fatal(err)
	}

	after := newSim(t, cfg)
	for _, path := range []string{
		"Orders", "Orders(1)", "Orders(2)", "Drafts", "U_LEDGER", "BusinessPartners", "Items('NEW')", "UserFieldsMD", "UserTablesMD",
	} {
		old := before.call("GET", "/b1s/v1/"+path, "")
		if got := after.call("GET", "/b1s/v1/"+path, ""); plain(got, after) != plain(old, before) {
			t.Errorf("%s is %s\nwas %s", path, got.body, old.body)
		}
	}
	after.order(simpleOrder("k5")).wantProps(t, "DocEntry", "3", "DocNum", "3")
	if got := after.company.CountByNumAtCard("k1"); got != 1 {
		t.Errorf("k1 found %d times", got)
	}
	after.call("POST", "/b1s/v2/U_LEDGER", `{"Code":"k1"}`).wantError(t, 400, "-2035", "")
}

// plain is a body without the address of the server.
func plain(r *reply, s *sim) string { return strings.ReplaceAll(string(r.body), s.url, "") }

// A kill can cut the last line short: that commit is gone, the others are not, and writing goes on.
func TestStateFileSurvivesATornLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "b1.jsonl")
	cfg := b1sim.Config{StateFile: file}
	s := newSim(t, cfg)
	for i := range 3 {
		s.order(simpleOrder(fmt.Sprint(i)))
	}
	if err := s.company.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, content[:len(content)-20], 0o600); err != nil {
		t.Fatal(err)
	}
	for want := 2; want <= 3; want++ {
		s = newSim(t, cfg)
		if got := len(s.company.Orders()); got != want {
			t.Fatalf("%d orders, want %d", got, want)
		}
		s.order(simpleOrder("again"))
		if err := s.company.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// What is rolled back is not in the file.
func TestStateFileHoldsCommitsOnly(t *testing.T) {
	file := filepath.Join(t.TempDir(), "b1.jsonl")
	s := newSim(t, b1sim.Config{StateFile: file})
	for _, fault := range []b1sim.Fault{b1sim.CommitFailed1116, b1sim.Commit1116Committed} {
		if err := s.company.Inject(b1sim.Rule{Fault: fault, Times: 1}); err != nil {
			t.Fatal(err)
		}
		s.call("POST", "/b1s/v2/Orders", simpleOrder(string(fault))).wantError(t, 400, "-1116", "")
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(content); strings.Contains(text, "commit_failed") || !strings.Contains(text, "commit_1116") {
		t.Errorf("file holds %s", text)
	}
}

func TestStateFileThatIsNotOneIsRefused(t *testing.T) {
	for name, content := range map[string]string{
		"not JSON":    "hello\n",
		"unknown set": `[{"set":"Nothing","row":{}}]` + "\n",
	} {
		file := filepath.Join(t.TempDir(), "b1.jsonl")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := b1sim.New(b1sim.Config{StateFile: file}); err == nil || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestWrongConfigIsRefused(t *testing.T) {
	for _, cfg := range []b1sim.Config{
		{TaxRounding: "sometimes"}, {Language: "de"}, {OpenFrom: "yesterday"}, {Knee: -1}, {Items: []b1sim.Item{{Name: "no code"}}},
		{UserFields: []b1sim.UserField{{Name: "X"}}}, {Warehouses: map[string]string{}},
	} {
		if _, err := b1sim.New(cfg); err == nil {
			t.Errorf("%+v was accepted", cfg)
		}
	}
}
