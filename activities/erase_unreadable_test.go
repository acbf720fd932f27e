package activities_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/shopspring/decimal"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// What the store keeps of an order that was left out because its document could not be read, or was damaged since. %s is the buyer's name.
var unreadableDocuments = []struct {
	name, document string
	// whose says what becomes of it: it is hers, or another's, or nobody can say.
	whose string
}{
	{"an address that is a list", `{"increment_id":"1","customer_email":["Anna@Example.com"],"customer_lastname":"%s"}`, "hers"},
	{"an address of the delivery alone", `{"increment_id":"1","extension_attributes":{"to":{"email":"anna@example.com","lastname":"%s"}}}`, "hers"},
	{"an escaped address", `{"customer_lastname":"%s","customer_email":"anna\u0040example.com","items":[{"sku":`, "hers"},
	{"an address in JSON in JSON", `{"customer_lastname":"%s","payment":{"said":"{\"payer\":\"anna\\u0040example.com\"}"},"items":[`, "hers"},
	{"a damaged member", `{"customer_lastname":"%s","customer_e` + "\x00" + `ail":"anna@example.com","items":[]}`, "hers"},
	{"a link", `{"customer_lastname":"%s","note":"<a href='mailto:ANNA@example.com'>.`, "hers"},
	{"her account alone", `{"customer_lastname":"%s","customer_id": "17","items":[{`, "hers"},
	{"an account of whose orders one has her address", `{"customer_lastname":"%s","customer_id":17,"customer_email":"an`, "hers"},
	{"cut off before the address", `{"base_currency_code":"EUR","customer_lastname":"%s","customer_email":"anna@exam`, "nobody's"},
	{"packed, and damaged", "", "nobody's"},
	{"a longer address", `{"customer_email":"joanna@example.com","customer_lastname":"%s","items":[`, "another's"},
	{"a longer domain", `{"customer_email":"anna@example.com.au","customer_lastname":"%s","items":[`, "another's"},
	{"another account", `{"customer_id":170,"customer_email":"otto@example.com","customer_lastname":"%s","items":[`, "another's"},
	{"readable to the end, and without anybody", `{"increment_id":"1","grand_total":{},"note":"%s"}`, "another's"},
}

const herName, anotherName = "Zarathustra", "Quintilian"

// Nothing of a person is left in any collection, whatever of it cannot be read: what names the person goes, what does not tell whose it is is named and goes by its
// key, and what is of others stays.
// Fails without: says in is; unescaped in says, and more than once; wholeAddress, before and after; the account in evidenceIn; tells; lost; EachPayload that goes on
// behind a damaged one; damaged in EachOrder; getWhatIsThere; unescaped in around.
func TestErase_FindsThePersonInWhatCannotBeRead(t *testing.T) {
	db, database := testkit.Database(t)
	mine := bought(t, db, "1", "anna@example.com", 17, func(d *store.Staged) { d.Order.Customer.LastName = herName })
	want := map[string][]order.Key{"hers": {mine}}
	for n, c := range unreadableDocuments {
		key, name := order.Key(fmt.Sprintf("main:1:1%02d", n)), herName
		if c.whose == "another's" {
			name = anotherName
		}
		text := c.document
		if strings.Contains(text, "%s") {
			text = fmt.Sprintf(text, name)
		}
		keepUnreadable(t, db, database, key, text)
		want[c.whose] = append(want[c.whose], key)
	}
	for number, whose := range map[string]string{"201": "anna@example.com", "202": "otto@example.com"} { // what is stored of the order itself is cut off
		key := bought(t, db, number, whose, 0, nil)
		cutOff(t, database, key, fmt.Sprintf(`{"key":%q,"customer":{"id":0,"email":%q,"last_name":%q},"billing":{`, key, whose, map[string]string{"201": herName, "202": anotherName}[number]))
		want[map[string]string{"201": "hers", "202": "another's"}[number]] = append(want[map[string]string{"201": "hers", "202": "another's"}[number]], key)
	}
	answered(t, db, `{"buyer":"anna\u0040example.com"}`)

	e, err := activities.FindPerson(t.Context(), db, activities.Person{Instance: "main", Email: "anna@example.com"})
	if err != nil || !slices.Equal(e.Orders, want["hers"]) || !slices.Equal(e.Unreadable, want["nobody's"]) || len(e.InHand) != 0 {
		t.Fatalf("found %v, want %v; unreadable are %v, want %v; in hand %v; %v", e.Orders, want["hers"], e.Unreadable, want["nobody's"], e.InHand, err)
	}
	if err := e.Erase(t.Context(), db, "test"); err != nil {
		t.Fatal(err)
	}
	left := whole(t, database)
	for _, key := range want["hers"] {
		if regexp.MustCompile(string(key) + `@.*` + herName).MatchString(left) {
			t.Errorf("a document of %s is left", key)
		}
	}
	if e, err = activities.FindOrders(t.Context(), db, want["nobody's"]); err == nil {
		err = e.Erase(t.Context(), db, "test")
	}
	if err != nil || !slices.Equal(e.Orders, want["nobody's"]) || len(e.Unreadable) != 0 {
		t.Fatalf("by their keys %v are found, unreadable %v, %v", e.Orders, e.Unreadable, err)
	}
	left = whole(t, database)
	for _, mark := range []string{herName, `"anna@example.com"`, `anna\u0040`, "ANNA@", "Anna@", "no zstd"} {
		if n := strings.Count(left, mark); n > 0 {
			t.Errorf("%q is left %d times in\n%s", mark, n, left)
		}
	}
	if n := strings.Count(left, anotherName); n != len(want["another's"]) {
		t.Errorf("of others %d are left, want %d", n, len(want["another's"]))
	}
	for _, key := range want["hers"] {
		if doc := got(t, db, key); !doc.Erased() || doc.Status != order.Posted && doc.Status != order.Cancelled {
			t.Errorf("of %s is left %+v", key, doc)
		}
	}
}

// A damaged order keeps what can be read of it: its names, its state and its total.
// Fails without: the names and the total in getWhatIsThere; the look at what may be erased.
func TestErase_TheAccountOfADamagedOrderStays(t *testing.T) {
	db, database := testkit.Database(t)
	total := order.Money{Amount: decimal.RequireFromString("119.00"), Currency: "EUR"}
	key := bought(t, db, "1", "anna@example.com", 0, func(d *store.Staged) { d.Magento.Total, d.Magento.State = total, "complete" })
	held := bought(t, db, "2", "anna@example.com", 0, func(d *store.Staged) { d.Status, d.Reason = order.Held, &order.Reason{Code: "x"} })
	for _, key := range []order.Key{key, held} {
		cutOff(t, database, key, `{"customer":{"email":"anna@example.com"`)
	}
	e, err := activities.FindPerson(t.Context(), db, activities.Person{Email: "anna@example.com"})
	if err == nil {
		err = e.Erase(t.Context(), db, "test")
	}
	if err != nil || e.InHand[held] != order.Held {
		t.Fatalf("%+v, %v", e, err)
	}
	doc := got(t, db, key)
	if o := doc.Order; !doc.Erased() || doc.Status != order.Posted || o.IncrementID != "1" || o.Instance != "main" || o.State != "complete" || o.Currency != "EUR" || !o.Totals.Grand.Equal(total.Amount) {
		t.Errorf("left is %+v of %+v", doc.Order, doc)
	}
	if _, err := db.Get(t.Context(), held); err == nil {
		t.Error("a held order was written, of which nobody can see any more what it was about")
	}
}

// keepUnreadable stores an order that was left out, of which there is nothing but a document; an empty one stands for a packed one that is damaged.
func keepUnreadable(t *testing.T, db *store.Store, database string, key order.Key, text string) {
	t.Helper()
	if err := db.PutPayloads(t.Context(), []store.NewPayload{{PayloadRef: store.PayloadRef{Key: key, Hash: "v1"}, Raw: []byte(text)}}); err != nil {
		t.Fatal(err)
	}
	if text == "" {
		set(t, raw(t, database).Collection("payloads"), string(key)+"@v1", bson.D{{Key: "zstd", Value: []byte("no zstd")}})
	}
	if _, err := db.Change(t.Context(), key, func(d *store.Staged) error {
		d.Status, d.PayloadHash, d.Reason = order.Cancelled, "v1", &order.Reason{Code: "document_unreadable"}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// cutOff puts a text in the place of what is stored of an order.
func cutOff(t *testing.T, database string, key order.Key, text string) {
	t.Helper()
	set(t, raw(t, database).Collection("orders"), string(key), bson.D{{Key: "order", Value: text}, {Key: "timeline", Value: "["}})
}

func set(t *testing.T, in *mongo.Collection, id string, fields bson.D) {
	t.Helper()
	res, err := in.UpdateOne(t.Context(), bson.D{{Key: "_id", Value: id}}, bson.D{{Key: "$set", Value: fields}})
	if err != nil || res.MatchedCount != 1 {
		t.Fatalf("%v, %+v", err, res)
	}
}

// whole is the whole database as text, a line for each document, with what is packed unpacked.
func whole(t *testing.T, database string) string {
	t.Helper()
	db := raw(t, database)
	names, err := db.ListCollectionNames(t.Context(), bson.D{})
	if err != nil || len(names) < len(store.Collections)/2 {
		t.Fatalf("collections %v, %v", names, err)
	}
	reader, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	var text strings.Builder
	for _, name := range names {
		cur, err := db.Collection(name).Find(t.Context(), bson.D{})
		if err != nil {
			t.Fatal(err)
		}
		var all []bson.M
		if err := cur.All(t.Context(), &all); err != nil {
			t.Fatal(err)
		}
		for _, doc := range all {
			for field, value := range doc {
				if b, ok := value.(bson.Binary); ok {
					plain, err := reader.DecodeAll(b.Data, nil)
					if err != nil {
						plain = b.Data
					}
					doc[field] = string(plain)
				}
			}
			fmt.Fprintf(&text, "%s %s %v\n", name, doc["_id"], map[string]any(doc)) // a bson.M would print itself as JSON, and escape what is looked for
		}
	}
	return text.String()
}

// answered keeps an answer of the gateway.
func answered(t *testing.T, db *store.Store, body string) {
	t.Helper()
	r := store.Request{ID: "answer", Operation: "order", Token: "t", Status: 200, Body: []byte(body)}
	if _, err := db.BeginRequest(t.Context(), r, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if err := db.EndRequest(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}
