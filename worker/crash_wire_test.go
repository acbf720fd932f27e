package main

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/wire"
	"datawald/workflows"
)

// wires are the cables of a worker process to all that it talks to.
type wires map[string]*wire.Wire

// lay puts a wire between the worker processes of a world and each of its four neighbours. The test itself keeps to the
// direct way.
func (w *world) lay() wires {
	w.t.Helper()
	i, suffix := w.settings.All[0], "_"+strings.ToUpper(w.instance)
	all := wires{}
	for name, target := range map[string]string{"the store": strings.Trim(strings.TrimPrefix(w.mongoURI, "mongodb://"), "/"),
		"Temporal": w.settings.TemporalAddress, "B1": host(w.t, i.B1.URL), "Magento": host(w.t, i.Magento.URL)} {
		cable, err := wire.New(target)
		if err != nil {
			w.t.Fatal(err)
		}
		w.t.Cleanup(func() { cable.Close() })
		all[name] = cable
	}
	w.extra = append(w.extra, "MONGODB_URI=mongodb://"+all["the store"].Address()+"/", "TEMPORAL_ADDRESS="+all["Temporal"].Address(),
		"B1"+suffix+"_URL=http://"+all["B1"].Address()+"/b1s/v2", "MAGENTO"+suffix+"_URL=http://"+all["Magento"].Address())
	return all
}

func host(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// cut is a fault of one wire for some time.
type cut struct {
	neighbour string
	fault     wire.Fault
}

func cuts() (names []string, all map[string]cut) {
	all = map[string]cut{}
	for _, neighbour := range []string{"the store", "Temporal", "B1", "Magento"} {
		for _, fault := range []wire.Fault{wire.Reset, wire.BlackHole, wire.Slow, wire.CutAnswers} {
			name := fmt.Sprintf("%s, %s", neighbour, fault)
			names, all[name] = append(names, name), cut{neighbour, fault}
		}
	}
	return names, all
}

// The network between the worker and each of its neighbours is cut while orders flow, in four ways, twice.
func TestCrash_TheNetworkIsCut(t *testing.T) {
	t.Parallel()
	program := buildWorker(t)
	names, all := cuts()
	sideBySide(t, 8, names, func(t *testing.T, name string) {
		c := newCrashWorld(t, plain, 14)
		c.company.SetLatency(b1sim.Latency{Read: 20 * time.Millisecond, Write: 200 * time.Millisecond})
		if err := c.shop.SetFaults(func(f *magentosim.Faults) { f.LatencyMS = 100 }); err != nil {
			t.Fatal(err)
		}
		cable := c.lay()[all[name].neighbour]
		c.startProcess(program)
		c.start("SyncOrders", workflows.SyncOrdersID(c.instance), workflows.SyncOrdersInput{Instance: c.instance})
		first := int64(1)
		if all[name].neighbour == "Magento" {
			first = 0 // it is asked little once it is read
		}
		for _, posted := range []int64{first, 9} {
			c.eventually("more orders are posted", func() bool { return c.counts()[order.Posted] >= posted })
			cable.Set(all[name].fault)
			time.Sleep(3 * time.Second) // longer than a call to B1 or Magento may take
			cable.Set(wire.Whole)
		}
		c.settle()
		c.check()
		if cable.Struck() == 0 {
			t.Error("nothing met the fault")
		}
	})
}
