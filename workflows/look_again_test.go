package workflows_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/temporal"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/workflows"
)

// A shop that speaks before it has committed is asked again two seconds later; for orders that were seen nobody waits. Fails without:
// lookAgain (the first two are not posted), and the look at what was unchanged (the second).
func TestResyncOrders_AHintThatCameTooEarlyLooksAgain(t *testing.T) {
	key := order.Key("main:1:000000001")
	here := activities.FindOrdersResult{Refs: []store.PayloadRef{{Key: key, Hash: "a"}}}
	gone := activities.FindOrdersResult{Missing: []string{"000000001"}}
	fresh := activities.SyncOrderResult{Counts: store.Counts{Read: 1, New: 1}, Open: []order.Key{key}}
	known := activities.SyncOrderResult{Counts: store.Counts{Read: 1, Unchanged: 1}, AsBefore: []order.Key{key}}
	echo := activities.SyncOrderResult{Counts: store.Counts{Read: 1, Unchanged: 1}}
	nothing := activities.SyncOrderResult{}
	down := temporal.NewNonRetryableApplicationError("magento is down", activities.TypeRefused, nil)
	tests := map[string]struct {
		person                bool
		found                 []activities.FindOrdersResult
		fails                 error
		staged                []activities.SyncOrderResult
		posted, looks, errors int
		soon                  bool
	}{
		"a new order that is not shown yet":  {found: []activities.FindOrdersResult{gone, here}, staged: []activities.SyncOrderResult{nothing, fresh}, posted: 1, looks: 2},
		"a change that is not shown yet":     {found: []activities.FindOrdersResult{here, here}, staged: []activities.SyncOrderResult{known, fresh}, posted: 1, looks: 2},
		"an order that Magento never has":    {found: []activities.FindOrdersResult{gone, gone}, staged: []activities.SyncOrderResult{nothing, nothing}, looks: 2},
		"an order that is shown":             {found: []activities.FindOrdersResult{here}, staged: []activities.SyncOrderResult{fresh}, posted: 1, looks: 1, soon: true},
		"the echo of what Magento was told":  {found: []activities.FindOrdersResult{here}, staged: []activities.SyncOrderResult{echo}, looks: 1, soon: true},
		"the same order found by both looks": {found: []activities.FindOrdersResult{{Refs: here.Refs, Missing: gone.Missing}, here}, staged: []activities.SyncOrderResult{fresh, known}, posted: 1, looks: 2},
		"Magento down at the second look":    {found: []activities.FindOrdersResult{gone}, fails: down, staged: []activities.SyncOrderResult{nothing}, looks: 2, errors: 1},
		"a person, who sees what is missing": {person: true, found: []activities.FindOrdersResult{gone}, staged: []activities.SyncOrderResult{nothing}, looks: 1, soon: true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			env := testkit.WorkflowEnvironment()
			env.RegisterActivity(act)
			env.RegisterWorkflow(workflows.InsertOrder)
			looks := 0
			env.OnActivity(act.FindOrders, mock.Anything, mock.Anything).Return(func(_ context.Context, in activities.FindOrdersInput) (*activities.FindOrdersResult, error) {
				if looks++; looks == 2 && !slices.Equal(in.IncrementIDs, []string{"000000001"}) {
					t.Errorf("asks for %v again, want for the one that it missed", in.IncrementIDs)
				}
				if looks > len(tc.found) {
					return nil, tc.fails
				}
				return &tc.found[looks-1], nil
			})
			env.OnActivity(act.SyncOrder, mock.Anything, mock.Anything).Return(func(context.Context, activities.SyncOrderInput) (*activities.SyncOrderResult, error) {
				return &tc.staged[looks-1], nil
			})
			env.OnWorkflow(workflows.InsertOrder, mock.Anything, mock.Anything).Return(posted, nil).Maybe()
			env.OnActivity(act.RecordRun, mock.Anything, mock.Anything).Return(nil)
			began := env.Now()
			env.ExecuteWorkflow(workflows.ResyncOrders, workflows.ResyncOrdersInput{Instance: "main", IncrementIDs: []string{"000000001", "000000002"}, Hint: !tc.person})
			var result workflows.ResyncOrdersResult
			if err := env.GetWorkflowResult(&result); err != nil {
				t.Fatal(err)
			}
			if c := result.Run.Counts; c.Posted != tc.posted || c.Started != tc.posted || looks != tc.looks || len(result.Run.Errors) != tc.errors {
				t.Errorf("%d looks, counts %+v, errors %q; want %d looks, %d posted, %d errors", looks, c, result.Run.Errors, tc.looks, tc.posted, tc.errors)
			}
			if took := env.Now().Sub(began); tc.soon != (took < 2*time.Second) || took > 3*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}
