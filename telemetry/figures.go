package telemetry

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Figures are what the store and Temporal say of one instance. Ages are counted when they are shown, so that they grow while nobody answers.
type Figures struct {
	// Orders are counted by state, Held by the code of the reason.
	Orders, Held map[string]int64
	// ReadAt is when the latest reading began that came to Magento's end, CutAt the last change that is staged; zero for none.
	ReadAt, CutAt time.Time
	// Waiting says since when the pending order waits that was placed first; zero while none does.
	Waiting *time.Time
	// Schedule is nil while there is none.
	Schedule *ScheduleFigures
	// Reconciliation is nil while there was none.
	Reconciliation *ReconciliationFigures
	// Alarms are those that are raised.
	Alarms map[string]bool
}

// ScheduleFigures are those of a schedule.
type ScheduleFigures struct {
	Skipped, Missed int64
	Paused          bool
}

// ReconciliationFigures are those of the latest reconciliation.
type ReconciliationFigures struct {
	EndedAt time.Time
	// Findings are the open ones by kind.
	Findings map[string]int64
}

// Question asks for one part of an instance's figures. Where it fails the part stays as it was.
type Question struct {
	// Part names it.
	Part string
	Ask  func(ctx context.Context, instance string, f *Figures) error
}

const (
	// patience is how long a scrape waits for figures that are being read; then it shows those before.
	patience = 2 * time.Second
	// freshFor is for how long figures serve all who ask.
	freshFor = 10 * time.Second
	// readLimit bounds a reading of all figures.
	readLimit = 20 * time.Second
	// restShare is how many times as long as a reading took the store is left alone: reading figures takes a tenth of its time at most.
	restShare = 9
)

// figures reads what is asked for in the background, one reading at a time, when somebody scrapes.
type figures struct {
	instances []string
	questions []Question
	patience  time.Duration
	freshFor  time.Duration
	ctx       context.Context
	cancel    context.CancelFunc
	readers   sync.WaitGroup

	mu     sync.Mutex
	latest map[string]*Figures
	failed map[string]int64
	// reading is closed when the reading that is under way has ended; nil while none is.
	reading chan struct{}
	next    time.Time
	stopped bool
}

// Keep shows the figures of instances, by questions that are asked at a scrape, every ten seconds at most.
func (t *Telemetry) Keep(instances []string, questions ...Question) {
	if t == nil || t.meters == nil {
		return
	}
	t.figures = newFigures(instances, questions)
	t.figures.show(t.meters)
}

func newFigures(instances []string, questions []Question) *figures {
	f := &figures{instances: instances, questions: questions, patience: patience, freshFor: freshFor, latest: map[string]*Figures{}, failed: map[string]int64{}}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	for _, i := range instances {
		f.latest[i] = &Figures{}
	}
	for _, q := range questions {
		f.failed[q.Part] = 0
	}
	return f
}

// stop ends a reading that is under way.
func (f *figures) stop() {
	f.mu.Lock()
	f.stopped = true
	f.mu.Unlock()
	f.cancel()
	f.readers.Wait()
}

// look gives the figures, fresh ones if they come in time, and how many questions of each part were not answered.
func (f *figures) look(ctx context.Context) (of map[string]Figures, failed map[string]int64) {
	if reading := f.refresh(); reading != nil {
		timer := time.NewTimer(f.patience)
		defer timer.Stop()
		select {
		case <-reading:
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	of = map[string]Figures{}
	for i, latest := range f.latest {
		of[i] = *latest
	}
	return of, maps.Clone(f.failed)
}

// refresh begins a reading when it is time, and gives the one that is under way.
func (f *figures) refresh() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.reading != nil || f.stopped || time.Now().Before(f.next) {
		return f.reading
	}
	done := make(chan struct{})
	f.reading = done
	f.readers.Go(func() {
		began := time.Now()
		f.read()
		f.mu.Lock()
		f.reading, f.next = nil, began.Add(max(f.freshFor, (restShare+1)*time.Since(began)))
		f.mu.Unlock()
		close(done)
	})
	return done
}

// read asks one question after another. An answer is kept as soon as it is there.
func (f *figures) read() {
	ctx, cancel := context.WithTimeout(f.ctx, readLimit)
	defer cancel()
	for _, q := range f.questions {
		for _, instance := range f.instances {
			f.mu.Lock()
			answer := *f.latest[instance]
			f.mu.Unlock()
			err := q.Ask(ctx, instance, &answer)
			f.mu.Lock()
			if err == nil {
				f.latest[instance] = &answer
			} else if f.ctx.Err() == nil {
				f.failed[q.Part]++
			}
			f.mu.Unlock()
		}
	}
}

// ofFigures are the metrics that figures are shown as.
var ofFigures = []string{Orders, HeldOrders, Lag, OldestPending, CutAge, ScheduleSkipped, ScheduleMissed, SchedulePaused, ReconciliationFindings, ReconciliationAge,
	Alarm, ScrapeErrors}

func (f *figures) show(m *meters) {
	m.observe(func(ctx context.Context, o metric.Observer) {
		of, failed := f.look(ctx)
		for _, instance := range f.instances {
			(&shown{m, o, instance}).all(of[instance])
		}
		for _, part := range slices.Sorted(maps.Keys(failed)) {
			o.ObserveInt64(m.counters[ScrapeErrors], failed[part], metric.WithAttributes(attribute.String(labelPart, part)))
		}
	}, ofFigures...)
}

// shown shows the figures of an instance.
type shown struct {
	m        *meters
	o        metric.Observer
	instance string
}

func (s *shown) all(f Figures) {
	s.counts(Orders, labelState, states(), f.Orders)
	s.counts(HeldOrders, labelReason, reasons, f.Held)
	s.age(Lag, f.ReadAt)
	s.age(CutAge, f.CutAt)
	if f.Waiting != nil && f.Waiting.IsZero() {
		s.gauge(OldestPending, 0)
	} else if f.Waiting != nil {
		s.age(OldestPending, *f.Waiting)
	}
	if f.Schedule != nil {
		s.o.ObserveInt64(s.m.counters[ScheduleSkipped], f.Schedule.Skipped, s.labels())
		s.o.ObserveInt64(s.m.counters[ScheduleMissed], f.Schedule.Missed, s.labels())
		s.gauge(SchedulePaused, flag(f.Schedule.Paused))
	}
	if r := f.Reconciliation; r != nil {
		s.age(ReconciliationAge, r.EndedAt)
		s.counts(ReconciliationFindings, labelKind, kinds, zeros(kinds, r.Findings))
	}
	for _, name := range alarms {
		if f.Alarms != nil {
			s.gauge(Alarm, flag(f.Alarms[name]), attribute.String(labelAlarm, name))
		}
	}
}

// zeros adds what is in the list and was not counted: an alert has something to compare with.
func zeros(list []string, counts map[string]int64) map[string]int64 {
	all := map[string]int64{}
	for _, v := range list {
		all[v] = 0
	}
	maps.Copy(all, counts)
	return all
}

func (s *shown) labels(more ...attribute.KeyValue) metric.MeasurementOption {
	return metric.WithAttributes(append(more, attribute.String(labelInstance, s.instance))...)
}

func (s *shown) gauge(name string, value float64, more ...attribute.KeyValue) {
	s.o.ObserveFloat64(s.m.gauges[name], value, s.labels(more...))
}

func (s *shown) age(name string, since time.Time) {
	if !since.IsZero() {
		s.gauge(name, max(0, time.Since(since).Seconds())) // clocks of two machines may differ
	}
}

func (s *shown) counts(name, label string, known []string, counts map[string]int64) {
	for value, n := range tally(known, counts) {
		s.gauge(name, float64(n), attribute.String(label, value))
	}
}
