package store_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

func always(*store.Staged) bool { return true }

func asItIs(text string) string { return text }

// Fails without: each condition of Final.
func TestFinal(t *testing.T) {
	soon := time.Now().Add(time.Hour)
	for name, c := range map[string]struct {
		is   store.Staged
		want bool
	}{
		"posted":               {store.Staged{Status: order.Posted}, true},
		"posted, Magento told": {store.Staged{Status: order.Posted, WriteBack: &store.WriteBack{State: store.WriteBackDone}}, true},
		"Magento to be told":   {store.Staged{Status: order.Posted, WriteBack: &store.WriteBack{State: store.WriteBackOpen}}, false},
		"sent, and in doubt":   {store.Staged{Status: order.Cancelled, Intent: &store.Intent{Hash: "h"}}, false},
		"left out":             {store.Staged{Status: order.Excluded}, true},
		"left out for a time":  {store.Staged{Status: order.Excluded, DueAt: soon}, false},
		"cancelled":            {store.Staged{Status: order.Cancelled}, true},
		"to be read again":     {store.Staged{Status: order.Cancelled, Reread: true}, false},
		"pending":              {store.Staged{Status: order.Pending}, false},
		"draft":                {store.Staged{Status: order.Draft}, false},
		"held":                 {store.Staged{Status: order.Held}, false},
	} {
		if got := c.is.Final(); got != c.want {
			t.Errorf("%s: final %t, want %t", name, got, c.want)
		}
	}
}

// The name goes out of every text that stands beside the order, and what else these say stays; a person's own words go as a whole.
// Fails without: each text in erase; hide in the timeline; the step of the desk; withoutWhy; the note.
func TestEraseOrder_TakesTheNameOutOfEachText(t *testing.T) {
	s := testkit.Store(t)
	reason := func(where string) *order.Reason {
		return &order.Reason{Code: where, Message: where + " of Anna is wrong", Hint: "ask Anna for " + where}
	}
	doc := stage(t, s, "main:1:1", func(d *store.Staged) {
		d.Status, d.Reason, d.Attention = order.Posted, reason("reason"), reason("attention")
		d.WriteBack = &store.WriteBack{State: store.WriteBackDone, Reason: reason("write-back"), Concern: reason("concern")}
		d.Order = &order.Order{Key: d.Key, Customer: order.Customer{FirstName: "Anna"}}
		d.Timeline = []store.Event{{Step: "insert", Detail: "B1 knows no Anna"}, {Step: "desk", Detail: "my neighbour rang up"}, {Step: "desk"}}
	})
	hide := func(text string) string { return strings.ReplaceAll(text, "Anna", "[personal]") }
	if done, err := s.EraseOrder(t.Context(), doc.Key, "retention", hide, always); err != nil || !done {
		t.Fatal(done, err)
	}
	is, err := s.Get(t.Context(), doc.Key)
	if err != nil || !is.Erased() || is.Order == nil || is.Order.Customer.FirstName != "" {
		t.Fatalf("%+v, %v", is, err)
	}
	for where, r := range map[string]*order.Reason{"reason": is.Reason, "attention": is.Attention, "write-back": is.WriteBack.Reason, "concern": is.WriteBack.Concern} {
		if r.Code != where || r.Message != where+" of [personal] is wrong" || r.Hint != "ask [personal] for "+where {
			t.Errorf("%s: %+v", where, r)
		}
	}
	var said []string
	for _, e := range is.Timeline {
		said = append(said, e.Detail)
	}
	want := []string{"B1 knows no [personal]", store.ErasedText, "", "the personal data and the documents were erased"}
	if last := is.Timeline[len(is.Timeline)-1]; !slices.Equal(said, want) || last.Actor != "retention" || last.Step != "erased" || !last.At.Equal(is.ErasedAt) {
		t.Errorf("the timeline says %q, want %q; the last is %+v", said, want, last)
	}
}

// Whoever takes an order up again while it is erased keeps it, and what nobody stored is not made. Its documents stay while it may not be erased.
// Fails without: may before the documents; may in the write; Rev in EraseOrder.
func TestEraseOrder_LeavesWhatChangesMeanwhile(t *testing.T) {
	s := testkit.Store(t)
	key := stage(t, s, "main:1:1", func(d *store.Staged) { d.Status, d.PayloadHash = order.Posted, "v" }).Key
	receive(t, s, key, "v")
	for name, c := range map[string]struct {
		may       func(*store.Staged) bool
		documents int
	}{
		"it must not be erased": {func(*store.Staged) bool { return false }, 1},
		"it is resynced":        {turning(true, false), 0}, // and its document comes again with the resync
	} {
		done, err := s.EraseOrder(t.Context(), key, "test", asItIs, c.may)
		doc, failure := s.Get(t.Context(), key)
		versions, _ := s.PayloadVersions(t.Context(), key)
		if err != nil || failure != nil || done || doc.Erased() || len(versions) != c.documents {
			t.Errorf("%s: done %t, %v, %v, %+v, %d documents", name, done, err, failure, doc, len(versions))
		}
		receive(t, s, key, "v")
	}
	removes := func(*store.Staged) bool { // a stand-in, of which the order itself has come meanwhile
		if err := s.Remove(t.Context(), key); err != nil {
			t.Error(err)
		}
		return true
	}
	if done, err := s.EraseOrder(t.Context(), key, "test", asItIs, removes); err != nil || done {
		t.Errorf("what is not there any more: done %t, %v", done, err)
	}
	if doc, err := s.Get(t.Context(), key); err == nil {
		t.Errorf("it has made %+v", doc)
	}
}

// turning gives one answer after the other.
func turning(answers ...bool) func(*store.Staged) bool {
	n := -1
	return func(*store.Staged) bool { n++; return answers[min(n, len(answers)-1)] }
}

func receive(t *testing.T, s *store.Store, key order.Key, hash string) {
	t.Helper()
	if err := s.PutPayloads(t.Context(), []store.NewPayload{{PayloadRef: store.PayloadRef{Key: key, Hash: hash}, Raw: []byte("{}")}}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Millisecond) // the store keeps milliseconds: the next is received later
}

// Of an order whose version says not when it was read, what was received before that version goes with it; what came since is somebody's who is about to stage it.
// Once it is erased, the same version says nothing of that any more: it may have been brought again since.
// Fails without: receivedAt in DropDocuments; that it is asked for orders that are not erased alone.
func TestDropDocuments_GoesByTheReceiptOfTheStagedVersion(t *testing.T) {
	s := testkit.Store(t)
	left := func(key order.Key) (hashes []string) {
		t.Helper()
		versions, err := s.PayloadVersions(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range versions {
			hashes = append(hashes, v.Hash)
		}
		return hashes
	}
	for name, c := range map[string]struct {
		erased time.Time
		want   []string
	}{"before it is erased": {time.Time{}, []string{"after"}}, "when it is erased": {time.Now().Add(-time.Hour), []string{"after", "before"}}} {
		doc := stage(t, s, order.Key("main:1:"+strings.ReplaceAll(name, " ", "-")), func(d *store.Staged) { d.PayloadHash, d.ErasedAt = "staged", c.erased })
		for _, hash := range []string{"before", "staged", "after"} {
			receive(t, s, doc.Key, hash)
		}
		if err := s.DropDocuments(t.Context(), doc); err != nil {
			t.Fatal(err)
		}
		if got := left(doc.Key); !slices.Equal(got, c.want) {
			t.Errorf("%s: left are %v, want %v", name, got, c.want)
		}
	}
}

// Fails without: dry, intent, revision and the name within the company in ForgetPartners.
func TestForgetPartners(t *testing.T) {
	s := testkit.Store(t)
	know := func(id string, change func(*store.Partner)) {
		t.Helper()
		if _, err := s.ChangePartner(t.Context(), id, func(p *store.Partner) error { p.Know("C1", 0); change(p); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	plain, doubt := store.PartnerID("company", "guest:a"), store.PartnerID("company", "guest:b")
	know(plain, func(*store.Partner) {})
	know(doubt, func(p *store.Partner) { p.Intent = &store.PartnerIntent{} })
	forget := func(is func(string) bool, dry bool) int {
		t.Helper()
		n, err := s.ForgetPartners(t.Context(), is, dry)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	known := func(id string) bool {
		t.Helper()
		p, err := s.Partner(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return p.Rev != 0
	}
	guests := func(identity string) bool { return strings.HasPrefix(identity, "guest:") }
	if n := forget(guests, true); n != 1 || !known(plain) {
		t.Errorf("to count has counted %d and forgotten %t", n, !known(plain))
	}
	changes := func(identity string) bool {
		know(store.PartnerID("company", identity), func(*store.Partner) {})
		return true
	}
	if forget(changes, false); !known(plain) {
		t.Error("one that was written meanwhile is forgotten")
	}
	if n := forget(guests, false); n != 1 || known(plain) || !known(doubt) {
		t.Errorf("%d forgotten; known still %t, and with an intent %t", n, known(plain), known(doubt))
	}
}

// Fails without: dry in HideInAudit and EraseAnswers; says; that one which was erased is not counted again.
func TestHideInAuditAndEraseAnswers_CountBeforeTheyChange(t *testing.T) {
	s := testkit.Store(t)
	if _, err := s.WriteAudit(t.Context(), store.AuditEntry{Action: "skip", Why: "Anna rang up", State: store.AuditDone}); err != nil {
		t.Fatal(err)
	}
	for id, body := range map[string]string{"hers": `{"buyer":"Anna"}`, "another's": `{"buyer":"Otto"}`, "empty": ""} {
		r := store.Request{ID: id, Token: "t", Status: 200, Type: "text/plain", Body: []byte(body)}
		if _, err := s.BeginRequest(t.Context(), r, time.Time{}); err != nil {
			t.Fatal(err)
		}
		if err := s.EndRequest(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	answer := func(id string) string {
		t.Helper()
		first, err := s.BeginRequest(t.Context(), store.Request{ID: id}, time.Time{})
		if err != nil || first == nil {
			t.Fatal(first, err)
		}
		return string(first.Body)
	}
	hides := func(e *store.AuditEntry) { e.Why = strings.ReplaceAll(e.Why, "Anna", "[personal]") }
	says := func(body string) bool { return strings.Contains(body, "Anna") || strings.Contains(body, "erased") }
	for n, c := range []struct {
		dry         bool
		count       int
		why, answer string
	}{{true, 1, "Anna rang up", `{"buyer":"Anna"}`}, {false, 1, "[personal] rang up", `{"erased":true}`}, {false, 0, "[personal] rang up", `{"erased":true}`}} {
		audit, err := s.HideInAudit(t.Context(), hides, c.dry)
		answers, failure := s.EraseAnswers(t.Context(), says, c.dry)
		if err != nil || failure != nil || audit != c.count || answers != c.count {
			t.Errorf("%d: %d entries and %d answers, want %d of both; %v, %v", n, audit, answers, c.count, err, failure)
		}
		entries, err := s.ListAudit(t.Context(), store.AuditFilter{Limit: 1})
		if err != nil || entries[0].Why != c.why || answer("hers") != c.answer || answer("another's") != `{"buyer":"Otto"}` {
			t.Errorf("%d: the audit says %q, the answer %s; %v", n, entries[0].Why, answer("hers"), err)
		}
	}
}

// Orders are given by their last change, from the place on, up to the time. Fails without: the time, the place and the instance in Unchanged; NoteRetained.
func TestUnchanged_GoesOnBehindThePlace(t *testing.T) {
	s := testkit.Store(t)
	var keys []order.Key
	for _, number := range []string{"1", "2", "3"} {
		keys = append(keys, stage(t, s, order.Key("main:1:"+number), func(d *store.Staged) { d.Status = order.Posted }).Key)
		time.Sleep(2 * time.Millisecond)
	}
	stage(t, s, "eu:1:1", func(d *store.Staged) { d.Status = order.Posted })
	until := time.Now()
	time.Sleep(2 * time.Millisecond)
	stage(t, s, "main:1:4", func(d *store.Staged) { d.Status = order.Posted })
	var got []order.Key
	for range 3 {
		place, err := s.Retained(t.Context(), "main")
		if err != nil {
			t.Fatal(err)
		}
		page, next, err := s.Unchanged(t.Context(), "main", place, until, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, doc := range page {
			got = append(got, doc.Key)
		}
		if err := s.NoteRetained(t.Context(), "main", next); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(got, keys) {
		t.Errorf("given are %v, want %v", got, keys)
	}
	if place, err := s.Retained(context.WithoutCancel(t.Context()), "eu"); err != nil || !place.At.IsZero() {
		t.Errorf("another instance is at %+v, %v", place, err)
	}
}
