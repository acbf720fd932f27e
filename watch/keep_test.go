package watch

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/workflows"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// post is a place from which several watch over one schedule; each looks when the test says so.
type post struct {
	t        *testing.T
	sight    Sight
	instance string
	said     bytes.Buffer
	// refuse is how many questions for a schedule Temporal refuses to answer, code how it does.
	refuse int
	code   codes.Code
}

func newPost(t *testing.T) *post {
	p := &post{t: t, instance: testkit.Name(t), code: codes.PermissionDenied}
	deaf := func(ctx context.Context, method string, req, reply any, c *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		if strings.HasSuffix(method, "/DescribeSchedule") && p.refuse > 0 {
			p.refuse--
			return status.Error(p.code, "no answer") // which the SDK does not try again
		}
		return invoke(ctx, method, req, reply, c, opts...)
	}
	c, err := client.Dial(client.Options{HostPort: testkit.TemporalAddress(t), Logger: log.NewStructuredLogger(testkit.Silent()),
		ConnectionOptions: client.ConnectionOptions{DialOptions: []grpc.DialOption{grpc.WithChainUnaryInterceptor(deaf)}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	p.sight = Sight{Temporal: c, Store: testkit.Store(t), TaskQueue: testkit.Name(t)}
	return p
}

// keeper is one who watches since so long, with a patience.
func (p *post) keeper(since, after time.Duration) *keeper {
	k := &keeper{Sight: p.sight, instance: p.instance, log: slog.New(slog.NewTextHandler(&p.said, nil)), began: time.Now().Add(-since)}
	k.After = after
	return k
}

func (p *post) look(all ...*keeper) {
	p.t.Helper()
	for _, k := range all {
		if err := k.once(p.t.Context()); err != nil {
			p.t.Fatal(err)
		}
	}
}

// heard compares how many alarms were raised, and how many ended.
func (p *post) heard(alarms, ends int, words ...string) {
	p.t.Helper()
	said := p.said.String()
	if a, e := strings.Count(said, "level=ERROR"), strings.Count(said, "Magento is read again"); a != alarms || e != ends {
		p.t.Errorf("%d alarms and %d ends, want %d and %d:\n%s", a, e, alarms, ends, said)
	}
	for _, w := range words {
		if !strings.Contains(said, w) {
			p.t.Errorf("want %q in\n%s", w, said)
		}
	}
}

// read lets Magento be read by a run that began so long ago.
func (p *post) read(ago time.Duration) {
	p.t.Helper()
	if err := p.sight.Store.NoteReading(p.t.Context(), p.instance, store.TaskOrders, store.Reading{Began: time.Now().Add(-ago)}); err != nil {
		p.t.Fatal(err)
	}
}

// plan makes a schedule whose runs nobody takes up.
func (p *post) plan(every time.Duration) client.ScheduleHandle {
	p.t.Helper()
	h, err := p.sight.Temporal.ScheduleClient().Create(p.t.Context(), client.ScheduleOptions{ID: workflows.ScheduleID(p.instance),
		Spec:   client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: every}}},
		Action: &client.ScheduleWorkflowAction{ID: workflows.SyncOrdersID(p.instance), Workflow: "SyncOrders", TaskQueue: p.sight.TaskQueue}})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = h.Delete(context.Background()) }) // the test may have
	return h
}

// Magento was never read and nobody has made the schedule: those who begin to watch later do not take that for its end. Fails without:
// the reading that once wants for an end.
func TestKeep_WhoBeginsLaterEndsNoAlarm(t *testing.T) {
	p := newPost(t)
	early, late := p.keeper(time.Minute, 5*time.Second), p.keeper(0, 5*time.Second)
	p.look(early, early)
	p.heard(1, 0, "cause=no_schedule")
	p.look(late, early, late, early)
	p.heard(1, 0)
	p.read(0)
	p.look(late, early)
	p.heard(1, 1)
}

// A process that is started again and again is still late by what the first saw. Fails without: noted in since.
func TestKeep_TheFirstToLookIsRemembered(t *testing.T) {
	p := newPost(t)
	p.look(p.keeper(time.Minute, time.Hour)) // it ends too early to say it
	p.look(p.keeper(0, 5*time.Second))
	p.heard(1, 0, "cause=no_schedule")
}

// Two that wait for different times. Fails without: the reading that once wants for an end.
func TestKeep_APatientOneEndsNoAlarm(t *testing.T) {
	p := newPost(t)
	p.read(time.Minute)
	hasty, patient := p.keeper(time.Hour, 5*time.Second), p.keeper(time.Hour, time.Hour)
	p.look(hasty, patient, hasty, patient, hasty)
	p.heard(1, 0, "cause=no_schedule")
	p.read(0)
	p.look(patient, hasty, patient)
	p.heard(1, 1, "Magento is read again")
}

// A server that gives no answer once has much to do. Fails without: the second question in look.
func TestKeep_OneAnswerThatFailsIsNoOutage(t *testing.T) {
	p := newPost(t)
	p.read(time.Minute)
	p.refuse = 1
	p.look(p.keeper(0, 5*time.Second))
	p.heard(1, 0, "cause=no_schedule")
}

// Who never saw the schedule has its interval from those who did. Fails without: the interval of the lane in look.
func TestKeep_TheIntervalIsKnownToAll(t *testing.T) {
	p := newPost(t)
	p.plan(time.Hour)
	p.read(time.Minute)
	p.look(p.keeper(0, time.Hour)) // not late, and it asks Temporal once all the same
	p.refuse = 4
	p.look(p.keeper(0, 5*time.Second))
	p.heard(0, 0)
	sight := p.sight
	sight.After = 5 * time.Second
	seen, err := sight.Look(t.Context(), p.instance)
	if err != nil || seen.State != Unknown || seen.Late || seen.IntervalSeconds != 3600 {
		t.Errorf("%+v (%v), want an hour's interval, and not late", seen, err)
	}
}

// An alarm for what somebody wanted is none for what comes after: when the schedule has gone on for long and nothing is read, one more is
// raised, once. Fails without: Anew in tell (it stays silent), wanted in isAnew (it is raised before a run can have begun).
func TestKeep_AnAlarmForAWishIsNotAllThatIsSaid(t *testing.T) {
	p := newPost(t)
	h := p.plan(time.Second)
	if err := h.Pause(t.Context(), client.SchedulePauseOptions{Note: "stocktaking"}); err != nil {
		t.Fatal(err)
	}
	p.read(-50 * time.Millisecond) // after the schedule was made
	k := p.keeper(0, 50*time.Millisecond)
	for deadline := time.Now().Add(time.Minute); p.said.Len() == 0 && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		p.look(k)
	}
	p.heard(1, 0, "cause=paused")
	if err := h.Unpause(t.Context(), client.ScheduleUnpauseOptions{}); err != nil {
		t.Fatal(err)
	}
	p.look(k)
	p.heard(1, 0)
	k.wanted = k.wanted.Add(-time.Hour)
	p.look(k, k)
	p.heard(2, 0, "cause=no_worker")
}

// A sound run waits for its orders for ten minutes, however impatient the watch is. Fails without: hangsAfter.
func TestCause_ASoundRunDoesNotHang(t *testing.T) {
	p := newPost(t)
	c, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1", Logger: log.NewStructuredLogger(testkit.Silent())})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	p.sight.Temporal = c // nobody can be asked for workers
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for since, want := range map[time.Duration]string{workflows.DefaultBudget + time.Minute: RunsFail, workflows.DefaultBudget + 3*time.Minute: RunHangs} {
		if got := p.sight.cause(ctx, &Schedule{State: On, RunningSince: new(time.Now().Add(-since))}); got != want {
			t.Errorf("a run under way for %s: %s, want %s", since, got, want)
		}
	}
}

// A patience that is too short is said at the start. Fails without: the line in Keep.
func TestKeep_SaysThatItsPatienceIsShort(t *testing.T) {
	for after, want := range map[time.Duration]int{hangsAfter - time.Second: 1, hangsAfter: 0} {
		var said bytes.Buffer
		Sight{After: after}.Keep(t.Context(), nil, slog.New(slog.NewTextHandler(&said, nil)))
		if n := strings.Count(said.String(), "level=WARN msg=\"SYNC_ALARM_AFTER is shorter"); n != want {
			t.Errorf("%s: said %d times, want %d", after, n, want)
		}
	}
}

// A process that was told to speak of orders that nobody takes, and died before it had, leaves that to others. Fails without: NoteDown while
// the mark stands.
func TestKeep_AnotherSpeaksForOneThatDied(t *testing.T) {
	p := newPost(t)
	if _, _, err := p.sight.Store.NoteDown(t.Context(), store.WorkerOf(p.instance), store.Trouble{Since: time.Now(), Cause: NoB1Worker, AlarmAfter: time.Hour}); err != nil {
		t.Fatal(err)
	}
	k := p.keeper(0, time.Hour)
	for range 2 {
		if err := k.orders(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	p.heard(1, 0, "cause=no_b1_worker")
}
