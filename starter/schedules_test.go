package main

import (
	"reflect"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"datawald/config"
	"datawald/workflows"
)

func TestEveryInstanceHasASchedule(t *testing.T) {
	table := schedules(&config.Starter{
		Instances: config.Instances{InstanceNames: []string{"main", "eu"}},
		Schedule:  config.Schedule{SyncInterval: time.Minute, SyncWindow: 100},
	}, false)
	if len(table) != 2 || table[0].id != workflows.ScheduleID("main") || table[1].id != workflows.ScheduleID("eu") {
		t.Fatalf("table %+v", table)
	}
	for i, name := range []string{"main", "eu"} {
		if in := table[i].action.Args[0].(workflows.SyncOrdersInput); in.Instance != name {
			t.Errorf("schedule %s synchronises %s", table[i].id, in.Instance)
		}
	}
}

// A field that a later release of the SDK adds is compared only when timing or doing knows it.
func TestEveryFieldOfAScheduleIsCompared(t *testing.T) {
	for _, c := range []struct {
		of    reflect.Type
		known int
	}{
		{reflect.TypeFor[client.ScheduleSpec](), 8},
		{reflect.TypeFor[client.SchedulePolicies](), 3},
		{reflect.TypeFor[client.ScheduleWorkflowAction](), 15},
	} {
		if n := c.of.NumField(); n != c.known {
			t.Errorf("%s has %d fields, %d are compared: see timing and doing", c.of, n, c.known)
		}
	}
}
