package activities

import (
	"testing"
	"time"

	"datawald/magento"
	"datawald/order"
	"datawald/store"
)

func TestStart_NeverPassesWhatMayStillAppear(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2026, 11, 1, 10, minute, 0, 0, time.UTC) }
	cut := order.Cut{UpdatedAt: at(30), EntityID: 7}
	tests := map[string]struct {
		cut   order.Cut
		last  store.Reading
		clock store.ClockChange
		want  order.Cut
	}{
		"the first run":           {want: order.Cut{UpdatedAt: at(0)}},
		"no reading is known":     {cut: cut, want: order.Cut{UpdatedAt: at(25)}},
		"a busy shop":             {cut: cut, last: store.Reading{ShopTime: at(31), Reach: cut}, want: order.Cut{UpdatedAt: at(26)}},
		"a quiet shop":            {cut: cut, last: store.Reading{ShopTime: at(50), Reach: cut}, want: cut},
		"a backlog, half read":    {cut: cut, last: store.Reading{ShopTime: at(50), Reach: order.Cut{UpdatedAt: at(12), EntityID: 3}}, want: order.Cut{UpdatedAt: at(12), EntityID: 3}},
		"a shop that has no time": {cut: cut, last: store.Reading{Reach: cut}, want: order.Cut{UpdatedAt: at(25)}},
		"a clock just set forward": {cut: cut, last: store.Reading{Began: at(20), ShopTime: at(31), Reach: cut},
			clock: store.ClockChange{NoticedAt: at(19), Before: 0}, want: order.Cut{UpdatedAt: at(15)}},
		"a clock set forward long ago": {cut: cut, last: store.Reading{Began: at(20), ShopTime: at(31), Reach: cut},
			clock: store.ClockChange{NoticedAt: at(15), Before: 0}, want: order.Cut{UpdatedAt: at(26)}},
		"a clock just set back": {cut: cut, last: store.Reading{Began: at(20), ShopTime: at(31), Reach: cut},
			clock: store.ClockChange{NoticedAt: at(19), Before: time.Hour}, want: order.Cut{UpdatedAt: at(26)}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := start(store.Progress{Cut: tc.cut, Latest: tc.last, Clock: tc.clock}, at(0), 5*time.Minute); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

func TestBound_LeavesTheRestToTheNextReading(t *testing.T) {
	second := func(s int) time.Time { return time.Date(2026, 11, 1, 10, 0, s, 0, time.UTC) }
	page := func() *magento.Page {
		p := &magento.Page{Next: order.Cut{UpdatedAt: second(3), EntityID: 3}}
		for n := 1; n <= 3; n++ {
			p.Documents = append(p.Documents, magento.Document{EntityID: int64(n), UpdatedAt: second(n)})
		}
		return p
	}
	after := order.Cut{UpdatedAt: second(0), EntityID: 9}
	tests := map[string]struct {
		until time.Time
		kept  int
		next  order.Cut
		done  bool
	}{
		"no bound yet":      {time.Time{}, 3, order.Cut{UpdatedAt: second(3), EntityID: 3}, false},
		"all within":        {second(3), 3, order.Cut{UpdatedAt: second(3), EntityID: 3}, false},
		"the last is later": {second(2), 2, order.Cut{UpdatedAt: second(2), EntityID: 2}, true},
		"all are later":     {second(0), 0, after, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			p := page()
			bound(p, after, tc.until)
			if len(p.Documents) != tc.kept || p.Next != tc.next || p.Done != tc.done {
				t.Errorf("kept %d, next %v, done %t; want %d, %v, %t", len(p.Documents), p.Next, p.Done, tc.kept, tc.next, tc.done)
			}
		})
	}
}
