package web_test

import (
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"datawald/gateway/access"
	"datawald/order"
	"datawald/store"
)

// hostile are texts that would do something where a page does not escape them: in text, in an attribute, in a script, in an address.
var hostile = []string{`<script>document.title="hacked"</script>`, `"><img src=x onerror=document.title="hacked">`, `' onfocus=alert(1) autofocus x='`,
	`javascript:alert(1)`, `</textarea><script>1</script>`, `{{.}}</title><svg onload=alert(1)>`}

// evil puts the texts into all that a shop, a buyer or B1 writes of an order.
func (w *world) evil() (keys []order.Key) {
	w.t.Helper()
	w.stock(len(hostile))
	docs, err := w.db.List(w.t.Context(), store.Filter{Instance: w.instance})
	if err != nil {
		w.t.Fatal(err)
	}
	for n, doc := range docs {
		text := hostile[n%len(hostile)]
		keys = append(keys, doc.Key)
		_, err := w.db.Change(w.t.Context(), doc.Key, func(d *store.Staged) error {
			d.Status = order.Held
			d.Reason = &order.Reason{Code: "item_unknown", Message: text, Field: text, Hint: text}
			d.Attention = &order.Reason{Code: text, Message: text, Field: text, Hint: text}
			d.Magento.State, d.Magento.Status = text, text
			if d.Order != nil {
				o := d.Order
				o.Customer.FirstName, o.Customer.LastName, o.Customer.Email, o.Payment.Method, o.ShippingMethod = text, text, text, text, text
				o.Billing.Company, o.Billing.City, o.Billing.Street = text, text, []string{text}
				if o.Shipping != nil {
					o.Shipping.Company, o.Shipping.City, o.Shipping.Street = text, text, []string{text}
				}
				for i := range o.Lines {
					o.Lines[i].SKU, o.Lines[i].Name = text, text
				}
			}
			d.BO = &store.BackOffice{CardCode: text, Reference: text, DocNum: 7, DocEntry: 8, Total: d.Magento.Total}
			d.Note(store.Event{At: d.PlacedAt, Step: text, Outcome: text, Detail: text, Actor: text})
			return nil
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
	return keys
}

// What a shop, a buyer or an address writes does nothing on a page. Fails without: the escaping of html/template, as when a text is made
// template.HTML.
func TestNothingHostileOnAnyPage(t *testing.T) {
	w := newWorld(t)
	paths := []string{"/", "/orders", "/orders?state=held"}
	for _, key := range w.evil() {
		paths = append(paths, "/orders/"+strings.ReplaceAll(string(key), "/", "%2F"))
	}
	for _, text := range hostile {
		q := strings.NewReplacer("%", "%25", "&", "%26", "+", "%2B", "#", "%23", " ", "%20", "<", "%3C", ">", "%3E", `"`, "%22", "'", "%27", "{", "%7B", "}", "%7D").Replace(text)
		paths = append(paths, "/orders?q="+q, "/orders?cursor="+q, "/orders?instance="+q, "/orders?reason="+q, "/?instance="+q, "/orders/"+strings.ReplaceAll(q, "/", "%2F"),
			"/login?next="+q, "/?done="+q+"&n="+q, "/resync/backfills/"+strings.ReplaceAll(q, "/", "%2F"), "/rules?instance="+q, "/"+q)
	}
	shown := 0
	for _, path := range paths {
		page := w.fetch(path)
		if strings.Contains(page, "hacked") {
			shown++
		}
		harmless(t, path, page)
	}
	if shown < 8 {
		t.Errorf("only %d pages show any of the hostile texts: the test looks at the wrong ones", shown)
	}
}

// fetch is the text of a page, whatever its status.
func (w *world) fetch(path string) string {
	w.t.Helper()
	_, text := w.answer(path)
	return text
}

func (w *world) client() *http.Client { return w.as(access.Admin) }

// harmless wants a page on which nothing runs but the gateway's own files.
func harmless(t *testing.T, path, page string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		attributes := map[string]string{}
		for _, a := range n.Attr {
			attributes[a.Key] = a.Val
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc" {
				t.Errorf("%s: <%s %s=%q>", path, n.Data, a.Key, a.Val)
			}
			if (a.Key == "href" || a.Key == "src" || a.Key == "action") && !strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "#") && !strings.HasPrefix(a.Val, "http://127.0.0.1:8233/") {
				t.Errorf("%s: <%s %s=%q>", path, n.Data, a.Key, a.Val)
			}
		}
		switch {
		case n.Data == "script" && (!strings.HasPrefix(attributes["src"], "/static/") || n.FirstChild != nil):
			t.Errorf("%s: a script that is not the gateway's", path)
		case n.Data == "img" || n.Data == "style" || n.Data == "iframe" || n.Data == "base" || n.Data == "object":
			t.Errorf("%s: <%s>", path, n.Data)
		}
	}
}
