package main

import (
	"log/slog"
	"testing"
)

// A worker says at its start whether its version gets work: one that was never made current looks well and does nothing. Fails
// without: tellVersion. Nor does one without a version get any while a version is current. Fails without: what it says of that.
func TestVersion_SaysWhetherItGetsWork(t *testing.T) {
	t.Parallel()
	u := newUpgrade(t, "")
	u.settings.Deployment, u.settings.BuildID = u.deployment, "1"
	said := &journal{}
	u.log = slog.New(said)
	stop := u.startWorker()
	u.eventually("it says that it gets none", func() bool { return said.count("WARN this version gets no work until it is made current") == 1 })
	u.eventually("Temporal knows it", func() bool { return u.knows("1") })
	u.makeCurrent("1")
	stop()
	u.startWorker()
	u.eventually("it says that it is current", func() bool { return said.count("INFO this version is current: it gets the work") == 1 })

	u.settings.BuildID = ""
	u.startWorker()
	u.eventually("it says that it gets none without a version", func() bool {
		return said.count("WARN workers without a version get no work while a version is current") == 1
	})
}
