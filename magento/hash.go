package magento

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
)

// volatile members change without the order changing: protect_code is rewritten on every read or save up to 2.3, the
// mail flags by Magento's mail cron, and with them updated_at.
var volatile = []string{"protect_code", "updated_at", "email_sent", "send_email"}

// PayloadHash names a version of an order's document: the same for every reading of an unchanged order, whatever the
// order of its members. A document that is not a JSON object is named by its bytes.
func PayloadHash(raw []byte) string {
	if !json.Valid(raw) || raw[afterSpace(raw, 0)] != '{' {
		return digest(raw)
	}
	return digestOf(raw, isVolatile)
}

func isVolatile(name []byte) bool { return slices.Contains(volatile, string(name)) }

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}
