package api

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"datawald/order"
)

const (
	saved   = "com.adobe.commerce.observer.sales_order_save_commit_after"
	shipped = "com.adobe.commerce.observer.sales_order_shipment_save_after"
	product = "com.adobe.commerce.observer.catalog_product_save_after"
)

// adobe is an event as Adobe I/O Events delivers it (CloudEvents).
func adobe(kind, value string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":"8c7","source":"urn:uuid:9dd","type":%q,"datacontenttype":"application/json","time":"2026-11-01T12:00:00Z",
		"event_id":"e-1","recipient_client_id":"76e8","data":{"key":"04ac","source":"demo.demo","value":%s}}`, kind, value)
}

// names writes what the events of a body name: keys as #12, what may be a key or a number as 12?, - for an event that names none, ~ for one about something else.
func names(events []event) string {
	var all []string
	for _, e := range events {
		switch {
		case e.elsewhere:
			all = append(all, "~")
		case len(e.orders) == 0:
			all = append(all, "-")
		}
		for _, o := range e.orders {
			switch {
			case o.entityID == 0:
				all = append(all, o.incrementID)
			case o.incrementID == "":
				all = append(all, fmt.Sprintf("#%d", o.entityID))
			case o.incrementID == fmt.Sprint(o.entityID):
				all = append(all, o.incrementID+"?")
			default:
				all = append(all, fmt.Sprintf("#%d and %s", o.entityID, o.incrementID))
			}
		}
	}
	return strings.Join(all, " ")
}

func TestEvents_NameTheOrderWhereverTheSenderPutsIt(t *testing.T) {
	for name, tc := range map[string]struct{ body, want string }{
		"Adobe, order":                      {adobe(saved, `{"entity_id":"12","increment_id":"000000012"}`), "#12"},
		"Adobe, order with its number only": {adobe(saved, `{"real_order_id":"000000012","increment_id":"000000012","items":[{"item_id":"5"}]}`), "000000012"},
		"Adobe, inside event":               {`{"event":` + adobe(saved, `{"entity_id":12}`) + `,"position":"camel:3f"}`, "#12"},
		"Adobe, placed":                     {adobe("com.adobe.commerce.plugin.magento.sales.api.order_management.place", `{"entity_id":12,"increment_id":"000000012"}`), "#12"},
		"Adobe, shipment":                   {adobe(shipped, `{"entity_id":"5","increment_id":"000000005","order_id":"12"}`), "12?"},
		"Adobe, shipment without its order": {adobe(shipped, `{"entity_id":"5","increment_id":"000000005"}`), "-"},
		"Adobe, shipment with its order":    {adobe(shipped, `{"entity_id":"5","order":{"entity_id":"12"}}`), "#12"},
		"Adobe, product":                    {adobe(product, `{"entity_id":"3","sku":"24-MB01"}`), "~"},
		"Adobe, event of a name of ours":    {adobe("com.adobe.commerce.observer.my_watch", `{"entity_id":"3","order_id":"12"}`), "12?"},
		"Adobe, batch":                      {`[` + adobe(saved, `{"entity_id":12}`) + `,` + adobe(product, `{"entity_id":3}`) + `,` + adobe(saved, `{"state":"new"}`) + `]`, "#12 ~ -"},
		"Adobe, journal":                    {`{"events":[{"position":"1","event":` + adobe(saved, `{"entity_id":12}`) + `},{"position":"2","event":` + adobe(saved, `{"entity_id":13}`) + `}]}`, "#12 #13"},
		"module, flat, strings":             {`{"entity_id":"12","increment_id":"000000012","grand_total":"29.9000","customer_email":"jane@example.com"}`, "#12"},
		"module, number alone":              {`{"increment_id":"000000012"}`, "000000012"},
		"module, number as a number":        {`{"increment_id":100000012}`, "100000012"},
		"module, order":                     {`{"event":"order.updated","order":{"entity_id":12}}`, "#12"},
		"module, order as its number":       {`{"event":"order_shipped","order":"000000012"}`, "000000012"},
		"module, data":                      {`{"topic":"order","data":{"increment_id":"W-12/7"}}`, "W-12/7"},
		"module, data.order":                {`{"data":{"order":{"real_order_id":"000000012"}}}`, "000000012"},
		"module, payload":                   {`{"type":"sales/order","payload":{"order_id":12}}`, "12?"},
		"module, several in data":           {`{"data":[{"entity_id":12},{"entity_id":"13"},5]}`, "#12 #13"},
		"module, order_id is the number":    {`{"order_id":"000000012"}`, "000000012"},
		"module, order_id is either":        {`{"order_id":"100000012"}`, "100000012?"},
		"module, order is either":           {`{"event":"order_shipped","order":100000012}`, "100000012?"},
		"order_id beyond any key":           {`{"order_id":"20261101120000000012"}`, "20261101120000000012"},
		"module, invoice":                   {`{"entity_id":7,"increment_id":"000000007","order_id":12}`, "12?"},
		"module, invoice by numbers":        {`{"entity_id":7,"increment_id":"000000007","order_increment_id":"000000012"}`, "000000012"},
		"module, type of something":         {`{"type":"simple","entity_id":12}`, "#12"},
		"module, list of numbers":           {`[{"increment_id":"000000012"},{"increment_id":"000000013"}]`, "000000012 000000013"},
		"key beyond 2^53":                   {`{"entity_id":9007199254740993}`, "#9007199254740993"},
		"no order yet":                      {`{"order_id":null,"entity_id":0,"increment_id":""}`, "-"},
		"zeros":                             {`{"order_id":"0","real_order_id":"000000012"}`, "000000012"},
		"fraction":                          {`{"entity_id":1.5,"increment_id":1e3}`, "-"},
		"negative":                          {`{"entity_id":-12}`, "-"},
		"number that is none":               {`{"increment_id":"12 34\n"}`, "-"},
		"customer":                          {`{"event_type":"customer.saved","email":"jane@example.com"}`, "-"},
		"validation of Adobe":               {`{"validationUrl":"https://csm.adobe.io/csm/registrations/validate?id=1&challenge=2"}`, "-"},
		"no events":                         {`[]`, ""},
		"no object":                         {`"000000012"`, "-"},
		"null":                              {`null`, "-"},
		"too deep":                          {strings.Repeat(`{"data":`, 12) + `{"entity_id":12}` + strings.Repeat(`}`, 12), "-"},
	} {
		t.Run(name, func(t *testing.T) {
			events, err := eventReader{instance: "main"}.read([]byte(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			if got := names(events); got != tc.want {
				t.Errorf("names %q, want %q", got, tc.want)
			}
		})
	}
}

func TestEvents_TakeWhatTheHeadersSayOfASingleOne(t *testing.T) {
	r := eventReader{instance: "main", kind: product, id: "h-1"}
	for body, want := range map[string]struct{ names, id string }{
		`{"entity_id":12}`:                    {"~", "h-1"},
		`{"entity_id":12,"event_id":"b-1"}`:   {"~", "b-1"},
		`[{"entity_id":12}]`:                  {"#12", ""}, // the headers do not say of which
		`{"event":{"event_id":"i-1"}}`:        {"~", "i-1"},
		`{"type":"order.x","order_id":"12"}`:  {"12?", "h-1"},
		adobe(saved, `{"increment_id":"W1"}`): {"W1", "e-1"},
	} {
		events, err := r.read([]byte(body))
		if err != nil || len(events) != 1 || names(events) != want.names || events[0].id != want.id {
			t.Errorf("%s: %+v, %v; want %s with the id %q", body, events, err, want.names, want.id)
		}
	}
}

func TestEvents_AreJSON(t *testing.T) {
	for _, body := range []string{``, `{`, `entity_id=12`, `{"entity_id":12} {"entity_id":13}`, `{"entity_id":12},`, `<order/>`} {
		if events, err := (eventReader{instance: "main"}).read([]byte(body)); err == nil {
			t.Errorf("%q is read as %+v", body, events)
		}
	}
}

// Whatever is sent: nothing breaks, and what is named can be asked for.
func FuzzEvents(f *testing.F) {
	for _, body := range []string{adobe(saved, `{"entity_id":"12"}`), `[{"order_id":"000000012"},{"order":{"increment_id":"A"}}]`, `{"data":[{"entity_id":1e400}]}`,
		`{"events":[{"event":{"type":"x.y"}}]}`, `{"increment_id":"\u0000"}`, `[[[[]]]]`, `{"order_id":"-0"}`} {
		f.Add([]byte(body), saved)
	}
	f.Fuzz(func(t *testing.T, body []byte, kind string) {
		events, err := eventReader{instance: "main", kind: kind}.read(body)
		if err == nil != json.Valid(body) {
			t.Fatalf("%v for a body whose JSON is valid: %t", err, json.Valid(body))
		}
		for _, e := range events {
			if e.elsewhere && len(e.orders) > 0 {
				t.Fatalf("%+v names orders and is about something else", e)
			}
			for _, o := range e.orders {
				_, err := order.NewKey("main", 0, o.incrementID)
				if o.entityID < 0 || o.entityID == 0 && o.incrementID == "" || o.incrementID != "" && err != nil {
					t.Fatalf("%+v cannot be asked for", o)
				}
			}
		}
		again, _ := eventReader{instance: "main", kind: kind}.read(body)
		if !slices.EqualFunc(events, again, func(a, b event) bool { return names([]event{a}) == names([]event{b}) }) {
			t.Fatalf("read twice it is %v and %v", events, again)
		}
	})
}
