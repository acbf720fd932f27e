package alarm

import (
	"slices"
	"testing"
	"time"

	"datawald/store"
)

// An order that stands for days is one alarm, whatever the nights: quiet hours neither raise it nor end it, and it is over when the order is gone, by night
// as well. Fails without: pendingRaised in oldestPending (over each evening, raised again each morning).
func TestOldestPending_QuietHoursEndNothing(t *testing.T) {
	k := &Keeper{Pace: ordinary}
	var a store.Alarm
	begin := monday.Add(-5 * time.Hour) // 19:00; orders rest from 20:00 to 06:00
	oldest := &store.OldestPending{Key: "main:1:7", Since: begin, StagedAt: begin}
	live := func(until time.Duration) {
		for at := begin.Add(30 * time.Minute); at.Before(begin.Add(until)); at = at.Add(10 * time.Minute) {
			f := facts{now: at, limits: limits(), schedule: okSchedule(), waiting: &store.Waiting{Oldest: oldest, Long: 1}, caughtUp: at, reconciled: reconciled{at: at}}
			if h := at.Hour(); h >= 20 || h < 6 {
				f.quietUntil = at.Add(time.Hour)
			}
			all := judge(f, func(name string) bool { return name == OldestPending && a.Raised })
			k.step(&a, all[OldestPending], at)
		}
	}
	live(11 * time.Hour)
	if len(a.Events) > 0 {
		t.Errorf("in the first night it is told: %v", kinds(a))
	}
	live(80 * time.Hour)
	if got, want := kinds(a), []string{store.AlarmRaised}; !slices.Equal(got, want) {
		t.Errorf("in three days it is told: %v, want %v", got, want)
	}
	oldest = nil
	live(4 * time.Hour) // in the quiet hours of the first night
	if got, want := kinds(a), []string{store.AlarmRaised, store.AlarmResolved}; !slices.Equal(got, want) {
		t.Errorf("in the end it is told: %v, want %v", got, want)
	}
}
