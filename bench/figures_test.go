package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// began is when the runs of these tests begin.
var began = time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)

// A hundred orders are posted: the first after 2 s, then one each second, and the last twenty take a minute each. They are told out of order. Fails
// without: the sorting (first, p50), less than all (p99), the run's end in the tail, the quarters (a whole rate would be 0.08).
func TestCourse(t *testing.T) {
	var at []time.Time
	now := began.Add(2 * time.Second)
	for n := range 100 {
		if at = append(at, now); n < 79 {
			now = now.Add(time.Second)
		} else {
			now = now.Add(time.Minute)
		}
	}
	last := at[99]
	slices.Reverse(at)
	got := courseOf(at, began, last.Add(3*time.Second), 20)
	// Behind the 80th, at 81 s, are 20 orders; they and the closing take 20 x 60 + 3 s.
	if want := (course{P50: 52, P99: 1281, First: 2, Tail: 1203, MiddlePerSecond: 1}); got != want {
		t.Errorf("the course is %+v, want %+v", got, want)
	}
}

// Fails without: the bounds in courseOf.
func TestCourse_OfOneOrder(t *testing.T) {
	got := courseOf([]time.Time{began.Add(time.Second)}, began, began.Add(4*time.Second), 16)
	if want := (course{P50: 1, P99: 1, First: 1, Tail: 3}); got != want {
		t.Errorf("the course is %+v, want %+v", got, want)
	}
}

// B1 takes 8 orders at once, three calls of half a second each: 5.33 orders a second. Fails without: the time of a call in the limit, sign-ins left out,
// the middle's own rate.
func TestReckon(t *testing.T) {
	m := posted{Posted: 100, AtOnce: 8, course: course{MiddlePerSecond: 5.2}, Parts: map[string]usage{"worker": {CPUSeconds: 1.5}, "store": {CPUSeconds: 0.5}}}
	m.reckon(map[string]int{"GET Orders": 200, "POST Orders": 100, "POST Login": 7, "POST Logout": 1}, 25*time.Second, 500*time.Millisecond)
	if m.CallsPerOrder != 3 || m.OrdersPerSecond != 4 || *m.B1Limit != 5.33 || *m.Efficiency != 0.75 || *m.MiddleEfficiency != 0.98 || m.CPUPer1000 != 20 {
		t.Errorf("reckoned %+v with a limit of %v, an efficiency of %v and %v", m, *m.B1Limit, *m.Efficiency, *m.MiddleEfficiency)
	}
	m.B1Limit, m.Efficiency, m.MiddleEfficiency = nil, nil, nil
	if m.reckon(map[string]int{"POST Orders": 100}, time.Second, 0); m.B1Limit != nil || m.Efficiency != nil || m.MiddleEfficiency != nil {
		t.Error("a B1 whose calls take no time has a limit")
	}
}

// A process that has 100 at the start, doubles at once, and then gains 1 with each sample. Fails without: leaving out the first quarter, half of
// the time between the two that are compared.
func TestGrowth(t *testing.T) {
	var samples []float64
	for n := range 400 {
		if n < 50 {
			samples = append(samples, 100)
		} else {
			samples = append(samples, float64(200+n))
		}
	}
	if got := growth(samples); got != 400 {
		t.Errorf("it grew by %v, want 400", got)
	}
	if got := growth(samples[:3]); got != 0 {
		t.Errorf("three samples say %v, want nothing", got)
	}
}

// The memory is not the runtime's, which hands out again what it has resident already, and gives back what it does not use; what it has to give back
// is given back before. Fails without: VmRSS in resident, its unit, the samples of watch, the names.
func TestMemoryIsWatched(t *testing.T) {
	if !linux {
		t.Log("there is no /proc: nothing is measured")
		return
	}
	const more = 64 << 20
	debug.FreeOSMemory()
	before := resident(os.Getpid())
	m := watch(map[string]int{"self": os.Getpid(), "nobody": -1})
	held, err := syscall.Mmap(-1, 0, more, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Munmap(held) }()
	for n := 0; n < more; n += os.Getpagesize() {
		held[n] = 1
	}
	grown := resident(os.Getpid()) - before
	m.end()
	if grown < 0.9*more || grown > 2*more {
		t.Errorf("with %d bytes more it has %v more", more, grown)
	}
	if len(m.samples["self"]) == 0 || m.samples["self"][0] < before/2 || m.samples["nobody"][0] != 0 {
		t.Errorf("before were %v bytes; samples of %v", before, m.samples)
	}
}

// linux is where there is /proc, from which the figures of processes come.
const linux = runtime.GOOS == "linux"

// Fails without: the files beside the database in sizes, the folders in the store, what was there before.
func TestDisk(t *testing.T) {
	w, err := newWorkshop(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	fill := func(name string, bytes int) {
		t.Helper()
		path := filepath.Join(w.Dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, make([]byte, bytes), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	fill("store/bench.sqlite", 1_000_000)
	fill("temporal.db", 500_000)
	before := w.sizes()
	fill("store/bench.sqlite", 3_000_000)
	fill("store/more/bench.sqlite-wal", 1_500_000)
	fill("temporal.db-wal", 750_000)
	fill("worker.log", 100)
	if got, want := w.sizes().since(before, 100), (disk{StoreMB: 4.5, TemporalMB: 1.25, StorePerOrder: 35_000, TemporalPerOrder: 7_500}); got != want {
		t.Errorf("on disk are %+v, want %+v", got, want)
	}
}

// Fails without: what ours took, the number of processors.
func TestOthersShare(t *testing.T) {
	all := float64(runtime.NumCPU()) * 10 // as much as there is in ten seconds
	if got := othersShare(0.75*all, 0.5*all, 10*time.Second); got != 0.25 {
		t.Errorf("others took %v, want a quarter", got)
	}
	if got := othersShare(0, 1, time.Second); got != 0 { // ticks are coarse
		t.Errorf("others took %v of nothing", got)
	}
}

// Fails without: any of the five kinds of time; with idle, waiting or stolen time.
func TestBusyTime(t *testing.T) {
	if got := busyTime("cpu  100 200 400 1000000 2000000 800 1600 3000000 0 0\ncpu0 9 9 9 9 9 9 9 9\n"); got != 31 {
		t.Errorf("busy for %v s, want 31", got)
	}
	if linux && machineTime() <= 0 {
		t.Error("the machine has no time")
	}
}

// A run that does not end says how far it came. Fails without: the counts in howFar, its own time for them.
func TestHowFar(t *testing.T) {
	t.Chdir(testkit.Root())
	w, err := newWorkshop(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	uri, err := w.startStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), uri, database)
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{db: db}
	defer s.close(t.Context())
	var staged []*store.Staged
	for n, status := range []order.Status{order.Pending, order.Pending, order.Posted} {
		key, err := order.NewKey(instance, 1, strconv.Itoa(100+n))
		if err != nil {
			t.Fatal(err)
		}
		doc := store.NewStaged(key)
		doc.Status = status
		staged = append(staged, doc)
	}
	if _, err := db.Add(t.Context(), staged); err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.howFar(over, context.DeadlineExceeded); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "posted are 1, and 2 wait") {
		t.Errorf("it says %v", err)
	}
}
