package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	grpcstatus "google.golang.org/grpc/status"

	"datawald/sandbox/testkit"
	"datawald/watch"
	"datawald/workflows"
)

func TestApplyCreatesTheScheduleAndStartsTheFirstRun(t *testing.T) {
	r := newRig(t)
	if out := r.must("apply"); !strings.Contains(out, "sync-orders:"+r.instance+": created") {
		t.Errorf("apply says %q", out)
	}
	d := r.describe()
	p := d.Schedule.Policy
	if p.Overlap != enumspb.SCHEDULE_OVERLAP_POLICY_SKIP || p.CatchupWindow != 24*time.Hour || p.PauseOnFailure {
		t.Errorf("policy %+v", *p)
	}
	if s := d.Schedule.Spec; len(s.Intervals) != 1 || s.Intervals[0].Every != 24*time.Hour || len(s.Calendars) != 0 {
		t.Errorf("spec %+v", *s)
	}
	a := action(t, d)
	if a.ID != workflows.SyncOrdersID(r.instance) || a.Workflow != "SyncOrders" || a.TaskQueue != r.queue || a.WorkflowExecutionTimeout != runLimit {
		t.Errorf("action %+v", *a)
	}
	if in := inputOf(t, a); in.Instance != r.instance || in.Window != 40 {
		t.Errorf("input %+v", in)
	}
	if _, err := watch.Started(t.Context(), r.schedule(), nil); err != nil {
		t.Error("no run has started with the schedule:", err)
	}
}

func TestApplyWritesNothingWhenNothingChanged(t *testing.T) {
	r := newRig(t)
	r.must("apply")
	before := r.describe()
	if out := r.must("apply"); out != "sync-orders:"+r.instance+": unchanged\n" {
		t.Errorf("apply says %q, want unchanged", out)
	}
	after := r.describe()
	if !after.Info.LastUpdateAt.Equal(before.Info.LastUpdateAt) {
		t.Errorf("the schedule was written at %s", after.Info.LastUpdateAt)
	}
	if n := len(after.Info.RecentActions); n > 1 {
		t.Errorf("%d runs were started, want the first alone", n)
	}
}

func TestApplyBringsChangedSettingsIn(t *testing.T) {
	r := newRig(t)
	r.must("apply")
	t.Setenv("SYNC_INTERVAL", "2s")
	t.Setenv("SYNC_WINDOW", "7")
	t.Setenv("TEMPORAL_TASK_QUEUE", r.queue+"b")
	out := r.must("apply")
	for _, part := range []string{"updated: ", "interval 24h0m0s -> 2s", "catch-up window 24h0m0s -> 10s", `"window":7`, "task queue " + r.queue + " -> "} {
		if !strings.Contains(out, part) {
			t.Errorf("apply says %q, want %q in it", out, part)
		}
	}
	d := r.describe()
	if every := d.Schedule.Spec.Intervals[0].Every; every != 2*time.Second {
		t.Errorf("interval %s, want 2s", every)
	}
	if w := d.Schedule.Policy.CatchupWindow; w != leastCatchup {
		t.Errorf("catch-up window %s, want the least that the server takes", w)
	}
	if in := inputOf(t, action(t, d)); in.Window != 7 {
		t.Errorf("window %d, want 7", in.Window)
	}
	if out := r.must("apply"); !strings.HasSuffix(out, ": unchanged\n") {
		t.Errorf("apply says %q afterwards, want unchanged", out)
	}
}

func TestApplyKeepsPauseAndNote(t *testing.T) {
	r := newRig(t)
	r.must("apply")
	if err := r.schedule().Pause(t.Context(), client.SchedulePauseOptions{Note: "stocktaking"}); err != nil {
		t.Fatal(err)
	}
	if out := r.must("apply"); !strings.HasSuffix(out, ": unchanged (paused: stocktaking)\n") {
		t.Errorf("apply says %q", out)
	}
	t.Setenv("SYNC_WINDOW", "8")
	if out := r.must("apply"); !strings.Contains(out, "updated: ") || !strings.HasSuffix(out, "(paused: stocktaking)\n") {
		t.Errorf("apply says %q", out)
	}
	if s := r.describe().Schedule.State; !s.Paused || s.Note != "stocktaking" {
		t.Errorf("state %+v, want it paused for stocktaking", *s)
	}
}

func TestApplyUndoesChangesByHand(t *testing.T) {
	hands := map[string]func(*client.Schedule){
		"overlap":           func(s *client.Schedule) { s.Policy.Overlap = enumspb.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL },
		"pause on failure":  func(s *client.Schedule) { s.Policy.PauseOnFailure = true },
		"jitter":            func(s *client.Schedule) { s.Spec.Jitter = time.Minute },
		"time zone":         func(s *client.Schedule) { s.Spec.TimeZoneName = "Europe/Berlin" },
		"calendars":         func(s *client.Schedule) { s.Spec.Calendars = []client.ScheduleCalendarSpec{{}} },
		"workflow id":       func(s *client.Schedule) { s.Action.(*client.ScheduleWorkflowAction).ID = "other" },
		"execution timeout": func(s *client.Schedule) { s.Action.(*client.ScheduleWorkflowAction).WorkflowExecutionTimeout = 0 },
		"memo":              func(s *client.Schedule) { s.Action.(*client.ScheduleWorkflowAction).Memo = map[string]any{"a": 1} },
		"search attributes": func(s *client.Schedule) {
			s.Action.(*client.ScheduleWorkflowAction).TypedSearchAttributes = workflows.RunAttributes("other", workflows.SourceSync)
		},
		"summary": func(s *client.Schedule) { s.Action.(*client.ScheduleWorkflowAction).StaticSummary = "other" },
	}
	r := newRig(t)
	r.must("apply")
	for what, change := range hands {
		t.Run(what, func(t *testing.T) {
			r := r.in(t)
			err := r.schedule().Update(t.Context(), client.ScheduleUpdateOptions{DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
				change(&in.Description.Schedule)
				return &client.ScheduleUpdate{Schedule: &in.Description.Schedule}, nil
			}})
			if err != nil {
				t.Fatal(err)
			}
			if out := r.must("apply"); !strings.Contains(out, "updated: "+what+" ") {
				t.Errorf("apply says %q, want it to name %s", out, what)
			}
			if out := r.must("apply"); !strings.HasSuffix(out, ": unchanged\n") {
				t.Errorf("apply says %q afterwards, want unchanged", out)
			}
		})
	}
}

// In a namespace that has one of the names for another type, runs go without search attributes and the operator is told; once that is
// mended, apply gives them to the schedule. Fails without: ErrMissing in searchable (apply ends with an error and makes no schedule).
func TestApplyWithoutSearchAttributes(t *testing.T) {
	r := newRig(t)
	var namespace string
	r.temporal, namespace = testkit.Namespace(t)
	t.Setenv("TEMPORAL_NAMESPACE", namespace)
	operator := r.temporal.OperatorService()
	if _, err := operator.AddSearchAttributes(t.Context(), &operatorservice.AddSearchAttributesRequest{
		Namespace: namespace, SearchAttributes: map[string]enumspb.IndexedValueType{"Store": enumspb.INDEXED_VALUE_TYPE_INT}}); err != nil {
		t.Fatal(err)
	}
	code, out, errs := r.starter("apply")
	if code != exitOK || !strings.Contains(out, ": created") || !strings.Contains(errs, "temporal operator search-attribute create") || !strings.Contains(errs, "Store has another type") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	if n := action(t, r.describe()).TypedSearchAttributes.Size(); n != 0 {
		t.Errorf("the schedule gives its runs %d search attributes", n)
	}
	if _, err := watch.Started(t.Context(), r.schedule(), nil); err != nil {
		t.Error("no run has started with the schedule:", err)
	}
	if _, err := operator.RemoveSearchAttributes(t.Context(), &operatorservice.RemoveSearchAttributesRequest{Namespace: namespace, SearchAttributes: []string{"Store"}}); err != nil {
		t.Fatal(err)
	}
	out = r.must("apply")
	for _, part := range []string{"search attributes: added ", "updated: search attributes none -> Instance=" + r.instance + ", Source=sync"} {
		if !strings.Contains(out, part) {
			t.Errorf("apply says %q, want %q in it", out, part)
		}
	}
}

// A server that does not tell its search attributes: the schedule is made or changed all the same, and keeps those that it has. Fails
// without: keepAttributes, and the case in searchable for any error.
func TestApplyWithoutAnAnswerAboutSearchAttributes(t *testing.T) {
	r := newRig(t)
	r.must("apply")
	refusing := func(ctx context.Context, method string, req, reply any, c *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		if strings.HasSuffix(method, "/CountWorkflowExecutions") {
			return grpcstatus.Error(codes.PermissionDenied, "no search")
		}
		return invoke(ctx, method, req, reply, c, opts...)
	}
	c, err := client.Dial(client.Options{HostPort: testkit.TemporalAddress(t), Logger: log.NewStructuredLogger(testkit.Silent()),
		ConnectionOptions: client.ConnectionOptions{DialOptions: []grpc.DialOption{grpc.WithChainUnaryInterceptor(refusing)}}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s, err := loadSettings()
	if err != nil {
		t.Fatal(err)
	}
	s.SyncWindow = 8
	var out, errs bytes.Buffer
	a := &app{ctx: t.Context(), streams: streams{nil, &out, &errs}}
	if err := applyAll(a, c, s); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(errs.String(), "no search") || !strings.Contains(out.String(), "updated: input ") || strings.Contains(out.String(), "search attributes") {
		t.Errorf("apply says %s%s", out.String(), errs.String())
	}
	if n := action(t, r.describe()).TypedSearchAttributes.Size(); n != 2 {
		t.Errorf("the schedule gives its runs %d search attributes, want those it had", n)
	}
}

func TestApplyNamesANamespaceThatIsNotThere(t *testing.T) {
	r := newRig(t)
	t.Setenv("TEMPORAL_NAMESPACE", "nowhere")
	if code, _, errs := r.starter("apply"); code != exitInput || !strings.Contains(errs, `no namespace "nowhere"`) {
		t.Errorf("exit %d: %s", code, errs)
	}
}

func action(t *testing.T, d *client.ScheduleDescription) *client.ScheduleWorkflowAction {
	t.Helper()
	a, ok := d.Schedule.Action.(*client.ScheduleWorkflowAction)
	if !ok {
		t.Fatalf("the action is a %T", d.Schedule.Action)
	}
	return a
}

func inputOf(t *testing.T, a *client.ScheduleWorkflowAction) (in workflows.SyncOrdersInput) {
	t.Helper()
	if len(a.Args) != 1 {
		t.Fatalf("the action has %d inputs, want 1", len(a.Args))
	}
	p, ok := a.Args[0].(*commonpb.Payload)
	if !ok {
		t.Fatalf("the input is a %T", a.Args[0])
	}
	if err := converter.GetDefaultDataConverter().FromPayload(p, &in); err != nil {
		t.Fatal(err)
	}
	return in
}
