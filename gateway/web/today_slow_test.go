package web_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"datawald/gateway/access"
	"datawald/order"
	"datawald/store"
)

// statistics stand between the page and the API.
type statistics struct {
	next http.Handler
	mu   sync.Mutex
	// slow and broken say how they are; asked are the times at which somebody asked.
	slow, broken bool
	asked        []time.Time
}

func (s *statistics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/api/v1/statistics" {
		s.next.ServeHTTP(w, r)
		return
	}
	s.mu.Lock()
	s.asked = append(s.asked, time.Now())
	slow, broken := s.slow, s.broken
	s.mu.Unlock()
	switch {
	case broken:
		w.WriteHeader(http.StatusServiceUnavailable)
	case slow:
		ctx, cancel := context.WithTimeout(r.Context(), time.Minute)
		defer cancel()
		<-ctx.Done()
	default:
		s.next.ServeHTTP(w, r)
	}
}

func (s *statistics) are(slow, broken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.slow, s.broken = slow, broken
}

func (s *statistics) times() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]time.Time(nil), s.asked...)
}

// longestGap is the longest time between two questions.
func longestGap(asked []time.Time) (longest time.Duration) {
	for n := 1; n < len(asked); n++ {
		longest = max(longest, asked[n].Sub(asked[n-1]))
	}
	return longest
}

// A picture that takes long is asked for ever more rarely and then comes by itself; one that is there stays when a later answer lacks it. Fails without: wait in
// finish of live.js (it is asked for every two seconds); childElementCount in update (the picture goes away).
func TestToday_KeepsAskingForItsPictureAndKeepsIt(t *testing.T) {
	w := newWorld(t)
	w.around = &statistics{slow: true}
	w.serve()
	b := w.open()
	w.signIn(b, access.Viewer)
	b.Visit("/")
	b.Until("it says that it counts", `document.querySelector("[data-unfinished]")`)
	for end := time.Now().Add(time.Minute); longestGap(w.around.times()) < 3500*time.Millisecond; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("asked at %s", w.around.times())
		}
	}
	w.around.are(false, false)
	b.Until("the picture is there", `document.querySelector('[data-live="chart"] svg') && !document.querySelector("[data-unfinished]")`)
	w.around.are(true, false)
	w.staged(order.Key(w.instance+":1:1"), func(d *store.Staged) { d.Status = order.Held })
	b.Until("the page has the order", `document.querySelector(".tile.held .n").textContent === "1"`)
	b.Until("the picture stays", `document.querySelector('[data-live="chart"] svg')`)
}

// What cannot be counted is said, and not asked for again and again. Fails without: Late apart from Uncounted.
func TestToday_DoesNotAskAgainForWhatCannotBeCounted(t *testing.T) {
	w := newWorld(t)
	w.around = &statistics{broken: true}
	w.serve()
	res, err := w.as(access.Viewer).Get(w.server.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	page, _ := io.ReadAll(res.Body)
	if text := string(page); res.StatusCode != http.StatusOK || strings.Contains(text, "data-unfinished") || !strings.Contains(text, "They cannot be counted now") {
		t.Errorf("status %d: %.3000s", res.StatusCode, text)
	}
}
