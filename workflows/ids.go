// Package workflows holds the order of things: which step comes after which, what waits for what, and for how long.
// The code is deterministic and does no I/O; the steps themselves are in package activities.
package workflows

import (
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"

	"datawald/order"
)

// DefaultTaskQueue is where workflows and the activities of Magento and the store run, unless a deployment that shares
// its namespace with another chooses its own.
const DefaultTaskQueue = "datawald"

// B1TaskQueue is where the activities of one B1 company run: each company has its own limits.
func B1TaskQueue(instance string) string { return "b1-" + instance }

// InsertOrderID is the workflow ID of an order's way into B1. It does not hang below the run that starts it, so that
// no two runs work on one order at once. Where the number has other characters than those of ASCII, it is escaped: Temporal's library sends IDs in
// a header that takes no others, so that neither a start nor a worker's answer would pass. The mark behind the store, which no key has, keeps
// such IDs apart from those of numbers that look escaped.
func InsertOrderID(key order.Key) string {
	if !strings.ContainsFunc(string(key), func(r rune) bool { return r > unicode.MaxASCII }) {
		return "insert-order:" + string(key)
	}
	return fmt.Sprintf("insert-order:%s:%d~:%s", key.Instance(), key.StoreID(), url.PathEscape(key.IncrementID()))
}

// SyncOrdersID is the ID of the scheduled run; Temporal appends the time of each firing.
func SyncOrdersID(instance string) string { return "sync-orders:" + instance }

// ScheduleID is the ID of an instance's schedule.
func ScheduleID(instance string) string { return "sync-orders:" + instance }

// ResyncOrdersID is the workflow ID of a resync; name is chosen by whoever starts it.
func ResyncOrdersID(instance, name string) string { return "resync-orders:" + instance + ":" + name }

// BackfillOrdersID is the workflow ID of the backfill of an instance: there is one at a time.
func BackfillOrdersID(instance string) string { return "backfill-orders:" + instance }

// ReconcileID is the workflow ID of a reconciliation that somebody asks for: there is one of these at a time. Temporal appends the time to it for those of
// the schedule, which has the same ID.
func ReconcileID(instance string) string { return "reconcile:" + instance }

// ReconcileScheduleID is the ID of the schedule of an instance's reconciliations.
func ReconcileScheduleID(instance string) string { return "reconcile:" + instance }

// TakeHintsID is the workflow ID under which the hints of a shop are gathered.
func TakeHintsID(instance string) string { return "take-hints:" + instance }

// Priorities that Temporal gives to what is asked for by hand and to imports; all else has its default, 3. Children and activities
// have that of their workflow. A server that has priorities switched off takes no notice: the queue in the store does not rely on it.
const (
	ManualPriority = 1
	ImportPriority = 5
)

// Limits of a run. Children and events are kept far below the server's (2,000 pending children, 51,200 events; it
// suggests continue-as-new at 4,096 events).
const (
	// DefaultWindow is the number of orders in hand at once.
	DefaultWindow = 100
	// childrenPerRun ends a run's history and goes on in a new one.
	childrenPerRun = 500
	// DefaultBudget is how long a run waits for its orders; what is open then goes on by itself.
	DefaultBudget = 10 * time.Minute
)
