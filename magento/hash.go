package magento

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// volatile members change without the order changing: protect_code is rewritten on every read or save up to 2.3, the
// mail flags by Magento's mail cron, and with them updated_at. ext_order_id is what the connector itself writes.
var volatile = []string{"protect_code", "updated_at", "email_sent", "send_email", "ext_order_id"}

// PayloadHash names a version of an order's document: the same for every reading of an unchanged order, whatever the
// order of its members, and whatever the connector has written to it. A document that is not a JSON object is named by
// its bytes.
func PayloadHash(raw []byte) string {
	var members map[string]any
	if err := unmarshalExact(raw, &members); err != nil {
		return digest(raw)
	}
	for _, name := range volatile {
		delete(members, name)
	}
	if members != nil {
		members["status_histories"] = withoutOurs(members["status_histories"])
	}
	return hashOf(members, raw)
}

// hashOf names members, whatever their order; raw names what cannot be written as JSON again.
func hashOf(members map[string]any, raw []byte) string {
	b, err := json.Marshal(members)
	if err != nil {
		return digest(raw)
	}
	return digest(b)
}

// withoutOurs leaves the connector's comments out of an order's history. A history that is missing is an empty one: Magento
// writes either, and with our comment gone it must be what it was.
func withoutOurs(histories any) any {
	list, ok := histories.([]any)
	if !ok && histories != nil {
		return histories
	}
	others := []any{}
	for _, h := range list {
		entry, _ := h.(map[string]any)
		if text, _ := entry["comment"].(string); !ours(text) {
			others = append(others, h)
		}
	}
	return others
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}
