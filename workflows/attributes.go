package workflows

import (
	"fmt"
	"strconv"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"datawald/order"
)

// The search attributes by which Temporal's UI and command line find what belongs to an order, a store, an instance or a cause. All of
// them are keywords, and none is personal. They are set when a workflow starts, where they cost nothing, and never after.
var (
	attrOrderKey    = temporal.NewSearchAttributeKeyKeyword("OrderKey")
	attrIncrementID = temporal.NewSearchAttributeKeyKeyword("IncrementId")
	attrStore       = temporal.NewSearchAttributeKeyKeyword("Store")
	attrInstance    = temporal.NewSearchAttributeKeyKeyword("Instance")
	attrSource      = temporal.NewSearchAttributeKeyKeyword("Source")
)

// SearchAttributes are the names of the search attributes that a namespace must have, all of the type Keyword, before any workflow is
// started with one of them: the server refuses a start that names an unknown one.
func SearchAttributes() []string {
	return []string{attrOrderKey.GetName(), attrIncrementID.GetName(), attrStore.GetName(), attrInstance.GetName(), attrSource.GetName()}
}

// Source is why a run began; the orders that it takes to B1 have it from their run.
type Source string

// The sources.
const (
	SourceSync    Source = "sync"    // the schedule
	SourceResync  Source = "resync"  // a person named orders
	SourceWebhook Source = "webhook" // the shop named orders

	SourceBackfill Source = "backfill" // a person wants a part of the shop's history

	SourceReconcile Source = "reconcile" // the books are compared
)

// RunAttributes are the search attributes of a run. Give them to no run in a namespace that lacks one of SearchAttributes: the run
// gives its orders all of them.
func RunAttributes(instance string, source Source) temporal.SearchAttributes {
	return temporal.NewSearchAttributes(attrInstance.ValueSet(instance), attrSource.ValueSet(string(source)))
}

// sourceOf is the source of this run, empty for one that was started without search attributes. It is how a run knows whether the
// namespace has them: whoever started it has looked, and the history says what came of that, at no cost.
func sourceOf(ctx workflow.Context) Source {
	source, _ := workflow.GetTypedSearchAttributes(ctx).GetKeyword(attrSource)
	return Source(source)
}

// runAttributes are those that a run gives to one that it starts, none if it has none itself.
func runAttributes(instance string, source Source) temporal.SearchAttributes {
	if source == "" {
		return temporal.SearchAttributes{}
	}
	return RunAttributes(instance, source)
}

// orderAttributes are those that a run gives to the workflow of an order, none if it has none itself.
func orderAttributes(key order.Key, source Source) temporal.SearchAttributes {
	if source == "" {
		return temporal.SearchAttributes{}
	}
	return temporal.NewSearchAttributes(
		attrOrderKey.ValueSet(string(key)), attrIncrementID.ValueSet(key.IncrementID()), attrStore.ValueSet(strconv.FormatInt(key.StoreID(), 10)),
		attrInstance.ValueSet(key.Instance()), attrSource.ValueSet(string(source)))
}

// orderSummary is what the lists of Temporal's UI show of an order's workflow.
func orderSummary(key order.Key) string {
	return fmt.Sprintf("order %s of store %d, %s", key.IncrementID(), key.StoreID(), key.Instance())
}

// SyncSummary is what they show of a scheduled run.
func SyncSummary(instance string) string { return "orders of " + instance + " into B1, by schedule" }

// ResyncSummary is what they show of a resync.
func ResyncSummary(orders int, actor string) string {
	return fmt.Sprintf("%d order(s), asked for by %s", orders, actor)
}

// ReconcileSummary is what they show of a reconciliation.
func ReconcileSummary(instance, actor string) string {
	return fmt.Sprintf("orders of %s compared with the store and B1, asked for by %s", instance, actor)
}
