package activities_test

import (
	"encoding/json"
	"strings"
	"testing"

	"datawald/magento"
	"datawald/order"
)

// withoutNumber is a document in which the number is missing.
func withoutNumber() magento.Document {
	d := versionOf("000000001", "Springfield", 1)
	d.Raw = json.RawMessage(strings.Replace(string(d.Raw), `"increment_id":"000000001"`, `"increment_id":""`, 1))
	d.EntityID, d.IncrementID = 1, ""
	return d
}

// What was kept under a stand-in goes with it: retention and erasures go by orders, and would never come to it.
// Fails without: DropVersions in dropStandIn; dropStandIn in forgetBroken, and in forgetStandIns (case "found by name").
func TestStandIns_TakeTheirDocumentsWithThem(t *testing.T) {
	const standIn = order.Key("main:1:entity-1")
	for name, leftBehind := range map[string]bool{"read by the schedule": false, "found by name": true} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			numbered := versionOf("000000001", "Springfield", 2)
			if leftBehind { // a run died between staging the order and forgetting what stood for it
				d.read(t, numbered)
			}
			d.read(t, withoutNumber())
			if versions, err := d.db.PayloadVersions(t.Context(), standIn); err != nil || len(versions) != 1 {
				t.Fatalf("%d documents under the stand-in, %v", len(versions), err)
			}
			if leftBehind {
				if err := d.worker().ForgetStandIns(t.Context(), "main", []magento.Document{numbered}); err != nil {
					t.Fatal(err)
				}
			} else {
				d.read(t, numbered)
			}
			if versions, err := d.db.PayloadVersions(t.Context(), standIn); err != nil || len(versions) != 0 {
				t.Errorf("%d documents are left under the stand-in, %v", len(versions), err)
			}
			if versions, err := d.db.PayloadVersions(t.Context(), "main:1:000000001"); err != nil || len(versions) != 1 {
				t.Errorf("the order itself has %d documents, %v", len(versions), err)
			}
		})
	}
}
