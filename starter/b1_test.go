package main

import (
	"bytes"
	"net/http"
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
	return prepareBehind(t, func(company http.Handler) http.Handler { return company }, cfg, faults...)
}

// prepareBehind runs it with something between that and the company.
func prepareBehind(t *testing.T, front func(http.Handler) http.Handler, cfg b1sim.Config, faults ...b1sim.Rule) (code int, out, errs string, company *b1sim.Company) {
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
	server := httptest.NewServer(front(company))
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
	if code := run(t.Context(), []string{"b1", "prepare"}, streams{strings.NewReader(""), &again, &again}); code != exitRestart {
		t.Errorf("again: exit %d\n%s", code, &again)
	}
	if n := len(company.Entities("UserTablesMD")); n != 1 {
		t.Errorf("B1 has %d user tables", n)
	}
}

// refusing answers every call that ends so in B1's place.
func refusing(call string, status int, body string) func(http.Handler) http.Handler {
	return func(company http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.Method+" "+r.URL.Path, call) {
				company.ServeHTTP(w, r)
				return
			}
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body)) // the caller may have gone
		})
	}
}

// A script goes on with what the exit code says, and a person with the advice: each cause has its own, and only what a restart
// mends is sent to a restart. Fails without: each of the cases of advised, and the look at the name that nobody has (-5009).
func TestPrepare_GivesEachCauseItsOwnAdvice(t *testing.T) {
	const forbidden = `{"error":{"code":"-5009","message":"No autorizado"}}`
	both := b1sim.Config{UserTables: []b1sim.UserTable{{Name: "DW_ORDERS"}}, UserFields: []b1sim.UserField{{Table: "ORDR", Name: "MagentoKey", Size: 100}}}
	for name, c := range map[string]struct {
		cfg    b1sim.Config
		call   string
		status int
		body   string
		code   int
		says   string
	}{
		"wrong password":           {both, "POST /b1s/v2/Login", 401, `{"error":{"code":"-304","message":"x"}}`, exitInput, "B1 refuses the sign-in: check B1_COMPANY_DB, B1_USER and B1_PASSWORD"},
		"locked user":              {both, "POST /b1s/v2/Login", 400, `{"error":{"code":"100000085","message":"x"}}`, exitInput, "B1 refuses the sign-in"},
		"another address":          {both, "POST /b1s/v2/Login", 404, "<html>", exitInput, "Check that B1_URL leads to the Service Layer"},
		"no cookie":                {both, "POST /b1s/v2/Login", 200, "{}", exitInput, "Check that B1_URL is a Service Layer address"},
		"may not look for tables":  {both, "GET /b1s/v2/UserTablesMD", 403, forbidden, exitInput, "The right is missing. The B1 user needs Full Authorization for Customization Tools > User-Defined Tables"},
		"may not make tables":      {b1sim.Config{}, "POST /b1s/v2/UserTablesMD", 403, forbidden, exitInput, "The right is missing. The B1 user needs Full Authorization for Customization Tools > User-Defined Tables"},
		"tables are locked":        {b1sim.Config{}, "POST /b1s/v2/UserTablesMD", 400, `{"error":{"code":"-1120","message":"Ref count for this object is higher then 0"}}`, exitInput, "Ref count for this object is higher then 0 (-1120). Where B1's words name no other cause, a right is missing, or somebody else changes tables"},
		"may not read the table":   {both, "GET /b1s/v2/U_DW_ORDERS", 403, forbidden, exitInput, "Full Authorization for User-Defined Tables > DW_ORDERS ("},
		"the same by another code": {both, "GET /b1s/v2/U_DW_ORDERS", 400, forbidden, exitInput, "Full Authorization for User-Defined Tables > DW_ORDERS ("},
		"may not read orders":      {both, "GET /b1s/v2/Orders", 403, forbidden, exitInput, "Full Authorization for Sales - A/R > Sales Order ("},
		"nobody answers":           {both, "GET /b1s/v2/UserTablesMD", 503, "<html>", exitFailed, "HTTP 503 Service Unavailable, not from B1 itself"},
		"the table is not read":    {both, "GET /b1s/v2/U_DW_ORDERS", 503, "<html>", exitFailed, "HTTP 503 Service Unavailable, not from B1 itself"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs, _ := prepareBehind(t, refusing(c.call, c.status, c.body), c.cfg)
			if code != c.code || !strings.Contains(errs, c.says) {
				t.Errorf("exit %d\n%s%s\nwant %d and %q", code, out, errs, c.code, c.says)
			}
			if strings.Contains(out+errs, "Restart") || strings.Contains(out, "hidden") {
				t.Errorf("it sends people to restart:\n%s%s", out, errs)
			}
			if signIn := strings.Contains(errs, "refuses the sign-in"); signIn != strings.Contains(c.says, "sign-in") ||
				strings.Contains(errs, "Authorization") != (strings.Contains(c.says, "Authorization") || strings.Contains(c.says, "right")) {
				t.Errorf("it gives the advice of another cause:\n%s", errs)
			}
		})
	}
}

// B1 may know the name of what the look did not find: made meanwhile by somebody else, perhaps in another way, or out of the user's
// sight. Fails without: the second look (a table that does not fit waits for a restart), its outcome (so does one that is not seen).
func TestPrepare_LooksAgainWhereB1SaysThatItExists(t *testing.T) {
	for name, c := range map[string]struct {
		kind  string
		blind int // so many looks at tables find nothing
		code  int
		says  string
	}{
		"made meanwhile":           {"bott_NoObject", 1, exitOK, "there     table @DW_ORDERS: somebody has just created it\nshown     table @DW_ORDERS\n"},
		"made meanwhile otherwise": {"bott_Document", 1, exitInput, "wrong     table @DW_ORDERS: is of type bott_Document"},
		"not seen":                 {"bott_NoObject", 9, exitInput, "wrong     table @DW_ORDERS: B1 says that something of that name exists already, and does not show it"},
	} {
		t.Run(name, func(t *testing.T) {
			looks := 0
			hiding := func(company http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/UserTablesMD") {
						if looks++; looks <= c.blind {
							_, _ = w.Write([]byte(`{"value":[]}`)) // the caller may have gone
							return
						}
					}
					company.ServeHTTP(w, r)
				})
			}
			code, out, errs, _ := prepareBehind(t, hiding, b1sim.Config{UserTables: []b1sim.UserTable{{Name: "DW_ORDERS", Type: c.kind}},
				UserFields: []b1sim.UserField{{Table: "ORDR", Name: "MagentoKey", Size: 100}}})
			if code != c.code || !strings.Contains(out, c.says) || errs != "" {
				t.Errorf("exit %d\n%s%s\nwant %d and %q", code, out, errs, c.code, c.says)
			}
		})
	}
}
