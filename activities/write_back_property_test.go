package activities_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"datawald/sandbox/magentosim"
	"datawald/store"
)

// mishaps are what may befall one attempt.
var mishaps = map[string]func(*magentosim.Faults){
	"none":                       func(*magentosim.Faults) {},
	"lost after the comment":     writeFault(magentosim.WriteCommitDrop, 1),
	"lost after both":            writeFault(magentosim.WriteCommitDrop, 2),
	"502 after the comment":      writeFault(magentosim.WriteCommitBadGateway, 1),
	"a page after the comment":   writeFault(magentosim.WriteCommitHTML, 1),
	"lost before":                writeFault(magentosim.WriteDropBefore, 1),
	"500 before":                 writeFault(magentosim.WriteErrorBefore, 1),
	"no reading":                 func(f *magentosim.Faults) { f.Unavailable, f.ForRequests = true, 1 },
	"written, then no reading":   func(f *magentosim.Faults) { f.Drop, f.ForRequests = true, 3 },
	"no right to comment":        func(f *magentosim.Faults) { f.Deny = []string{"Magento_Sales::comment"} },
	"no right to save":           func(f *magentosim.Faults) { f.Deny = []string{"Magento_Sales::create"} },
	"no status shown":            func(f *magentosim.Faults) { f.HideStatus = true },
	"too many calls":             func(f *magentosim.Faults) { f.RateLimit = &magentosim.RateLimit{} },
	"a proxy's page for a while": func(f *magentosim.Faults) { f.HTML200, f.ForRequests = true, 2 },
}

func TestWriteBack_AnySeriesOfMishapsEndsInOneComment(t *testing.T) {
	names := slices.Sorted(maps.Keys(mishaps))
	states := [][2]string{{"new", "pending"}, {"processing", "processing"}, {"processing", "sent_to_erp"}, {"holded", "holded"}, {"canceled", "canceled"}}
	desks := map[string]*writingDesk{}
	for _, version := range releases {
		desks[version] = openWritingDesk(t, version, tellBoth)
	}
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		d := desks[rapid.SampledFrom(releases).Draw(rt, "release")]
		n++
		d.shop.ClearFaults()
		d.post(numbered(n))
		at := rapid.SampledFrom(states).Draw(rt, "state")
		d.ok(d.shop.Update(int64(n), func(doc map[string]any) { doc["state"], doc["status"] = at[0], at[1] }))
		for _, mishap := range rapid.SliceOfN(rapid.SampledFrom(names), 0, 5).Draw(rt, "mishaps") {
			d.shop.ClearFaults()
			d.faults(mishaps[mishap])
			d.must()
			d.timePasses()
		}
		d.shop.ClearFaults()
		d.must()
		if w := d.get().WriteBack; w.State != store.WriteBackDone || w.Reason != nil {
			rt.Errorf("write-back is %+v", w)
		}
		o := d.inShop()
		if o.comments() != 1 || o.ExtOrderID != "1" || fmt.Sprint(at) != fmt.Sprint([2]string{o.State, o.Status}) {
			rt.Errorf("Magento has %+v, want one comment, the number, and %v", o, at)
		}
	})
}
