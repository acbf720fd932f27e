package api

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/gin-gonic/gin"
	"go.temporal.io/sdk/client"

	"datawald/config"
	"datawald/gateway/access"
	"datawald/order"
	"datawald/store"
)

// SetTrialTime changes how long one page of tried rules may take; restore undoes it.
func SetTrialTime(d time.Duration) (restore func()) {
	was := trialTime
	trialTime = d
	return func() { trialTime = was }
}

// Cancel tells a backfill to end that was seen under way, whatever has become of it.
func Cancel(ctx context.Context, settings *config.Gateway, temporal client.Client, seen Backfill) error {
	_, err := (&server{settings: settings, temporal: temporal}).cancel(ctx, &seen)
	return err
}

// Pause holds a backfill that was seen under way in a history, whatever has become of it.
func Pause(ctx context.Context, temporal client.Client, seen Backfill, historyID string) error {
	seen.historyID = historyID
	return (&server{temporal: temporal}).pause(ctx, &seen, true)
}

// Turns makes the gate that lets n requests try rules at once.
func Turns(n int) func(context.Context) (done func(), err error) {
	return (&server{trials: make(chan struct{}, n)}).turn
}

// Needs says what of a status needs a person, and how badly.
func Needs(s Status, instance, lacksRules string) ([]Need, Level) {
	s.sumUp(instance, lacksRules)
	return s.Needs, s.Level
}

// MagentoHealth tells how Magento does.
var MagentoHealth = magentoHealth

// Pace changes how often feeds look that are made from now on, after how many looks Temporal is asked as well, and how far back changes are told;
// zero leaves as it is. restore undoes it.
func Pace(poll time.Duration, whole int, back time.Duration) (restore func()) {
	was := usual
	usual.poll, usual.whole = cmp.Or(poll, was.poll), cmp.Or(whole, was.whole)
	usual.changed, usual.late, usual.first = cmp.Or(back, was.changed), cmp.Or(back, was.late), cmp.Or(back, was.first)
	return func() { usual = was }
}

// MaxStreams, MostChanged and Buffered are the bounds of the streams.
const (
	MaxStreams  = maxStreams
	MostChanged = mostChanged
	Buffered    = buffered
)

// TemporalTime is how long a status waits for Temporal.
const TemporalTime = temporalTime

// Hub has the feeds of all instances.
type Hub struct{ *hub }

// NewHub makes one without connections.
func NewHub(settings *config.Gateway, db *store.Store, temporal client.Client) Hub {
	return Hub{newHub(&server{settings: settings, store: db, temporal: temporal, book: newBook(settings, db, slog.New(slog.DiscardHandler))})}
}

// Listen joins a feed.
func (h Hub) Listen(instance string) (events <-chan message, leave func()) {
	l, err := h.listen(instance, time.Time{})
	if err != nil {
		panic(err)
	}
	return l.events, func() { h.leave(l) }
}

// Text is what a message says.
func (m message) Text() string { return string(m.data) }

// Publish gives a number to all who listen.
func (h Hub) Publish(instance string, n int) error {
	h.mu.Lock()
	f := h.feeds[instance]
	h.mu.Unlock()
	return f.publish(time.Now(), ordersEvent, n)
}

// Looking are the feeds that look, each closed when it does no more.
func (h Hub) Looking() (all []<-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range h.feeds {
		all = append(all, f.over)
	}
	return all
}

// AddUserInput is the input of the operation add-user.
func AddUserInput(name string, role access.Role, password string) any {
	in := &addUserInput{}
	in.Body.Name, in.Body.Role, in.Body.Password = name, role, password
	return in
}

// StartResyncInput is the input of the operation start-resync.
func StartResyncInput(key, instance string, ids ...string) any {
	return &startResyncInput{IdempotencyKey: key, Body: ResyncRequest{Instance: instance, IncrementIDs: ids}}
}

// BegunRequest is a request of the test's key as a gateway begins it.
func BegunRequest(operation, key string, in any) (store.Request, error) {
	fingerprint, err := fingerprintOf(key, in)
	actor := access.Actor{Name: "test", Role: access.Admin, Kind: access.Key, KeyID: "test"}
	return store.Request{ID: requestID(actor, key), Operation: operation, Fingerprint: fingerprint, Token: "gone"}, err
}

// SetBulkTime changes how long one request works on the orders of a filter; restore undoes it.
func SetBulkTime(d time.Duration) (restore func()) {
	was := bulkTime
	bulkTime = d
	return func() { bulkTime = was }
}

// IsLimited reports whether requests of a route may take so long only.
func IsLimited(route string) (is bool) {
	router := gin.New()
	router.GET(route, limited, func(c *gin.Context) { _, is = c.Request.Context().Deadline() })
	router.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, route, nil))
	return is
}

// SetMaxExports changes how many exports gateways that are made now read at once; restore undoes it.
func SetMaxExports(n int) (restore func()) {
	was := maxExports
	maxExports = n
	return func() { maxExports = was }
}

// SetCodings changes how often one actor may ask the codec in a minute; restore undoes it.
func SetCodings(n int) (restore func()) {
	was := codingsInAMinute
	codingsInAMinute = n
	return func() { codingsInAMinute = was }
}

// Tally counts the orders of backfills.
type Tally struct{ t *tally }

// NewTally makes one on a store, with the time in the hands of a test; count, unless nil, counts instead of the store.
func NewTally(db *store.Store, clock func() time.Time, count func(context.Context) error) Tally {
	t := newTally(db)
	t.clock = clock
	if count != nil {
		t.count = func(ctx context.Context, _, _ string) (map[order.Status]int, int, error) {
			return map[order.Status]int{}, 7, count(ctx)
		}
	}
	return Tally{t}
}

// Of asks how the orders stand.
func (t Tally) Of(ctx context.Context, instance, run string) *BackfillNow {
	return t.t.of(ctx, instance, run)
}

// Forget drops what was counted.
func (t Tally) Forget(run string) { t.t.forget(run) }

// Figures are the statistics of an instance whose counting is done by work.
type Figures struct{ f *instanceFigures }

// NewFigures makes them.
func NewFigures(work func(ctx context.Context) (*Statistics, error)) Figures {
	f := newInstanceFigures(nil, "main", slog.New(slog.DiscardHandler))
	f.work = func(ctx context.Context, _ time.Time, _ int) (*Statistics, error) { return work(ctx) }
	return Figures{f}
}

// Ask asks for the last hours.
func (f Figures) Ask(ctx context.Context) (*Statistics, error) { return f.f.ask(ctx, 24) }

// AskFor asks for so many hours.
func (f Figures) AskFor(ctx context.Context, hours int) (*Statistics, error) {
	return f.f.ask(ctx, hours)
}

// MostCounts is how many numbers of hours are counted at once.
const MostCounts = mostCounts

// Expire ends for how long the last answer serves.
func (f Figures) Expire() {
	f.f.mu.Lock()
	defer f.f.mu.Unlock()
	for hours, a := range f.f.answers {
		f.f.answers[hours] = answered{a.Statistics, time.Time{}}
	}
}

// Seldom says for how many refusals a line is to be logged.
func Seldom(now func() time.Time) func(access.Refusal) int {
	return (&seldom{now: now, by: map[access.Refusal]*line{}}).say
}
