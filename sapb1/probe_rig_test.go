package sapb1_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

// password is none that any text holds by chance.
const password = "s3cret-of-b1"

// use is a code as the rules may name it, in the line n of their file.
func use(list sapb1.List, code string, n int) sapb1.CodeUse {
	return sapb1.CodeUse{List: list, Code: code, Place: sapb1.Place{Line: n, Column: 5, Path: "default.x"}}
}

func taxUse(list sapb1.List, code, percent string) sapb1.CodeUse {
	u, rate := use(list, code, 20), num(percent)
	u.Percent = &rate
	return u
}

// usesOf are rules that name these codes and nothing else.
func usesOf(codes ...sapb1.CodeUse) *sapb1.Uses {
	return &sapb1.Uses{Codes: codes, LocalCurrency: "USD", PriceDecimals: 6, PercentDecimals: 6, Zone: time.UTC}
}

// everyCode names a code of each list that the company has.
func everyCode() *sapb1.Uses {
	return usesOf(use(sapb1.ListPartners, "C-WEB", 1), use(sapb1.ListItems, "A1", 2), use(sapb1.ListPaymentMethods, "Incoming BT", 3),
		use(sapb1.ListPaymentTerms, "-1", 4), taxUse(sapb1.ListSalesTax, "CA825", "8.250"), taxUse(sapb1.ListVatGroups, "A1", "19"),
		use(sapb1.ListFreight, "1", 7), use(sapb1.ListShipping, "2", 8), use(sapb1.ListWarehouses, "01", 9), use(sapb1.ListSalesPersons, "1", 10),
		use(sapb1.ListBranches, "7", 11), use(sapb1.ListPartnerGroups, "100", 12), use(sapb1.ListPriceLists, "1", 13), use(sapb1.ListEmployees, "4", 14),
		use(sapb1.ListOrderSeries, "8", 15), use(sapb1.ListPartnerSeries, "71", 16))
}

// companyOfAll has what everyCode names.
func companyOfAll() b1sim.Config {
	return b1sim.Config{Password: password, Branches: map[int]string{7: "Main"}, Employees: map[int]string{4: "Jane Doe"},
		PartnerSeries: []b1sim.PartnerSeries{{Number: 71, Prefix: "C"}}, SalesPersons: map[int]string{1: "Jane Doe", 2: "John Roe"}}
}

// findings are those of an examination, by the names of the checks.
type findings map[string][]order.Finding

// examine runs a probe against b and checks what holds for every examination: it signs in once at most, writes nothing, leaves no
// session behind, keeps secrets and names to itself, and says of each failure what to do.
func examine(t *testing.T, b *b1, version string, change ...func(*sapb1.Probe)) findings {
	t.Helper()
	p := sapb1.Probe{Instance: "main", Uses: everyCode(), RulesFile: "rules.yaml", Rates: rates{},
		Client: b.client(version, func(s *sapb1.Settings) { s.Password = password })}
	for _, c := range change {
		c(&p)
	}
	before := b.calls("POST Login")
	found := examineBy(t, p)
	if logins := b.calls("POST Login") - before; logins > 1 {
		t.Errorf("it signed in %d times", logins)
	}
	for _, r := range b.received() {
		read := r.method == http.MethodGet || strings.HasSuffix(r.path, "/Login") || strings.HasSuffix(r.path, "/Logout") || strings.Contains(r.path, "Service_Get")
		if !read {
			t.Errorf("it sent %s %s", r.method, r.path)
		}
	}
	if n := b.sessions(); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
	return found
}

func examineBy(t *testing.T, p sapb1.Probe) findings {
	t.Helper()
	found := findings{}
	for f := range p.Findings(t.Context()) {
		found[f.Check] = append(found[f.Check], f)
		for _, secret := range []string{password, "hidden", "Jane", "Roe", "@", "B1SESSION="} {
			if strings.Contains(f.Seen+f.Mend, secret) {
				t.Errorf("%s tells %q: %+v", f.Check, secret, f)
			}
		}
	}
	for name, all := range found {
		last := all[len(all)-1]
		if last.Outcome == order.OutcomeFail && (last.Mend == "" || last.Kind == "") {
			t.Errorf("%s does not say what to do: %+v", name, last)
		}
	}
	return found
}

// wants checks that a check found something, with these words in what was seen and in the advice.
func (all findings) wants(t *testing.T, check string, outcome order.Outcome, seen, mend string) {
	t.Helper()
	for _, f := range all[check] {
		if f.Outcome == outcome && strings.Contains(f.Seen, seen) && strings.Contains(f.Mend, mend) {
			return
		}
	}
	t.Errorf("%s is %+v, want %s %q -> %q", check, all[check], outcome, seen, mend)
}

// count is how many findings have an outcome.
func (all findings) count(outcome order.Outcome) (n int) {
	for _, some := range all {
		for _, f := range some {
			if f.Outcome == outcome {
				n++
			}
		}
	}
	return n
}

// kind is that of the first failure of a check.
func (all findings) kind(check string) order.Kind {
	for _, f := range all[check] {
		if f.Kind != "" {
			return f.Kind
		}
	}
	return ""
}

// front puts a handler before b that answers some calls in B1's place.
func (b *b1) front(answer func(http.ResponseWriter, *http.Request) bool) *b1 {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !answer(w, r) {
			b.ServeHTTP(w, r)
		}
	}))
	b.t.Cleanup(server.Close)
	b.url = server.URL
	return b
}

// says answers every call to a path that ends so.
func says(end string, status int, header, body string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, end) {
			return false
		}
		if name, value, ok := strings.Cut(header, ": "); ok {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body)) // the caller may have gone
		return true
	}
}

// afterOne lets the first call to B1 through.
func afterOne(then func(http.ResponseWriter, *http.Request) bool) func(http.ResponseWriter, *http.Request) bool {
	var seen atomic.Bool
	return func(w http.ResponseWriter, r *http.Request) bool { return seen.Swap(true) && then(w, r) }
}
