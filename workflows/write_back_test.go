package workflows_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/workflows"
)

var postedAndDue = &activities.InsertOrderResult{Status: order.Posted, WriteBack: true}

// writes makes WriteBack answer one result after the other, and counts the calls.
func writes(env *testsuite.TestWorkflowEnvironment, err error, results ...activities.WriteBackResult) (calls *int) {
	calls = new(int)
	env.OnActivity(act.WriteBack, mock.Anything, mock.Anything).Return(
		func(_ context.Context, in activities.WriteBackInput) (*activities.WriteBackResult, error) {
			if in.Instance != "main" {
				return nil, errors.New("another instance: " + in.Instance)
			}
			*calls++
			if err != nil {
				return nil, err
			}
			return &results[min(*calls, len(results))-1], nil
		}).Maybe()
	return calls
}

func TestSyncOrders_TellsMagentoOnlyWhenThereIsSomethingToTell(t *testing.T) {
	broken := temporal.NewNonRetryableApplicationError("the store is gone", activities.TypeRefused, nil)
	tests := map[string]struct {
		orders  int
		child   *activities.InsertOrderResult
		due     bool // earlier ones
		err     error
		results []activities.WriteBackResult
		calls   int
		written int
		errs    []string
	}{
		"nothing was posted":             {0, posted, false, nil, nil, 0, 0, nil},
		"the rules ask for nothing":      {3, posted, false, nil, nil, 0, 0, nil},
		"an order was posted":            {3, postedAndDue, false, nil, []activities.WriteBackResult{{Written: 3}}, 1, 3, nil},
		"earlier ones are due":           {0, posted, true, nil, []activities.WriteBackResult{{Written: 2, Later: 1}}, 1, 2, nil},
		"there are more than a call has": {3, postedAndDue, false, nil, []activities.WriteBackResult{{Written: 500, More: true}, {Written: 7}}, 1, 500, nil},
		"Magento does not answer": {3, postedAndDue, false, nil, []activities.WriteBackResult{{Written: 1, Stopped: "no answer"}}, 1, 1,
			[]string{"write back to Magento: no answer"}},
		"the activity fails": {3, postedAndDue, false, broken, nil, 1, 0, []string{"write back to Magento: the store is gone (type: Refused, retryable: false)"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFlow(t, tc.orders)
			f.writeBack = tc.due
			f.children(time.Second, tc.child, nil)
			calls := writes(f.TestWorkflowEnvironment, tc.err, tc.results...)
			run := f.run(workflows.SyncOrdersInput{})
			if *calls != tc.calls || run.Counts.WrittenBack != tc.written || !slices.Equal(run.Errors, tc.errs) {
				t.Errorf("%d calls, %d written, errors %q; want %d, %d, %q", *calls, run.Counts.WrittenBack, run.Errors, tc.calls, tc.written, tc.errs)
			}
			if run.Counts.Posted != tc.orders || run.EndedAt == nil || len(f.recorded) != 1 || f.recorded[0].Counts.WrittenBack != tc.written {
				t.Errorf("the run is %+v, recorded %+v", run, f.recorded)
			}
		})
	}
}

// What a history has posted is told in the last of its chain.
func TestSyncOrders_CarriesOnWhatMagentoIsToBeTold(t *testing.T) {
	f := newFlow(t, 600)
	f.children(time.Second, postedAndDue, nil)
	calls := writes(f.TestWorkflowEnvironment, nil, activities.WriteBackResult{Written: 1})
	f.ExecuteWorkflow(workflows.SyncOrders, workflows.SyncOrdersInput{Instance: "main", Window: 20})
	again, ok := errors.AsType[*workflow.ContinueAsNewError](f.GetWorkflowError())
	if !ok || *calls != 0 {
		t.Fatalf("ended with %v after %d write-backs, want continue-as-new first", f.GetWorkflowError(), *calls)
	}
	if input := decoded(again); !strings.Contains(input, `"write_back":true`) {
		t.Errorf("goes on with %s", input)
	}
}

// decoded is the input of the next history as text.
func decoded(again *workflow.ContinueAsNewError) string {
	var text strings.Builder
	for _, p := range again.Input.GetPayloads() {
		text.Write(p.GetData())
	}
	return text.String()
}

func TestResyncOrders_TellsMagentoWhatIsDue(t *testing.T) {
	for name, tc := range map[string]struct {
		hint  bool
		found activities.FindOrdersResult
		open  []order.Key
		calls int
	}{
		"a person asks, nothing is due":       {false, activities.FindOrdersResult{}, nil, 0},
		"a person asks, a write-back is due":  {false, activities.FindOrdersResult{WriteBack: true}, nil, 1},
		"an order is posted":                  {true, activities.FindOrdersResult{}, []order.Key{"main:1:1"}, 1},
		"the shop says that an order changed": {true, activities.FindOrdersResult{}, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			env := testkit.WorkflowEnvironment()
			env.RegisterWorkflow(workflows.InsertOrder)
			env.RegisterActivity(act)
			env.OnActivity(act.FindOrders, mock.Anything, mock.Anything).Return(func(_ context.Context, in activities.FindOrdersInput) (*activities.FindOrdersResult, error) {
				if in.Again == tc.hint || in.Actor != "clerk" {
					t.Errorf("asked with %+v", in)
				}
				return &tc.found, nil
			})
			env.OnActivity(act.SyncOrder, mock.Anything, mock.Anything).Return(&activities.SyncOrderResult{Open: tc.open}, nil)
			env.OnActivity(act.RecordRun, mock.Anything, mock.Anything).Return(nil)
			env.OnWorkflow(workflows.InsertOrder, mock.Anything, mock.Anything).Return(postedAndDue, nil).Maybe()
			calls := writes(env, nil, activities.WriteBackResult{Written: 1})
			env.ExecuteWorkflow(workflows.ResyncOrders, workflows.ResyncOrdersInput{Instance: "main", IncrementIDs: []string{"1"}, Hint: tc.hint, Actor: "clerk"})
			var result workflows.ResyncOrdersResult
			if err := env.GetWorkflowResult(&result); err != nil {
				t.Fatal(err)
			}
			if *calls != tc.calls || result.Run.Counts.WrittenBack != tc.calls {
				t.Errorf("%d calls, %d written; want %d", *calls, result.Run.Counts.WrittenBack, tc.calls)
			}
		})
	}
}

// A run that an earlier release began goes on as that release would.
func TestSyncOrders_ARunOfAnEarlierReleaseKeepsItsWay(t *testing.T) {
	for version, want := range map[workflow.Version]int{workflow.DefaultVersion: 0, 1: 5, 2: 1} {
		f := newFlow(t, 1)
		f.children(time.Second, postedAndDue, nil)
		f.OnGetVersion("write-back", workflow.DefaultVersion, workflow.Version(2)).Return(version)
		calls := writes(f.TestWorkflowEnvironment, nil, activities.WriteBackResult{Written: 1, More: true})
		if run := f.run(workflows.SyncOrdersInput{}); *calls != want || run.Counts.Posted != 1 {
			t.Errorf("version %d: %d write-backs, counts %+v; want %d and the order posted", version, *calls, run.Counts, want)
		}
	}
}

// A run whose time is up leaves it to the next.
func TestSyncOrders_ARunThatIsLateTellsNothing(t *testing.T) {
	f := newFlow(t, 30)
	f.writeBack = true
	f.children(5*time.Second, postedAndDue, nil)
	calls := writes(f.TestWorkflowEnvironment, nil, activities.WriteBackResult{Written: 1})
	if run := f.run(workflows.SyncOrdersInput{Budget: time.Minute, Window: 1}); *calls != 0 || run.Counts.Posted < 10 || run.Counts.Posted > 12 {
		t.Errorf("%d write-backs, counts %+v; want none after the time is up", *calls, run.Counts)
	}
}
