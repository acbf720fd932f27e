package visibility_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"datawald/sandbox/testkit"
	"datawald/visibility"
	"datawald/workflows"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// start begins a workflow that nobody works on, with these search attributes.
func start(t *testing.T, c client.Client, l *visibility.Labels) error {
	t.Helper()
	_, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: testkit.Name(t), TaskQueue: "nobody", TypedSearchAttributes: l.Of(t.Context(), "main", workflows.SourceResync),
	}, "ResyncOrders")
	return err
}

// A namespace without the attributes refuses a start that names them, and takes one that leaves them out. Fails without: the question
// in Labels.ready.
func TestLabels_StartsRunsInANamespaceWithoutSearchAttributes(t *testing.T) {
	c, name := testkit.Namespace(t)
	if missing, err := visibility.Missing(t.Context(), c, name); err != nil || !slices.Equal(missing, workflows.SearchAttributes()) {
		t.Fatalf("missing %v (%v), want all", missing, err)
	}
	var said []error
	l := visibility.New(c, name, func(err error) { said = append(said, err) })
	for range 2 {
		if err := start(t, c, l); err != nil {
			t.Fatal(err)
		}
	}
	if len(said) != 1 || !errors.Is(said[0], visibility.ErrMissing) || !strings.Contains(said[0].Error(), "temporal operator search-attribute create --name OrderKey --type Keyword") {
		t.Errorf("said %v, want once what to do", said)
	}
	if made, err := visibility.Create(t.Context(), c, name); err != nil || !slices.Equal(made, workflows.SearchAttributes()) {
		t.Fatalf("made %v (%v), want all", made, err)
	}
	if made, err := visibility.Create(t.Context(), c, name); err != nil || made != nil {
		t.Errorf("made %v (%v) again", made, err)
	}
	if err := start(t, c, visibility.New(c, name, func(err error) { t.Error(err) })); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) { // the server writes it down by and by
		found, err := c.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Query: `Instance = 'main' AND Source = 'resync'`})
		if err == nil && found.Count == 1 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("found %v (%v), want the run with attributes", found, err)
		}
	}
}

// Somebody takes the attributes out after they were asked for: the next start goes without, and says so once. Fails without: Start's second one,
// and lose (the one after would be refused first).
func TestLabels_StartWithoutWhatWasTakenOut(t *testing.T) {
	c, name := testkit.Namespace(t)
	if _, err := visibility.Create(t.Context(), c, name); err != nil {
		t.Fatal(err)
	}
	var said []error
	l := visibility.New(c, name, func(err error) { said = append(said, err) })
	var sizes []int
	begin := func() {
		t.Helper()
		err := l.Start(t.Context(), "main", workflows.SourceResync, func(a temporal.SearchAttributes) error {
			sizes = append(sizes, a.Size())
			_, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: "nobody", TypedSearchAttributes: a}, "ResyncOrders")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	begin()
	if _, err := c.OperatorService().RemoveSearchAttributes(t.Context(), &operatorservice.RemoveSearchAttributesRequest{
		Namespace: name, SearchAttributes: workflows.SearchAttributes()}); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); len(said) == 0 && time.Now().Before(deadline); { // the server hears of it by and by
		begin()
	}
	begin()
	if n := len(sizes); n < 4 || !slices.Equal(sizes[n-3:], []int{2, 0, 0}) || len(said) != 1 || !errors.Is(said[0], visibility.ErrMissing) {
		t.Errorf("started with %v attributes, said %v", sizes, said)
	}
}

// A name that somebody else uses for another type is as good as missing: all are left out. Fails without: taken.
func TestCreate_NamesWhatAPersonMustDo(t *testing.T) {
	c, name := testkit.Namespace(t)
	_, err := c.OperatorService().AddSearchAttributes(t.Context(), &operatorservice.AddSearchAttributesRequest{
		Namespace: name, SearchAttributes: map[string]enumspb.IndexedValueType{"Store": enumspb.INDEXED_VALUE_TYPE_INT}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := visibility.Create(t.Context(), c, name); !errors.Is(err, visibility.ErrMissing) {
		t.Errorf("%v, want ErrMissing", err)
	}
	if err := start(t, c, visibility.New(c, name, func(error) {})); err != nil {
		t.Error(err)
	}
}

// A server that does not answer is no reason to leave out what the namespace had a minute ago, and a caller who goes away none to believe
// that it has nothing. Fails without: context.WithoutCancel in ready.
func TestLabels_OutlastACallerThatGoesAway(t *testing.T) {
	c := testkit.Temporal(t)
	if _, err := visibility.Create(t.Context(), c, "default"); err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	l := visibility.New(c, "default", func(err error) { t.Error(err) })
	if n := l.Of(gone, "main", workflows.SourceSync).Size(); n != 2 {
		t.Errorf("%d attributes, want 2", n)
	}
}
