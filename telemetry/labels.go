package telemetry

import (
	"context"
	"errors"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"datawald/order"
)

// other stands for whatever is not in a list: a label never takes a value that nobody knew beforehand.
const other = "other"

// among gives the value if it is in the list.
func among(list []string, value string) string {
	if slices.Contains(list, value) {
		return value
	}
	return other
}

// operationsOfB1 and operationsOfMagento are the names by which the clients call what they do.
var (
	operationsOfB1 = []string{"POST Login", "POST Logout", "GET Orders", "GET Orders(n)", "GET Orders (account)", "POST Orders", "GET Drafts", "GET Drafts (account)", "POST $batch",
		"GET BusinessPartners", "GET BusinessPartners(n)", "POST BusinessPartners", "PATCH BusinessPartners(n)", "GET Items",
		"POST SBOBobService_GetCurrencyRate", "GET SBOBobService_GetCurrencyRate", "POST UsersService_GetCurrentUser", "GET UsersService_GetCurrentUser", "GET Users", ofUserTable}
	operationsOfMagento = []string{"POST integration/admin/token", "GET orders", "GET orders/{id}", "POST orders", "POST orders/{id}/comments"}
)

// ofUserTable stands for a look into a user table of the company, whatever that is called there.
const ofUserTable = "GET U_(table)"

func operationOfB1(op string) string {
	if strings.HasPrefix(op, "GET U_") {
		return ofUserTable
	}
	return among(operationsOfB1, op)
}

func operationOfMagento(op string) string { return among(operationsOfMagento, op) }

// Outcomes of a call.
const (
	outcomeOK        = "ok"
	outcomeRefused   = "refused"   // for good
	outcomeTransient = "transient" // it may be repeated
	outcomeUnknown   = "unknown"   // it may have happened
	outcomeConfig    = "config"    // sign-in, certificate, address
	outcomeCancelled = "cancelled" // the caller gave up
)

func outcome(err error) string {
	f, known := errors.AsType[*order.Failure](err)
	switch {
	case err == nil:
		return outcomeOK
	case errors.Is(err, context.Canceled):
		return outcomeCancelled
	case !known:
		return other
	}
	switch f.Kind {
	case order.Permanent:
		return outcomeRefused
	case order.Transient:
		return outcomeTransient
	case order.Unknown:
		return outcomeUnknown
	case order.Config:
		return outcomeConfig
	}
	return other
}

// reasons are the codes for which the connector holds an order. B1's own codes and those of a company's hooks are other.
var reasons = []string{"amount_negative", "amount_too_large", "another_order", "b1_bom_missing", "b1_duplicate_key", "b1_ledger_taken", "b1_lines_differ",
	"b1_no_clear_answer", "b1_no_match", "b1_rate_missing", "b1_refused", "b1_total_differs", "barcode_ambiguous", "barcode_unknown", "base_amounts_missing",
	"bundle_partly_cancelled", "bundle_quantity_missing", "bundle_with_several_rates", "cancelled_in_b1", "cancelled_in_magento", "changed_in_magento", "created_late",
	"currency_decimals", "currency_unmapped", "deleted_in_magento", "discount_after_tax", "discount_too_high", "document_missing", "document_unreadable",
	"draft_approved", "draft_rejected", "duplicate_in_b1", "exchange_rate_missing", "ext_order_id_taken", "field_not_computed", "gone_from_b1", "hook_failed", "hook_holds",
	"hook_not_allowed", "item_code_missing", "item_code_too_long", "item_unknown", "line_not_exact", "magento_cannot_show", "magento_discount_inconsistent",
	"magento_lines_inconsistent", "magento_refused", "magento_tax_inconsistent", "magento_total_inconsistent", "no_lines", "nothing_left", "not_written",
	"partly_cancelled", "partner_ambiguous", "partner_code_taken", "partner_contacts_too_many", "partner_frozen", "partner_missing", "partner_no_clear_answer",
	"partner_refused", "partner_unknown", "payment_method_missing", "payment_method_unmapped", "property_not_free", "quantity_not_exact",
	"rate_missing", "reference_cancelled", "reference_changed", "reference_in_use", "reference_taken", "reference_too_long", "refunded_in_magento",
	"rules_failed", "shipping_discount_too_high", "shipping_method_unmapped", "shipping_tax_without_freight", "sku_missing", "source_missing",
	"status_may_be_older", "tax_code_missing", "tax_code_unknown", "tax_negative", "tax_rate_unclear", "total_differs"}

// kinds are the findings of a reconciliation.
var kinds = []string{"missing_in_store", "missing_in_b1", "key_changed", "other_document", "duplicate", "total_differs", "cancelled_in_b1", "unexpected_in_b1",
	"stale_in_store", "too_many_missing"}

// alarms are the names of the alarms.
var alarms = []string{"no_new_orders", "lag", "oldest_pending", "circuit_open", "held_orders", "credentials", "schedule_paused", "schedule_skipping",
	"reconciliation", "reconciliation_late", "worker_gone"}

func states() (names []string) {
	for _, s := range order.Statuses() {
		names = append(names, string(s))
	}
	return names
}

// tally sums what is counted by a label whose values are of a list.
func tally(list []string, counts map[string]int64) map[string]int64 {
	sums := map[string]int64{}
	for value, n := range counts {
		sums[among(list, value)] += n
	}
	return sums
}

// labelsOfTemporal are what Temporal's client library may tell its metrics apart by: names that the programs are written with, or set up with.
var labelsOfTemporal = []attribute.Key{"namespace", "client_name", "task_queue", "worker_type", "poller_type", "workflow_type", "activity_type", "operation",
	"service_name", "status_code", "cause", "failure_reason", "query_type", "signal_name", "update_name", "nexus_service", "nexus_operation", "type"}
