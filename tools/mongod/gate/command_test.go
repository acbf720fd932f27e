package gate

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func raw(t testing.TB, doc any) bson.Raw {
	t.Helper()
	b, err := bson.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// update is a command as drivers send it: a body, and the statements beside it.
func update(t testing.TB, statements ...any) *command {
	t.Helper()
	c := &command{body: raw(t, bson.D{{Key: "update", Value: "orders"}, {Key: "ordered", Value: false}, {Key: "$db", Value: "shop"}})}
	l := list{name: "updates"}
	for _, s := range statements {
		l.docs = append(l.docs, raw(t, s))
	}
	c.lists = []list{l}
	if err := c.readNames(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCommandThereAndBack(t *testing.T) {
	sent := update(t, bson.D{{Key: "q", Value: bson.D{{Key: "_id", Value: "a"}}}}, bson.D{{Key: "q", Value: bson.D{}}}).encode(7)

	m, err := readMessage(bytes.NewReader(sent))
	if err != nil || !bytes.Equal(m, sent) {
		t.Fatalf("read %x (%v), want %x", m, err, sent)
	}
	c, err := parse(m)
	if err != nil {
		t.Fatal(err)
	}
	if c.name != "update" || c.database != "shop" || c.collection != "orders" || len(c.statements()) != 2 || c.ordered() {
		t.Errorf("parsed %+v", c)
	}
	if again := c.encode(m.requestID()); !bytes.Equal(again, sent) {
		t.Errorf("encoded %x, want %x", again, sent)
	}
}

func TestStatementsInBody(t *testing.T) {
	body := bson.D{{Key: "delete", Value: "orders"}, {Key: "deletes", Value: bson.A{bson.D{{Key: "q", Value: bson.D{}}}}}, {Key: "$db", Value: "shop"}}
	c, err := parse(newRequest(1, append([]byte{0}, raw(t, body)...)))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.statements()) != 1 || !c.ordered() {
		t.Fatalf("%d statements, ordered %v, want 1 and true", len(c.statements()), c.ordered())
	}

	moved, err := parse(c.with(c.statements()[0]).encode(1))
	if err != nil || len(moved.statements()) != 1 {
		t.Fatalf("%d statements beside the body (%v), want 1", len(moved.statements()), err)
	}
	if _, err := moved.body.LookupErr("deletes"); err == nil {
		t.Error("the statements are in the body still")
	}
}

func TestRenameIsAboutItsOwnDatabase(t *testing.T) {
	body := raw(t, bson.D{{Key: "renameCollection", Value: "shop.old.name"}, {Key: "to", Value: "shop.new"}, {Key: "$db", Value: "admin"}})
	c, err := parse(newRequest(1, append([]byte{0}, body...)))
	if err != nil || c.database != "shop" || c.collection != "old.name" || !c.writes() || !c.removes() {
		t.Errorf("parsed %+v (%v)", c, err)
	}
}

func TestOnlyKnownReadsPassByTheTurn(t *testing.T) {
	for name, writes := range map[string]bool{"find": false, "aggregate": false, "hello": false, "insert": true, "dropDatabase": true, "newInNextVersion": true} {
		if c := (&command{name: name}); c.writes() != writes {
			t.Errorf("%s writes: %v, want %v", name, c.writes(), writes)
		}
	}
}

func TestReadMessageErrors(t *testing.T) {
	for _, tt := range []struct{ name, input, want string }{
		{"Nothing", "", "EOF"},
		{"OtherProtocol", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "not the MongoDB wire protocol"},
		{"CutOff", "\x20\x00\x00\x00aaaabbbbccccdd", "unexpected EOF"},
		{"Negative", "\xff\xff\xff\xffaaaabbbbcccc", "not the MongoDB wire protocol"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := readMessage(strings.NewReader(tt.input)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
	if _, err := readMessage(strings.NewReader("")); err != io.EOF {
		t.Error("the end between two messages must be io.EOF itself")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(update(f, bson.D{{Key: "q", Value: bson.D{{Key: "_id", Value: "a"}, {Key: "rev", Value: 1}}}}).encode(1)))
	f.Add([]byte(newRequest(1, append([]byte{0}, raw(f, bson.D{{Key: "delete", Value: "o"}, {Key: "deletes", Value: bson.A{bson.D{}}}})...))))
	f.Fuzz(func(t *testing.T, b []byte) {
		m := message(b)
		if len(b) < headerSize || !m.isCommand() {
			return
		}
		c, err := parse(m)
		if err != nil {
			return
		}
		for _, s := range c.statements() {
			c.with(narrow(s, "q", func(bson.RawValue, bson.Raw) (bool, error) { return true, nil })).encode(1)
		}
	})
}
