package order_test

import (
	"strings"
	"testing"
	"time"

	"datawald/order"
)

func TestSelection_Validate(t *testing.T) {
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	negative := int64(-1)
	fine := order.Selection{By: order.ByCreated, From: from, To: from.Add(time.Second)}
	if err := fine.Validate(); err != nil {
		t.Errorf("%+v: %v, want it to be fine", fine, err)
	}
	for name, tc := range map[string]struct {
		selection order.Selection
		want      []string
	}{
		"All":      {order.Selection{StoreID: &negative, Status: "a,b"}, []string{"by: ", "from: ", "to: ", "store: ", "status: "}},
		"Reversed": {order.Selection{By: order.ByUpdated, From: from, To: from}, []string{"to: 2026-11-01T00:00:00Z does not lie after from"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := tc.selection.Validate()
			if err == nil {
				t.Fatal("nothing is wrong, want a line for each fault")
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(tc.want) {
				t.Fatalf("%d lines %q, want %d", len(lines), lines, len(tc.want))
			}
			for n, line := range lines {
				if !strings.HasPrefix(line, tc.want[n]) {
					t.Errorf("line %q, want %q", line, tc.want[n])
				}
			}
		})
	}
}
