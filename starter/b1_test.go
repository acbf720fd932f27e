package main

import (
	"bytes"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"datawald/sandbox/b1sim"
	"datawald/sandbox/testkit"
)

// prepare runs the command for a company with rules that name a key field.
func prepare(t *testing.T, cfg b1sim.Config, faults ...b1sim.Rule) (code int, out, errs string, company *b1sim.Company) {
	t.Helper()
	company, err := b1sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range faults {
		if err := company.Inject(rule); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(company)
	t.Cleanup(server.Close)
	text, err := os.ReadFile(filepath.Join(testkit.Root(), "rules.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "rules.yaml")
	keyed := strings.Replace(string(text), "\n  user_field: \"\"\n", "\n  user_field: U_MagentoKey\n", 1)
	if err := os.WriteFile(file, []byte(keyed), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"INSTANCES": "main", "B1_URL": server.URL + "/b1s/v2", "B1_COMPANY_DB": "SBODEMOUS", "B1_USER": "manager",
		"B1_PASSWORD": "sandbox", "B1_LEDGER_TABLE": "DW_ORDERS", "RULES_FILE": file} {
		t.Setenv(name, value)
	}
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), []string{"b1", "prepare"}, streams{strings.NewReader(""), &stdout, &stderr})
	return code, stdout.String(), stderr.String(), company
}

// What is there under the name and does not fit would refuse every order, so the operator hears of it before the first one.
func TestPrepare_ChecksWhatIsThere(t *testing.T) {
	field := func(kind string, size int) []b1sim.UserField {
		return []b1sim.UserField{{Table: "ORDR", Name: "MagentoKey", Type: kind, Size: size}}
	}
	table := func(kind string) []b1sim.UserTable { return []b1sim.UserTable{{Name: "DW_ORDERS", Type: kind}} }
	for name, c := range map[string]struct {
		tables []b1sim.UserTable
		fields []b1sim.UserField
		code   int
		says   string
	}{
		"both fit":              {table(""), field("db_Alpha", 100), exitOK, "shown     field U_MagentoKey of ORDR\n"},
		"a shorter one is fine": {table(""), field("db_Alpha", 20), exitOK, "shown     field U_MagentoKey of ORDR\n"},
		"a field too short":     {table(""), field("db_Alpha", 10), exitInput, "wrong     field U_MagentoKey of ORDR: holds 10 characters, and an order key has 16 or more; make it longer in B1 (100 is always enough)\n"},
		"a number":              {table(""), field("db_Numeric", 11), exitInput, "wrong     field U_MagentoKey of ORDR: is of type db_Numeric, and must be db_Alpha"},
		"a document table":      {table("bott_Document"), field("db_Alpha", 100), exitInput, "wrong     table @DW_ORDERS: is of type bott_Document, and must be of type bott_NoObject"},
	} {
		code, out, errs, company := prepare(t, b1sim.Config{UserTables: c.tables, UserFields: c.fields})
		if code != c.code || !strings.Contains(out, c.says) || errs != "" {
			t.Errorf("%s: exit %d\n%s%s\nwant %d and %q", name, code, out, errs, c.code, c.says)
		}
		if calls := company.Traffic().Calls; calls["POST UserFieldsMD"]+calls["POST UserTablesMD"] != 0 || calls["POST Logout"] != 1 {
			t.Errorf("%s: B1 was called %v, want nothing created and the session ended", name, calls)
		}
	}
}

// A reply that is lost after B1 has made the table: the command says so, and run again it finds it.
func TestPrepare_AfterALostReplyItIsRunAgain(t *testing.T) {
	code, out, errs, company := prepare(t, b1sim.Config{}, b1sim.Rule{Fault: b1sim.CommitThenBadGateway, Match: "POST UserTablesMD", Times: 1})
	if code != exitFailed || !strings.Contains(errs, "It may have been made all the same: run the command again") {
		t.Fatalf("exit %d\n%s%s", code, out, errs)
	}
	var again bytes.Buffer
	if code := run(t.Context(), []string{"b1", "prepare"}, streams{strings.NewReader(""), &again, &again}); code != exitOK {
		t.Errorf("again: exit %d\n%s", code, &again)
	}
	if n := len(company.Entities("UserTablesMD")); n != 1 {
		t.Errorf("B1 has %d user tables", n)
	}
}
