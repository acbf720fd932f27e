package activities_test

import (
	"errors"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// reader goes through a shop as a run does: it asks the store where to begin, and keeps to itself where it is from then on.
type reader struct {
	t     *testing.T
	a     *activities.Activities
	began time.Time
	from  store.Reading
}

// began starts a reader so many seconds into a minute. The times of Temporal are finer than those of the store.
func began(t *testing.T, db *store.Store, second int) *reader {
	t.Helper()
	r := &reader{t: t, a: activities.New(db, testkit.Silent(), activities.Instance{Name: "main", Rules: exampleRules(t), Overlap: time.Minute}),
		began: moment(second).Add(123456789 * time.Nanosecond)}
	last, err := r.a.GetLastCut(t.Context(), activities.GetLastCutInput{Instance: "main"})
	if err != nil {
		t.Fatal(err)
	}
	r.from = last.Latest
	return r
}

// page stages a page that ends at a place.
func (r *reader) page(to int64) error {
	r.t.Helper()
	next := order.Cut{UpdatedAt: moment(0).Add(time.Duration(to)*time.Hour + 987654321*time.Nanosecond), EntityID: to}
	in := activities.SyncOrderInput{Instance: "main", Cut: &next, From: r.from,
		Reading: &store.Reading{Began: r.began, ShopTime: r.began, Reach: next}}
	_, err := r.a.SyncOrder(r.t.Context(), in)
	if err == nil {
		r.from = *in.Reading
	}
	return err
}

func (r *reader) pages(to ...int64) {
	r.t.Helper()
	for _, n := range to {
		if err := r.page(n); err != nil {
			r.t.Fatalf("the page up to %d: %v", n, err)
		}
	}
}

// refused wants a page refused for good.
func (r *reader) refused(to int64) {
	r.t.Helper()
	err := r.page(to)
	if app, ok := errors.AsType[*temporal.ApplicationError](err); !ok || app.Type() != activities.TypeRefused || !app.NonRetryable() {
		r.t.Errorf("the page up to %d behind a store that was set back ends with %v, want it refused", to, err)
	}
}

func place(t *testing.T, db *store.Store) (cut, reach int64) {
	t.Helper()
	p, err := db.Progress(t.Context(), "main", store.TaskOrders)
	if err != nil {
		t.Fatal(err)
	}
	return p.Cut.EntityID, p.Latest.Reach.EntityID
}

// A run that goes on behind pages that a restored store has lost moves neither cut nor reading, wherever the backup was taken; the next run reads
// on from where the store is.
// Fails without: follows in SyncOrder; From in the input; the first page's From (case "before its first page").
func TestSyncOrder_DoesNotLeaveOutWhatTheStoreHasLost(t *testing.T) {
	for name, c := range map[string]struct {
		kept    []int64 // the pages of the run that the restored store has
		cut     int64
		earlier bool // a run before it has read up to 10
	}{
		"in mid-reading":                       {kept: []int64{11}, cut: 11, earlier: true},
		"in mid-reading, the first of all":     {kept: []int64{11}, cut: 11},
		"before its first page":                {cut: 10, earlier: true},
		"from nothing":                         {},
		"reading what was read once, in doubt": {kept: []int64{8}, cut: 10, earlier: true},
	} {
		t.Run(name, func(t *testing.T) {
			live, restored := testkit.Store(t), testkit.Store(t)
			run := began(t, live, 1)
			if c.earlier {
				began(t, live, 0).pages(5, 10)
				began(t, restored, 0).pages(5, 10)
				run = began(t, live, 1)
			}
			copied := began(t, restored, 1)
			copied.pages(c.kept...)
			run.pages(append(c.kept, 12, 13)...)

			run.a = copied.a // its worker starts again, and the store is another
			run.refused(14)
			cut, reach := place(t, restored)
			if want := append([]int64{0, 10}, c.kept...); cut != c.cut || c.earlier && reach != want[len(want)-1] {
				t.Errorf("the cut stands at %d and the reading at %d, want them where they were", cut, reach)
			}
			began(t, restored, 2).pages(12, 13, 14)
			if cut, reach := place(t, restored); cut != 14 || reach != 14 {
				t.Errorf("after the next run the cut stands at %d and the reading at %d, want 14", cut, reach)
			}
		})
	}
}

// What goes on from where the store is is never refused: steps that are run again, readers beside each other, what earlier releases began,
// reading that goes back, and a cut that somebody has set back.
// Fails without: the millisecond in Behind (a step that is run again); the zero From (an earlier release).
func TestSyncOrder_RefusesNoReadingThatIsRight(t *testing.T) {
	db := testkit.Store(t)
	first := began(t, db, 1)
	first.pages(1, 2)
	again := *first
	first.pages(3)
	again.pages(3) // its worker died before Temporal knew
	second := began(t, db, 2)
	second.pages(1, 2) // what may have been committed late, or a shop whose clock was set back
	first.pages(4)     // it was slow, and is not over
	second.pages(3, 5)
	old := began(t, db, 3)
	old.from = store.Reading{}
	old.pages(6, 7)
	if cut, reach := place(t, db); cut != 7 || reach != 7 {
		t.Errorf("the cut stands at %d and the reading at %d, want 7", cut, reach)
	}
	began(t, db, 4).pages(7) // nothing new

	back := testkit.Store(t)
	began(t, back, 0).pages(2) // a store that somebody set back to 2
	began(t, back, 5).pages(3, 4)
}

// A reading that is noted again with less does not go back.
// Fails without: Behind in NoteReading, which takes times by the millisecond.
func TestNoteReading_NeverGoesBack(t *testing.T) {
	db := testkit.Store(t)
	r := began(t, db, 1)
	r.pages(1)
	late := *r
	r.pages(2, 3)
	late.pages(2)
	if _, reach := place(t, db); reach != 3 {
		t.Errorf("after a late word of page 2 the reading stands at %d, want 3", reach)
	}
}
