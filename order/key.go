package order

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Key names one order for ever: <instance>:<store_id>:<increment_id>, for example main:1:000000123.
// Magento keeps (increment_id, store_id) unique, so the key is unique within an instance; a clerk can read it.
type Key string

var instancePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,31}$`)

// maxIncrement is the longest increment_id in characters; Magento's column has 50.
const maxIncrement = 64

// validIncrement reports whether a clerk can read the number, and every system can keep it: no control characters,
// no invisible ones, no spaces of any script, no broken UTF-8.
func validIncrement(id string) bool {
	n := utf8.RuneCountInString(id)
	return n >= 1 && n <= maxIncrement && utf8.ValidString(id) &&
		!strings.ContainsFunc(id, func(r rune) bool { return !unicode.IsPrint(r) || r == ' ' })
}

// ValidInstance reports whether name may stand for one shop and the B1 company it feeds: 1 to 32 of a-z, 0-9, '-', '_',
// and no colon, because the colon parts the key.
func ValidInstance(name string) bool { return instancePattern.MatchString(name) }

// NewKey joins the parts of a key. It fails when a part could not be read back or would not fit an identifier.
func NewKey(instance string, storeID int64, incrementID string) (Key, error) {
	switch {
	case !ValidInstance(instance):
		return "", fmt.Errorf("instance %q: want 1 to 32 of a-z, 0-9, '-', '_'", instance)
	case storeID < 0:
		return "", fmt.Errorf("store_id %d is negative", storeID)
	case !validIncrement(incrementID):
		return "", fmt.Errorf("increment_id %q: want 1 to 64 printable characters without spaces", incrementID)
	}
	return Key(instance + ":" + strconv.FormatInt(storeID, 10) + ":" + incrementID), nil
}

// CheckNumber checks what a person typed as an order's number. It fails where that can be none, in words that do not repeat it: a name or an e-mail
// address that was typed into the wrong box must get neither into a workflow nor into the audit, which nobody can erase. An order whose
// number has an @ all the same is named by its key.
func CheckNumber(text string) error {
	switch {
	case strings.Contains(text, "@"):
		return errors.New("want an order's number, such as 000000123, and not an e-mail address")
	case !validIncrement(text):
		return fmt.Errorf("want an order's number, such as 000000123: 1 to %d printable characters without spaces", maxIncrement)
	}
	return nil
}

// ParseKey checks a key that came from outside: a path, a command line, a workflow input. It fails, in words for the one who wrote
// it, when a part is missing or wrong, or when the same key is written otherwise (main:01:1).
func ParseKey(s string) (Key, error) {
	parts := strings.SplitN(s, ":", 3)
	if len(parts) != 3 {
		return "", fmt.Errorf("order key %q: want <instance>:<store_id>:<increment_id>, for example main:1:000000123", s)
	}
	store, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return "", fmt.Errorf("order key %q: store_id %q is not a number", s, parts[1])
	}
	k, err := NewKey(parts[0], store, parts[2])
	if err != nil {
		return "", fmt.Errorf("order key %q: %w", s, err)
	}
	if string(k) != s {
		return "", fmt.Errorf("order key %q: write it as %q", s, k)
	}
	return k, nil
}

// Instance is the first part of the key, empty for a key that was never checked.
func (k Key) Instance() string { return k.part(0) }

// StoreID is Magento's store_id, -1 for a key that was never checked.
func (k Key) StoreID() int64 {
	n, err := strconv.ParseInt(k.part(1), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// IncrementID is the number that customer and clerk see.
func (k Key) IncrementID() string { return k.part(2) }

func (k Key) part(i int) string {
	parts := strings.SplitN(string(k), ":", 3)
	if len(parts) != 3 {
		return ""
	}
	return parts[i]
}
