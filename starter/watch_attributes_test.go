package main

import (
	"strings"
	"testing"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/workflows"
)

// Somebody takes search attributes out of the namespace: neither runs nor orders can be started. That has a cause of its own, the doctor says it,
// and apply mends it. Fails without: NoAttributes in cause, and labelled in attributes of the doctor.
func TestWatch_SearchAttributesAreTakenOut(t *testing.T) {
	for name, names := range map[string][]string{"all": workflows.SearchAttributes(), "those of orders": {"Store"}} {
		t.Run(name, func(t *testing.T) { takenOut(t, names) })
	}
}

func takenOut(t *testing.T, names []string) {
	r := newRig(t)
	var namespace string
	r.temporal, namespace = testkit.Namespace(t)
	t.Setenv("TEMPORAL_NAMESPACE", namespace)
	r.hurried()
	r.startWorker()
	r.must("apply")
	r.until("Magento is read", func() bool { return r.scheduleStatus().ReadAt != nil })
	if _, err := r.temporal.OperatorService().RemoveSearchAttributes(t.Context(), &operatorservice.RemoveSearchAttributesRequest{
		Namespace: namespace, SearchAttributes: names}); err != nil {
		t.Fatal(err)
	}
	h := r.keepWatch(1)
	r.place("simple")
	r.until("the alarm", func() bool { return h.count("level=ERROR") > 0 })
	if h.count("level=ERROR", "cause=no_attributes") != 1 {
		t.Errorf("said\n%s", h.lines.String())
	}
	r.examined(exitInput, "FAIL  attributes       missing, or of another type than Keyword, and the runs of the schedule name them: "+strings.Join(names, ", "))
	if code, out, errs := r.starter("apply"); code != exitOK || !strings.Contains(out, "search attributes: added ") {
		t.Errorf("apply: exit %d\n%s%s", code, out, errs)
	}
	r.until("the end of it", func() bool { return h.count("level=WARN", "Magento is read again") > 0 })
	r.until("the order goes", func() bool {
		n, err := r.db.Counts(t.Context(), r.instance)
		return err == nil && n[order.Posted] == 1
	})
}

// Where somebody else has one of the names by then, apply cannot make them: what docs/operations.md tells the operator to end is ended, and the
// next runs and orders go without. Fails without: unseen in apply's Run; explained in sync's.
func TestWatch_SearchAttributesThatCannotBeMadeAgain(t *testing.T) {
	r := newRig(t)
	var namespace string
	r.temporal, namespace = testkit.Namespace(t)
	t.Setenv("TEMPORAL_NAMESPACE", namespace)
	r.hurried()
	r.startWorker()
	r.must("apply")
	r.until("Magento is read", func() bool { return r.scheduleStatus().ReadAt != nil })
	operator := r.temporal.OperatorService()
	if _, err := operator.RemoveSearchAttributes(t.Context(), &operatorservice.RemoveSearchAttributesRequest{Namespace: namespace, SearchAttributes: workflows.SearchAttributes()}); err != nil {
		t.Fatal(err)
	}
	if _, err := operator.AddSearchAttributes(t.Context(), &operatorservice.AddSearchAttributesRequest{
		Namespace: namespace, SearchAttributes: map[string]enumspb.IndexedValueType{"Store": enumspb.INDEXED_VALUE_TYPE_INT}}); err != nil {
		t.Fatal(err)
	}
	r.place("simple")
	code, out, errs := r.starter("apply")
	if code != exitFailed || !strings.Contains(errs, "temporal schedule delete -s "+workflows.ScheduleID(r.instance)) || strings.Contains(out+errs, "all the same") {
		t.Errorf("apply: exit %d\n%s%s", code, out, errs)
	}
	if code, _, errs := r.starter("sync"); code != exitFailed || !strings.Contains(errs, "The namespace lacks search attributes. The runs of the schedule "+workflows.ScheduleID(r.instance)+" name them") {
		t.Errorf("sync: exit %d\n%s", code, errs)
	}
	if err := r.schedule().Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.temporal.TerminateWorkflow(t.Context(), workflows.SyncOrdersID(r.instance), "", ""); err != nil && !isNotFound(err) { // there may be none
		t.Fatal(err)
	}
	code, out, errs = r.starter("apply")
	if code != exitOK || !strings.Contains(out, ": created") {
		t.Errorf("apply: exit %d\n%s%s", code, out, errs)
	}
	r.until("the order goes", func() bool {
		n, err := r.db.Counts(t.Context(), r.instance)
		return err == nil && n[order.Posted] == 1
	})
}
