package alarm

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// A store that takes a question and never answers holds a look up for a while and not for ever; that nothing can be seen is said once, and again when it was seen meanwhile. Fails
// without: Limit in look; blind in LookAll.
func TestLook_AStoreThatHangs(t *testing.T) {
	p := newPlace(t)
	db, name := testkit.Database(t)
	var hangs atomic.Bool
	end := make(chan struct{})
	defer close(end)
	p.db = db
	k := p.keepers[0]
	k.Store = testkit.TappedStore(t, name, func([]byte) bool {
		if hangs.Load() {
			<-end
		}
		return false
	})
	var said bytes.Buffer
	logTo(k, &said)
	k.Pace.Limit = 500 * time.Millisecond
	hangs.Store(true)
	for range 2 {
		looked := make(chan struct{})
		go func() { k.LookAll(t.Context()); close(looked) }()
		select {
		case <-looked:
		case <-time.After(30 * time.Second):
			t.Fatal("a look has no end")
		}
	}
	if n := strings.Count(said.String(), "cannot be looked at"); n != 1 || !k.blind[p.instance] {
		t.Errorf("it says %d times that it sees nothing: %s", n, said.String())
	}
}

// A process that is told to stop within a look does not say that it saw nothing. Fails without: ctx.Err in LookAll.
func TestLook_AProcessThatStops(t *testing.T) {
	p := newPlace(t)
	k := p.keepers[0]
	var said bytes.Buffer
	logTo(k, &said)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if k.LookAll(ctx); said.Len() > 0 || k.blind[p.instance] {
		t.Errorf("it says %s", said.String())
	}
}

// When what is usual cannot be read, the alarm of it is left as it is, and all others are seen. Fails without: gather going on behind usual; usualUnknown there.
func TestLook_GoesOnWithoutWhatIsUsual(t *testing.T) {
	p := newPlace(t)
	db, name := testkit.Database(t)
	p.db = db
	p.read(time.Now())
	p.stage(order.Held, 3, func(n int) time.Time { return p.clock.now().Add(-time.Duration(n+1) * time.Minute) })
	k := p.keepers[0]
	k.Store = db
	client, err := mongo.Connect(options.Client().ApplyURI(testkit.MongoURI(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Disconnect(context.WithoutCancel(t.Context())) }()
	usual, is := client.Database(name).Collection("alarms"), bson.D{{Key: "_id", Value: "usual:" + p.instance}}
	if _, err := usual.InsertOne(t.Context(), append(is[:1:1], bson.E{Key: "hours", Value: "none that can be read"})); err != nil {
		t.Fatal(err)
	}
	if _, _, err := db.ChangeAlarm(t.Context(), p.instance, NoNewOrders, func(a *store.Alarm) bool {
		a.Raised, a.BadSince, a.RaisedAt = true, p.clock.now(), p.clock.now()
		a.Add(store.AlarmRaised, p.clock.now())
		return true
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Usual(t.Context(), p.instance); err == nil {
		t.Fatal("what is usual can be read")
	}
	for range 2 {
		k.LookAll(t.Context())
	}
	if names := p.raised(); k.blind[p.instance] || !slices.Contains(names, HeldOrders) || !slices.Contains(names, NoNewOrders) {
		t.Errorf("raised: %v, blind: %v", names, k.blind)
	}
	if _, err := usual.DeleteOne(t.Context(), is); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		k.LookAll(t.Context())
	}
	if names := p.raised(); slices.Contains(names, NoNewOrders) {
		t.Errorf("when it can be read: %v", names)
	}
}

// A shop without a single order, or of which nobody wants to know, has no silence. Fails without: each of the conditions in noNewOrders.
func TestNoNewOrders_WantsOrders(t *testing.T) {
	quiet := func(change func(*facts)) verdict {
		f := facts{now: monday, limits: limits(), rhythm: &Rhythm{}, latest: monday.AddDate(0, 0, -30)}
		change(&f)
		return noNewOrders(f)
	}
	for name, change := range map[string]func(*facts){
		"not wanted":     func(f *facts) { f.limits.NoNewOrders = false },
		"no rhythm":      func(f *facts) { f.rhythm = nil },
		"never an order": func(f *facts) { f.latest = time.Time{} },
	} {
		if v := quiet(change); v.state != good {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

// What was told is not told again, an alarm that came and went unseen is not told of after months, and the end of one that was told is, though its begin is no longer kept. Fails without: Untold, Raised and
// the first begun in fresh.
func TestFresh_TellsOnceAndNothingTooLate(t *testing.T) {
	event := func(seq int64, kind string, ago time.Duration) store.AlarmEvent {
		return store.AlarmEvent{Seq: seq, Kind: kind, At: monday.Add(-ago)}
	}
	const month = 30 * 24 * time.Hour
	for name, tc := range map[string]struct {
		a    store.Alarm
		want []int64
	}{
		"told a minute ago": {store.Alarm{Raised: true, RaisedAt: monday.Add(-time.Minute), Seq: 2, Told: map[string]int64{"mail": 1},
			Events: []store.AlarmEvent{event(1, store.AlarmRaised, time.Minute), event(2, store.AlarmReminder, time.Second)}}, []int64{2}},
		"came and went": {store.Alarm{RaisedAt: monday.Add(-2 * month), Seq: 2, Told: map[string]int64{"mail": 0},
			Events: []store.AlarmEvent{event(1, store.AlarmRaised, 2*month), event(2, store.AlarmResolved, month)}}, nil},
		"its end alone is kept": {store.Alarm{RaisedAt: monday.Add(-2 * month), Seq: 2, Told: map[string]int64{"mail": 1},
			Events: []store.AlarmEvent{event(2, store.AlarmResolved, month)}}, []int64{2}},
	} {
		var seqs []int64
		for _, e := range fresh(tc.a, "mail", monday) {
			seqs = append(seqs, e.Seq)
		}
		if !slices.Equal(seqs, tc.want) {
			t.Errorf("%s: told are %v, want %v", name, seqs, tc.want)
		}
	}
}

// Who wants no reconciliation is not told that there is none. Fails without: the limit of zero in reconciliationLate.
func TestReconciliationLate_IsNotWanted(t *testing.T) {
	f := facts{now: monday, limits: limits(), reconciled: reconciled{planned: monday.AddDate(0, -1, 0)}}
	if f.limits.ReconciliationAge = 0; reconciliationLate(f).state != good {
		t.Errorf("it is %+v", reconciliationLate(f))
	}
}
