package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"datawald/gateway/desk"
	"datawald/order"
	"datawald/store"
)

// aboutOrders is for inputs whose reason a person wrote of orders, and may name their buyers in it; orders are their keys, none where a filter
// selects them.
type aboutOrders interface{ orders() []string }

func (in *retryOrderInput) orders() []string  { return []string{unescape(in.Key)} }
func (in *skipOrderInput) orders() []string   { return []string{unescape(in.Key)} }
func (in *resumeOrderInput) orders() []string { return []string{unescape(in.Key)} }
func (in *settleOrderInput) orders() []string { return []string{unescape(in.Key)} }
func (in *actOnOrdersInput) orders() []string { return in.Body.Keys }

const (
	// inTimelines stands in the audit for words of which nothing tells whether they name a buyer.
	inTimelines = "(see the timeline)"
	// mostReadForWords is of how many orders the buyers are looked up for that.
	mostReadForWords = 20
)

// withoutBuyers takes the buyers of orders out of what a person wrote, as their timelines have it; the audit keeps no personal data.
func (s *server) withoutBuyers(ctx context.Context, keys []string, why string) (string, error) {
	if len(keys) == 0 || len(keys) > mostReadForWords {
		return inTimelines, nil
	}
	for _, text := range keys {
		key, err := order.ParseKey(text)
		if err != nil {
			return inTimelines, nil
		}
		doc, err := s.store.Get(ctx, key)
		if errors.Is(err, store.ErrNotFound) {
			return inTimelines, nil
		}
		if err != nil {
			return "", partDown(err, "store")
		}
		if doc.Erased() {
			return store.WordsNotKept, nil
		}
		if doc.Order == nil {
			return inTimelines, nil
		}
		why = desk.Words(doc, why)
	}
	return why, nil
}

// noKey stands in the audit for what was named as an order and is none. It is refused, and may be anything: a buyer's address or name.
const noKey = "(no key)"

// keyOf is an order's key as the audit may have it.
func keyOf(text string) string {
	if _, err := order.ParseKey(text); err != nil {
		return noKey
	}
	return text
}

// keysOf are keys as the audit may have them, numbersOf the numbers of orders.
func keysOf(texts []string) []string {
	keys := make([]string, len(texts))
	for n, text := range texts {
		keys[n] = keyOf(text)
	}
	return keys
}

func numbersOf(texts []string) []string {
	numbers := make([]string, len(texts))
	for n, text := range texts {
		if numbers[n] = strings.TrimSpace(text); order.CheckNumber(numbers[n]) != nil {
			numbers[n] = noKey
		}
	}
	return numbers
}

// Audit names the orders of a resync.
func (in *startResyncInput) Audit() (target, why string) {
	return instanceAnd(in.Body.Instance, slices.Concat(numbersOf(in.Body.IncrementIDs), keysOf(in.Body.Keys))), ""
}

// Audit names the orders of a backfill, or its range.
func (in *startBackfillInput) Audit() (target, why string) {
	b := in.Body
	what := slices.Concat(numbersOf(b.IncrementIDs), keysOf(b.Keys))
	for name, t := range map[string]*time.Time{"from": b.From, "to": b.To} {
		if t != nil {
			what = append(what, name+" "+t.UTC().Format(time.RFC3339))
		}
	}
	slices.Sort(what)
	if b.StoreID != nil {
		what = append(what, fmt.Sprintf("store %d", *b.StoreID))
	}
	if b.Status != "" {
		what = append(what, "status "+b.Status)
	}
	if b.DryRun {
		what = append(what, "dry run")
	}
	return instanceAnd(b.Instance, what), ""
}

// instanceAnd names an instance, if it was named, and what else.
func instanceAnd(instance string, what []string) string {
	if instance != "" {
		what = append([]string{instance + ":"}, what...)
	}
	return strings.Join(what, " ")
}

// OfInstance is the instance that was named.
func (in *startResyncInput) OfInstance() string { return in.Body.Instance }

// OfInstance is the instance that was named.
func (in *startBackfillInput) OfInstance() string { return in.Body.Instance }

// OfInstance is the instance that was named.
func (in *syncInput) OfInstance() string { return optionally(in.Body).Instance }

// OfInstance is the instance that was named.
func (in *pauseInput) OfInstance() string { return optionally(in.Body).Instance }

// OfInstance is the instance that was named.
func (in *resumeInput) OfInstance() string { return optionally(in.Body).Instance }
