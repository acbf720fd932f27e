package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"datawald/sandbox/process"
)

// Every worker watches over the schedules, also one that has no part in the runs: here nobody has made the schedule, and no gateway
// lives. Fails without: Keep in keepWatch.
func TestTheWorkerKeepsWatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.extra = []string{"SYNC_ALARM_AFTER=1s", "WORKER_LANES=b1"}
	path := filepath.Join(t.TempDir(), "worker.log")
	log, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	p, err := process.Start(process.Spec{Name: "worker", Path: buildWorker(t), Env: w.environment(), Output: log})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop(20 * time.Second)
	w.eventually("the worker says that there is no schedule", func() bool {
		said, err := os.ReadFile(path)
		return err == nil && strings.Contains(string(said), `level=ERROR msg="Magento is not read: the instance has no schedule. Run starter apply"`)
	})
}
