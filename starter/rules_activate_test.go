package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"datawald/mapping"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// rulesFile writes the example rules with a comment that makes them others.
func rulesFile(t *testing.T, comment string) (path, version string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(testkit.Root(), "rules.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), comment+".yaml")
	if comment != "" {
		text = append(text, "\n# "+comment+"\n"...)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, mapping.TextID(string(text))
}

// wantsAll checks that a text has all the words, in their order.
func wantsAll(t *testing.T, text string, words ...string) {
	t.Helper()
	rest := text
	for _, word := range words {
		at := strings.Index(rest, word)
		if at < 0 {
			t.Fatalf("%q is not there, or not in its place:\n%s", word, text)
		}
		rest = rest[at+len(word):]
	}
}

// Rules are shown, activated, listed and gone back to from the command line, without a worker or a schedule.
func TestRulesAreActivatedAndGoneBackTo(t *testing.T) {
	r := newRig(t)
	_, file := rulesFile(t, "")
	wantsAll(t, r.must("rules", "show"), "version", file, "in force", "of the rules file")
	wantsAll(t, r.must("rules", "history"), "nothing was ever activated")

	path, mended := rulesFile(t, "mended")
	wantsAll(t, r.must("rules", "activate", path, "--reason", "a new code"), "version "+mended+" is in force; before: "+file, "no schedule")
	wantsAll(t, r.must("rules", "show"), "version", mended, "activated by ", "a new code", "rules file", file+" and NOT in force here")
	if text, err := os.ReadFile(path); err != nil || r.must("rules", "show", "--text") != string(text) || r.must("rules", "show", mended) != string(text) {
		t.Error("the text that is shown is not that of the file")
	}
	wantsAll(t, r.must("rules", "back", file, "--reason", "it was wrong"), "version "+file+" is in force; before: "+mended)
	wantsAll(t, r.must("rules", "history"), "it was wrong", mended, "a new code", file, "the file rules.example.yaml of ")
	if out := r.must("rules", "history", "--limit", "1"); strings.Contains(out, "a new code") {
		t.Errorf("more than one activation is listed:\n%s", out)
	}
}

// Nothing is activated that has problems, was chosen before others came, is in force, or was never there.
func TestRulesThatAreNotActivated(t *testing.T) {
	r := newRig(t)
	one, first := rulesFile(t, "one")
	two, _ := rulesFile(t, "two")
	r.must("rules", "activate", one, "--reason", "x")
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("version: 2\nnonsense: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		args []string
		want []string
	}{
		"unsound":            {[]string{"activate", bad, "--reason", "x"}, []string{"bad.yaml:1:1: version", "bad.yaml:2:1: nonsense"}},
		"others came before": {[]string{"activate", two, "--reason", "x", "--expect", "000000000000"}, []string{"nothing was activated", first, "starter rules history"}},
		"in force already":   {[]string{"activate", one, "--reason", "x"}, []string{"in force already"}},
		"no reason":          {[]string{"activate", two, "--reason", " "}, []string{"--reason"}},
		"never there":        {[]string{"back", "000000000000", "--reason", "x"}, []string{"never had this version"}},
		"shown, never there": {[]string{"show", "000000000000"}, []string{"never had this version"}},
		"no limit":           {[]string{"history", "--limit", "0"}, []string{"--limit"}},
	} {
		code, out, errs := r.starter(append([]string{"rules"}, tc.args...)...)
		if code != exitInput || out != "" {
			t.Errorf("%s: exit %d\n%s%s", name, code, out, errs)
		}
		wantsAll(t, errs, tc.want...)
	}
	wantsAll(t, r.must("rules", "show"), first)
}

// Commands go by what is in force, and say so where the rules file is another one.
//
// Fails without: the question to the store in rulesOf (the preview goes by the file).
func TestCommandsGoByWhatIsInForce(t *testing.T) {
	r := newRig(t)
	text, err := os.ReadFile(filepath.Join(testkit.Root(), "rules.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "other.yaml")
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), "\n  card_code: C-WEB\n", "\n  card_code: C-OTHER\n", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	document := filepath.Join(t.TempDir(), "order.json")
	if err := os.WriteFile(document, []byte(r.anOrder()), 0o600); err != nil {
		t.Fatal(err)
	}
	wantsAll(t, r.must("preview", document), `"CardCode": "C-WEB"`)
	r.must("rules", "activate", path, "--reason", "another partner")
	code, out, errs := r.starter("preview", document)
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, errs)
	}
	wantsAll(t, out, `"CardCode": "C-OTHER"`)
	wantsAll(t, errs, "by version ", "activated by ", "the rules file is not in force")
	_, out, errs = r.starter("preview", "--from", "2026-01-01")
	wantsAll(t, errs, "the rules file is not in force")
	wantsAll(t, out, "rules", "activated by ")
	if code, out, _ = r.starter("preview", document, "--rules", filepath.Join(testkit.Root(), "rules.example.yaml")); code != exitOK {
		t.Fatal(out)
	}
	wantsAll(t, out, `"CardCode": "C-WEB"`)

	t.Setenv("MONGODB_URI", "mongodb://127.0.0.1:1/")
	began := time.Now()
	code, out, errs = r.starter("preview", document)
	if code != exitOK || time.Since(began) > storeTime {
		t.Errorf("without the store: exit %d after %s", code, time.Since(began))
	}
	wantsAll(t, out, `"CardCode": "C-WEB"`)
	wantsAll(t, errs, "by the rules file rules.example.yaml; whether it is in force is not known")
}

// anOrder is a Magento document that the example rules post.
func (r *rig) anOrder() string {
	return `{"entity_id":7,"increment_id":"000000007","store_id":1,"state":"new","status":"pending","created_at":"2026-11-01 12:00:00","updated_at":"2026-11-01 12:00:00",
		"order_currency_code":"USD","base_currency_code":"USD","base_to_order_rate":1,"customer_is_guest":1,"customer_email":"roni@example.com","is_virtual":0,
		"subtotal":21.00,"grand_total":21.00,"tax_amount":0,"shipping_amount":0,"discount_amount":0,
		"items":[{"item_id":1,"sku":"24-MB01","name":"Bag","product_type":"simple","qty_ordered":2,"price":10.50,"price_incl_tax":10.50,"tax_percent":0,"tax_amount":0}],
		"billing_address":{"firstname":"Veronica","lastname":"Costello","street":["6146 Honey Bluff"],"city":"Calder","region_code":"MI","postcode":"49628","country_id":"US"},
		"payment":{"method":"checkmo"},"extension_attributes":{"shipping_assignments":[{"shipping":{"method":"flatrate_flatrate",
		"address":{"firstname":"Veronica","lastname":"Costello","street":["6146 Honey Bluff"],"city":"Calder","region_code":"MI","postcode":"49628","country_id":"US"}}}]}}`
}

// Status and doctor name the version in force and the workers that do not work by it.
//
// Fails without: rulebook.Late and the problem of a worker in statusOfRules and inForceOf.
func TestStatusAndDoctorNameWorkersThatAreBehind(t *testing.T) {
	r := newRig(t)
	wantsAll(t, r.must("status"), "rules", "of the rules file, while no worker was started")
	path, mended := rulesFile(t, "mended")
	r.must("rules", "activate", path, "--reason", "x")
	wantsAll(t, r.must("status"), "rules", "version "+mended+", activated by ")
	wantsAll(t, r.must("status", "--json"), `"rules":{"version":"`+mended+`","whence":"activated"`)
	note := func(taken store.TakenRules) {
		t.Helper()
		if err := r.db.NoteRulesTaken(t.Context(), r.instance, taken); err != nil {
			t.Fatal(err)
		}
	}
	doctor := func() string {
		t.Helper()
		_, out, _ := r.starter("doctor", "temporal")
		return out
	}
	note(store.TakenRules{Worker: "mill 1", Seq: 2, Version: mended})
	wantsAll(t, doctor(), "ok    rules", "version "+mended, "1 workers work by it", "warn  rules", "the rules file of this machine", "not in force")
	note(store.TakenRules{Worker: "mill 2", Seq: 1, Version: "older", SeenAt: time.Now().Add(90 * time.Second)}) // its clock is ahead, or a minute has passed
	wantsAll(t, r.must("status"), "LATE: has not taken the version in force for a minute; it works by version older")
	wantsAll(t, doctor(), "FAIL  rules", "has not been taken for a minute by: mill 2")
	note(store.TakenRules{Worker: "mill 3", Seq: 1, Version: "older", Problem: "setting_of_tomorrow: is no setting"})
	wantsAll(t, r.must("status"), "mill 3", "setting_of_tomorrow")
	wantsAll(t, doctor(), "FAIL  rules", "cannot use the rules in force", "mill 3: setting_of_tomorrow", "starter rules back")
	if taken, err := r.db.RulesTaken(t.Context(), r.instance); err != nil || len(taken) != 3 {
		t.Errorf("workers %+v, %v", taken, err)
	}
}
