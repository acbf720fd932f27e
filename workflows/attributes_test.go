package workflows_test

import (
	"maps"
	"slices"
	"testing"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"datawald/store"
	"datawald/workflows"
)

// attributesOf are the search attributes of a workflow of ours, as JSON, and its summary.
func attributesOf(t *testing.T, c client.Client, workflowID string) (fields map[string]string, summary string) {
	t.Helper()
	d, err := c.DescribeWorkflowExecution(t.Context(), workflowID, "")
	if err != nil {
		t.Fatal(err)
	}
	fields = map[string]string{}
	for _, name := range workflows.SearchAttributes() {
		if p := d.GetWorkflowExecutionInfo().GetSearchAttributes().GetIndexedFields()[name]; p != nil {
			fields[name] = string(p.Data)
		}
	}
	return fields, string(d.GetExecutionConfig().GetUserMetadata().GetSummary().GetData())
}

// Orders have what the run has that begins them, also when it goes on in a new history; where the run has nothing, they have nothing
// but their summary, because the namespace may not know the names. Fails without: sourceOf in newPoster, StaticSummary in child, and the
// empty source in orderAttributes.
func TestSearchAttributes_OfOrdersAreThoseOfTheirRun(t *testing.T) {
	server := smallTemporal(t)
	for instance, run := range map[string]struct {
		searchable bool
		order      map[string]string
	}{
		"found": {true, map[string]string{"OrderKey": `"found:1:100000030"`, "IncrementId": `"100000030"`, "Store": `"1"`, "Instance": `"found"`, "Source": `"sync"`}},
		"bare":  {false, map[string]string{}},
	} {
		t.Run(instance, func(t *testing.T) {
			s := newStage(t, server, scene{name: instance})
			if run.searchable {
				s.attributes = workflows.RunAttributes(instance, workflows.SourceSync)
			}
			s.wait(30)
			began := s.sync(workflows.SyncOrdersInput{Window: 5})
			var result store.Run
			if err := began.Get(t.Context(), &result); err != nil || result.Counts.Posted != 30 {
				t.Fatalf("%+v, %v; want all posted", result.Counts, err)
			}
			if d, err := server.DescribeWorkflowExecution(t.Context(), began.GetID(), ""); err != nil || d.GetWorkflowExecutionInfo().GetFirstRunId() == d.GetWorkflowExecutionInfo().GetExecution().GetRunId() {
				t.Fatalf("it did not go on in a new history (%v)", err)
			}
			fields, summary := attributesOf(t, server, workflows.InsertOrderID(s.key(30)))
			if !maps.Equal(fields, run.order) {
				t.Errorf("the last order has %v, want %v", fields, run.order)
			}
			if want := `"order 100000030 of store 1, ` + instance + `"`; summary != want {
				t.Errorf("summary %s, want %s", summary, want)
			}
		})
	}
}

// Parts have those of their backfill, and their orders too, which have its priority as well. Fails without: runAttributes in beginPart.
func TestSearchAttributes_OfImportsAreThoseOfTheirBackfill(t *testing.T) {
	server := smallTemporal(t)
	s := newStage(t, server, scene{name: "imports"})
	s.imports = 4
	began, err := server.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: workflows.BackfillOrdersID(s.instance), TaskQueue: s.instance,
		TypedSearchAttributes: workflows.RunAttributes(s.instance, workflows.SourceBackfill), Priority: temporal.Priority{PriorityKey: workflows.ImportPriority}},
		"BackfillOrders", workflows.BackfillOrdersInput{Instance: s.instance, Selected: &november})
	if err != nil {
		t.Fatal(err)
	}
	var result store.Run
	if err := began.Get(t.Context(), &result); err != nil || result.Counts.Posted != 4 {
		t.Fatalf("%+v, %v; want all posted", result.Counts, err)
	}
	part := s.partOf(began, 1).GetID()
	fields, summary := attributesOf(t, server, part)
	if want := map[string]string{"Instance": `"imports"`, "Source": `"backfill"`}; !maps.Equal(fields, want) || summary != `"part 1 of the backfill of imports, 4 orders"` {
		t.Errorf("the part has %v, %s; want %v", fields, summary, want)
	}
	fields, _ = attributesOf(t, server, workflows.InsertOrderID(s.key(4)))
	if fields["Source"] != `"backfill"` || fields["OrderKey"] != `"imports:1:100000004"` {
		t.Errorf("its order has %v", fields)
	}
	for _, id := range []string{part, workflows.InsertOrderID(s.key(4))} {
		start := read(t, server, id, "").Events[0].GetWorkflowExecutionStartedEventAttributes()
		if start.GetPriority().GetPriorityKey() != workflows.ImportPriority {
			t.Errorf("%s has the priority %v, want that of its backfill", id, start.GetPriority())
		}
	}
}

// The names in operations.md and in other people's queries are these. Fails without: any of them.
func TestSearchAttributes_KeepTheirNames(t *testing.T) {
	if want := []string{"OrderKey", "IncrementId", "Store", "Instance", "Source"}; !slices.Equal(workflows.SearchAttributes(), want) {
		t.Errorf("%v, want %v", workflows.SearchAttributes(), want)
	}
}
