package magento_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"datawald/magento"
	"datawald/order"
	"datawald/sandbox/magentosim"
)

// releases are one of each behaviour of comments and of saves.
var releases = []string{"2.3.5", "2.4.6", "2.4.7", "2.4.8"}

// shopWith serves a shop with order 7 alone.
func shopWith(t *testing.T, version string, extra map[string]any) (*magentosim.Shop, *magento.Client) {
	t.Helper()
	shop := newShop(t, magentosim.Config{Version: version})
	if err := shop.Add(document(extra)); err != nil {
		t.Fatal(err)
	}
	return shop, newClient(t, magento.Settings{URL: serve(t, shop), OAuth: fourCredentials})
}

func current(t *testing.T, c *magento.Client) *magento.Current {
	t.Helper()
	o, err := c.Current(t.Context(), 7)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return o
}

func TestWriteBack_LeavesAllElseAsItWas(t *testing.T) {
	for _, version := range releases {
		for _, state := range [][2]string{{"processing", "processing"}, {"processing", "fraud"}, {"new", "pending"}, {"complete", "complete"},
			{"canceled", "canceled"}, {"holded", "holded"}, {"processing", "of_the_merchants_own"}} {
			t.Run(version+" "+state[1], func(t *testing.T) {
				shop, client := shopWith(t, version, map[string]any{"state": state[0], "status": state[1], "protect_code": "abc"})
				whole, _ := shop.Document(7)
				before := current(t, client)
				if before.IncrementID != "000000007" || before.State != state[0] || before.Status != state[1] || before.Has("sales order 9 & 10") {
					t.Fatalf("read as %+v", before)
				}
				if err := client.Comment(t.Context(), before, "sales order 9 & 10"); err != nil {
					t.Fatal(err)
				}
				if o := current(t, client); o.State != before.State || o.Status != before.Status {
					t.Errorf("the comment makes it %+v, was %+v", o, before)
				}
				if err := client.SetExtOrderID(t.Context(), before, "9"); err != nil {
					t.Fatal(err)
				}
				after := current(t, client)
				if after.State != before.State || after.Status != before.Status || after.IncrementID != before.IncrementID || after.Progress != before.Progress {
					t.Errorf("order is now %+v, was %+v", after, before)
				}
				if !after.Has("sales order 9 & 10") || after.Has("sales order 9") || after.ExtOrderID != "9" {
					t.Errorf("what was written is not there: %+v", after)
				}
				raw, _ := shop.Document(7)
				if magento.PayloadHash(raw) != magento.PayloadHash(whole) {
					t.Errorf("the document has another hash:\n%s\n%s", raw, whole)
				}
				var doc struct {
					Histories []struct {
						Comment  string `json:"comment"`
						Notified int    `json:"is_customer_notified"`
						Visible  int    `json:"is_visible_on_front"`
					} `json:"status_histories"`
				}
				if err := json.Unmarshal(raw, &doc); err != nil || len(doc.Histories) != 1 {
					t.Fatalf("%d comments (%v), want one", len(doc.Histories), err)
				}
				if h := doc.Histories[0]; h.Comment != "sales order 9 & 10 [DataWald]" || h.Notified != 0 || h.Visible != 0 {
					t.Errorf("the comment is %+v", h)
				}
			})
		}
	}
}

func TestCurrent_TellsWhenAnOrderHasMovedOn(t *testing.T) {
	line := func(name string) map[string]any {
		return map[string]any{"items": []any{map[string]any{"item_id": 1, "sku": "A-1", "name": "Mug", "product_type": "simple", "qty_ordered": 2, "price": 12, name: 1}}}
	}
	for name, c := range map[string]struct {
		change map[string]any
		moved  bool
	}{
		"invoiced":             {map[string]any{"total_invoiced": 29.9}, true},
		"paid":                 {map[string]any{"total_paid": 29.9}, true},
		"shipped":              {line("qty_shipped"), true},
		"on hold":              {map[string]any{"hold_before_status": "processing"}, true},
		"commented on":         {map[string]any{"status_histories": []any{map[string]any{"comment": "sent", "status": "sent_to_erp"}}}, true},
		"our comment":          {map[string]any{"status_histories": []any{map[string]any{"comment": "x [DataWald]", "status": "processing"}}}, false},
		"a mail was sent":      {map[string]any{"email_sent": 1, "updated_at": "2026-11-03 00:00:00"}, false},
		"our number":           {map[string]any{"ext_order_id": "9"}, false},
		"the code is new":      {map[string]any{"protect_code": "xyz"}, false},
		"something unheard-of": {map[string]any{"extension_attributes": map[string]any{"seen": 1}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			shop, client := shopWith(t, "2.4.6", nil)
			before := current(t, client)
			if err := shop.Update(7, func(doc map[string]any) {
				for k, v := range c.change {
					doc[k] = v
				}
			}); err != nil {
				t.Fatal(err)
			}
			if after := current(t, client); (after.Progress != before.Progress) != c.moved {
				t.Errorf("moved on: %t, want %t", after.Progress != before.Progress, c.moved)
			}
		})
	}
}

func TestPayloadHash_IsTheSameWithOurOwnWrites(t *testing.T) {
	theirs := map[string]any{"comment": "please hurry", "status": "processing"}
	mine := map[string]any{"comment": "sales order 9 [DataWald]", "status": "processing"}
	hash := func(histories any, extID any) string {
		return magento.PayloadHash(document(map[string]any{"status_histories": histories, "ext_order_id": extID}))
	}
	for name, histories := range map[string][2]any{
		"no history":             {nil, []any{mine}},
		"an empty history":       {[]any{}, []any{mine}},
		"a history":              {[]any{theirs}, []any{mine, theirs}},
		"two of ours":            {[]any{theirs}, []any{mine, theirs, map[string]any{"comment": "in SAP as 8\n[DataWald] "}}},
		"missing and empty":      {nil, []any{}},
		"one without a comment":  {[]any{map[string]any{"comment": nil}}, []any{mine, map[string]any{"comment": nil}}},
		"something else in turn": {"text", "text"},
	} {
		if before, after := hash(histories[0], nil), hash(histories[1], "9"); before != after {
			t.Errorf("%s: the hash %s becomes %s", name, before, after)
		}
	}
	for name, histories := range map[string]any{
		"another's comment":          []any{theirs},
		"one that quotes our sign":   []any{map[string]any{"comment": "[DataWald] wrote this"}},
		"one that is no comment":     []any{"[DataWald]"},
		"a history that is no list":  "text",
		"another's comment and ours": []any{mine, theirs, theirs},
	} {
		if hash(nil, nil) == hash(histories, nil) {
			t.Errorf("%s does not change the hash", name)
		}
	}
}

func TestWriteBack_FailuresSayWhatMayHaveHappened(t *testing.T) {
	writeFault := func(kind string) func(*magentosim.Faults) {
		return func(f *magentosim.Faults) { f.WriteFault = &magentosim.WriteFault{Kind: kind} }
	}
	for name, c := range map[string]struct {
		fault func(*magentosim.Faults)
		kind  order.Kind
		code  string
		hint  string // part of it
	}{
		"committed, connection lost":   {writeFault(magentosim.WriteCommitDrop), order.Unknown, "no_answer", ""},
		"committed, 502 of a proxy":    {writeFault(magentosim.WriteCommitBadGateway), order.Unknown, "502", ""},
		"committed, 200 with a page":   {writeFault(magentosim.WriteCommitHTML), order.Unknown, "unreadable", ""},
		"not committed, no connection": {writeFault(magentosim.WriteDropBefore), order.Unknown, "no_answer", ""},
		"not committed, 500":           {writeFault(magentosim.WriteErrorBefore), order.Unknown, "500", ""},
		"an answer cut off":            {func(f *magentosim.Faults) { f.Truncate = true }, order.Unknown, "unreadable", ""},
		"maintenance":                  {func(f *magentosim.Faults) { f.Unavailable = true }, order.Unknown, "503", ""},
		"too many calls":               {func(f *magentosim.Faults) { f.RateLimit = &magentosim.RateLimit{} }, order.Transient, "429", ""},
		"may not write": {func(f *magentosim.Faults) {
			f.Deny = []string{"Magento_Sales::comment", "Magento_Sales::create"}
		},
			order.Config, "401", "write_back in the rules"},
	} {
		t.Run(name, func(t *testing.T) {
			shop, client := shopWith(t, "2.4.6", nil)
			o := current(t, client)
			if err := shop.SetFaults(c.fault); err != nil {
				t.Fatal(err)
			}
			for what, err := range map[string]error{"comment": client.Comment(t.Context(), o, "x"), "save": client.SetExtOrderID(t.Context(), o, "9")} {
				f := failureOf(t, err)
				if f.Kind != c.kind || f.Code != c.code || !strings.Contains(f.Hint, c.hint) || !strings.HasPrefix(f.Op, "POST orders") {
					t.Errorf("%s: failure is %s of %s with code %s and hint %q; want %s, %s", what, f.Kind, f.Op, f.Code, f.Hint, c.kind, c.code)
				}
			}
		})
	}
}

func TestWriteBack_NamesTheRightThatIsMissing(t *testing.T) {
	shop, client := shopWith(t, "2.4.6", nil)
	o := current(t, client)
	if err := shop.SetFaults(func(f *magentosim.Faults) { f.ACL = false }); err != nil {
		t.Fatal(err)
	}
	if f := failureOf(t, client.Comment(t.Context(), o, "x")); !strings.Contains(f.Hint, "Magento_Sales::comment") {
		t.Errorf("a comment: hint %q", f.Hint)
	}
	if f := failureOf(t, client.SetExtOrderID(t.Context(), o, "9")); !strings.Contains(f.Hint, "Magento_Sales::create") {
		t.Errorf("a save: hint %q", f.Hint)
	}
}

// Where the login before a write fails, the write was not sent.
func TestWriteBack_AFailedLoginLeavesNothingOpen(t *testing.T) {
	shop := newShop(t, magentosim.Config{AdminUsername: "admin", AdminPassword: "pass1234"})
	client, err := magento.New(magento.Settings{URL: serve(t, shop), AdminUser: "admin", AdminPassword: "pass1234"})
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*magentosim.Faults){
		"no answer to the login": func(f *magentosim.Faults) { f.Drop = true },
		"maintenance":            func(f *magentosim.Faults) { f.Unavailable = true },
	} {
		if err := shop.SetFaults(change); err != nil {
			t.Fatal(err)
		}
		if f := failureOf(t, client.Comment(t.Context(), &magento.Current{EntityID: 7, Status: "x"}, "x")); f.Kind != order.Transient {
			t.Errorf("%s: %s of %s, want transient", name, f.Kind, f.Op)
		}
		shop.ClearFaults()
	}
}

// What a shop says of one write, whatever else it does.
func TestWriteBack_Answers(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		kind   order.Kind // empty: it is done
	}{
		"true":                  {200, "true", ""},
		"the order":             {200, `{"entity_id":7}`, ""},
		"false":                 {200, " false\n", order.Unknown},
		"null":                  {200, "null", order.Unknown},
		"the order is gone":     {404, `{"message":"The entity that was requested doesn't exist. Verify the entity and try again."}`, order.Permanent},
		"no such route":         {404, `{"message":"Request does not match any route."}`, order.Config},
		"refused":               {400, `{"message":"Invalid data"}`, order.Permanent},
		"its state has changed": {400, `{"message":"Unable to add comment: The status \"%1\" is not part of the order status history.","parameters":["x"]}`, order.Transient},
		"not authorized at all": {401, `{"message":"The consumer isn't authorized to access %resources.","parameters":{"resources":"x"}}`, order.Config},
		"moved":                 {302, "", order.Config},
		"a timeout of a proxy":  {504, "<html>", order.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			client := answering(t, c.status, nil, c.body)
			err := client.Comment(t.Context(), &magento.Current{EntityID: 7, Status: "x"}, "x")
			if c.kind == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if f := failureOf(t, err); f.Kind != c.kind {
				t.Errorf("failure is %s, want %s: %v", f.Kind, c.kind, f)
			}
		})
	}
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close() // nobody listens: nothing can have happened
	err := newClient(t, magento.Settings{URL: server.URL}).Comment(t.Context(), &magento.Current{EntityID: 7, Status: "x"}, "x")
	if f := failureOf(t, err); f.Kind != order.Transient {
		t.Errorf("a shop that is down: %s, want transient", f.Kind)
	}
}
