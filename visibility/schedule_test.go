package visibility_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"

	"datawald/sandbox/testkit"
	"datawald/visibility"
	"datawald/workflows"
)

// plan makes the schedule of main, with these search attributes for its runs.
func plan(t *testing.T, c client.Client, a temporal.SearchAttributes) {
	t.Helper()
	if _, err := c.ScheduleClient().Create(t.Context(), client.ScheduleOptions{ID: workflows.ScheduleID("main"),
		Spec:   client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: time.Hour}}},
		Action: &client.ScheduleWorkflowAction{ID: workflows.SyncOrdersID("main"), Workflow: "SyncOrders", TaskQueue: "nobody", TypedSearchAttributes: a}}); err != nil {
		t.Fatal(err)
	}
}

// lose takes search attributes out of the namespace, and waits until the server knows.
func lose(t *testing.T, c client.Client, namespace string, names []string) {
	t.Helper()
	if _, err := c.OperatorService().RemoveSearchAttributes(t.Context(), &operatorservice.RemoveSearchAttributesRequest{Namespace: namespace, SearchAttributes: names}); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if missing, err := visibility.Missing(t.Context(), c, namespace); err == nil && len(missing) == len(names) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the server does not know that they are gone")
		}
	}
}

// What becomes of the orders of a namespace without search attributes hangs on what the schedule names, and so whoever starts a run is told.
// Fails without: each case of NamedBy; consequence in ready.
func TestNamedBy_SaysWhatBecomesOfTheOrders(t *testing.T) {
	const goOn, stop = "No schedule of main names them: its orders go to B1 all the same", "The runs of the schedule sync-orders:main name them: Temporal starts none"
	for name, c := range map[string]struct {
		scheduled, labelled bool
		lost                []string
		want                visibility.Naming
		says                string
	}{
		"no schedule":                 {false, false, workflows.SearchAttributes(), visibility.NamesNone, goOn},
		"one that names none":         {true, false, workflows.SearchAttributes(), visibility.NamesNone, goOn},
		"one that names what is gone": {true, true, workflows.SearchAttributes(), visibility.Names, stop},
		"one whose orders name it":    {true, true, []string{"Store"}, visibility.Names, stop},
	} {
		t.Run(name, func(t *testing.T) {
			temporalClient, namespace := testkit.Namespace(t)
			if _, err := visibility.Create(t.Context(), temporalClient, namespace); err != nil {
				t.Fatal(err)
			}
			if c.scheduled {
				var a temporal.SearchAttributes
				if c.labelled {
					a = workflows.RunAttributes("main", workflows.SourceSync)
				}
				plan(t, temporalClient, a)
			}
			lose(t, temporalClient, namespace, c.lost)
			if got := visibility.NamedBy(t.Context(), temporalClient, "main"); got != c.want {
				t.Errorf("a look shows %v, want %v", got, c.want)
			}
			var said []error
			l := visibility.New(temporalClient, namespace, func(err error) { said = append(said, err) })
			if n := l.Of(t.Context(), "main", workflows.SourceResync).Size(); n != 0 {
				t.Errorf("%d attributes, want none", n)
			}
			if len(said) != 1 || !errors.Is(said[0], visibility.ErrMissing) || !strings.Contains(said[0].Error(), c.says) {
				t.Errorf("said %v, want %q", said, c.says)
			}
		})
	}
}

// A server that does not answer shows neither. Fails without: NotKnown in NamedBy.
func TestNamedBy_WithoutAnAnswer(t *testing.T) {
	away, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1", Logger: log.NewStructuredLogger(testkit.Silent())})
	if err != nil {
		t.Fatal(err)
	}
	defer away.Close()
	if got := visibility.NamedBy(t.Context(), away, "main"); got != visibility.NotKnown || !strings.Contains(got.Consequence("main"), "does not tell") {
		t.Errorf("%v: %s", got, got.Consequence("main"))
	}
}

// What becomes of the orders hangs on the schedule of each instance: each is told of, once, whichever starts a run first and whether that was refused
// or asked before. Fails without: said by instance (the second is told what is true of the first, or nothing); say in lose and in ready.
func TestLabels_TellOfEachInstance(t *testing.T) {
	c, namespace := testkit.Namespace(t)
	if _, err := visibility.Create(t.Context(), c, namespace); err != nil {
		t.Fatal(err)
	}
	plan(t, c, workflows.RunAttributes("main", workflows.SourceSync))
	lose(t, c, namespace, workflows.SearchAttributes())
	var said []string
	l := visibility.New(c, namespace, func(err error) { said = append(said, err.Error()) })
	for range 2 {
		for _, instance := range []string{"eu", "main"} {
			l.Of(t.Context(), instance, workflows.SourceResync)
		}
	}
	if len(said) != 2 || !strings.Contains(said[0], "No schedule of eu names them") || !strings.Contains(said[1], "sync-orders:main name them") {
		t.Errorf("said %q, want each instance once", said)
	}
}
