package order_test

import (
	"cmp"
	"testing"
	"time"

	"pgregory.net/rapid"

	"datawald/order"
)

func cuts() *rapid.Generator[order.Cut] {
	return rapid.Custom(func(t *rapid.T) order.Cut {
		zone := rapid.SampledFrom([]*time.Location{time.UTC, time.FixedZone("east", 7200), time.FixedZone("west", -18000)}).Draw(t, "zone")
		at := time.Unix(rapid.Int64Range(1_700_000_000, 1_700_000_003).Draw(t, "second"), 0).In(zone)
		return order.Cut{UpdatedAt: at, EntityID: rapid.Int64Range(0, 3).Draw(t, "entity_id")}
	})
}

func TestCut_IsOrderedAsMagentosRowsAreRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := cuts().Draw(t, "a"), cuts().Draw(t, "b")
		want := cmp.Or(cmp.Compare(a.UpdatedAt.Unix(), b.UpdatedAt.Unix()), cmp.Compare(a.EntityID, b.EntityID))
		if got := a.After(b); got != (want > 0) {
			t.Errorf("%v after %v = %t", a, b, got)
		}
		if got := b.After(a); got != (want < 0) {
			t.Errorf("%v after %v = %t", b, a, got)
		}
		if (order.Cut{}).After(a) || !a.After(order.Cut{}) {
			t.Errorf("the zero cut does not lie before %v", a)
		}
	})
}

func TestCut_IsZeroOnlyBeforeTheFirstRead(t *testing.T) {
	for _, c := range []struct {
		cut  order.Cut
		want bool
	}{
		{order.Cut{}, true},
		{order.Cut{UpdatedAt: time.Time{}.In(time.FixedZone("east", 3600))}, true},
		{order.Cut{UpdatedAt: time.Unix(0, 0)}, false},
	} {
		if got := c.cut.IsZero(); got != c.want {
			t.Errorf("%v is zero: %t, want %t", c.cut, got, c.want)
		}
	}
}
