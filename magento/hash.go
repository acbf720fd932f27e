package magento

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
)

// volatile members change without the order changing: protect_code is rewritten on every read or save up to 2.3, the
// mail flags by Magento's mail cron, and with them updated_at. ext_order_id is what the connector itself writes.
// The comments are looked at one by one.
var volatile = []string{"protect_code", "updated_at", "email_sent", "send_email", "ext_order_id", "status_histories"}

// PayloadHash names a version of an order's document: the same for every reading of an unchanged order, whatever the
// order of its members, and whatever the connector has written to it. A document that is not a JSON object is named by
// its bytes.
func PayloadHash(raw []byte) string {
	if !json.Valid(raw) || raw[afterSpace(raw, 0)] != '{' {
		return digest(raw)
	}
	comments, _ := memberOf(raw, "status_histories")
	return digestOf(raw, isVolatile, addedMember{"status_histories", withoutOurs(comments)})
}

func isVolatile(name []byte) bool { return slices.Contains(volatile, string(name)) }

// withoutOurs gives an order's comments without those that the connector wrote. A history that is missing is an empty one:
// Magento writes either, and without our comment the document must be what it was.
func withoutOurs(histories []byte) []byte {
	if histories == nil || string(histories) == "null" {
		return []byte("[]")
	}
	if histories[0] != '[' {
		return histories
	}
	var others [][]byte
	for entry := range elementsOf(histories) {
		if comment, _ := memberOf(entry, "comment"); len(comment) == 0 || comment[0] != '"' || !ours(textOf(comment)) {
			others = append(others, entry)
		}
	}
	return append(append([]byte{'['}, bytes.Join(others, []byte{','})...), ']')
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}
