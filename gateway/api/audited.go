package api

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Audit names the orders of a resync.
func (in *startResyncInput) Audit() (target, why string) {
	return instanceAnd(in.Body.Instance, slices.Concat(in.Body.IncrementIDs, in.Body.Keys)), ""
}

// Audit names the orders of a backfill, or its range.
func (in *startBackfillInput) Audit() (target, why string) {
	b := in.Body
	what := slices.Concat(b.IncrementIDs, b.Keys)
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
func (in *syncInput) OfInstance() string { return in.Body.Instance }

// OfInstance is the instance that was named.
func (in *pauseInput) OfInstance() string { return in.Body.Instance }

// OfInstance is the instance that was named.
func (in *resumeInput) OfInstance() string { return in.Body.Instance }
