package main

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"google.golang.org/grpc"

	"datawald/sandbox/testkit"
	"datawald/workflows"
)

// forgetful is a client of a namespace without search attributes, which is told that all are there, as one is that asks just before somebody takes
// them out. starts are how many attributes each start named.
func forgetful(t *testing.T) (c client.Client, namespace string, starts *[]int) {
	t.Helper()
	_, namespace = testkit.Namespace(t)
	starts = new([]int)
	between := func(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		switch r := req.(type) {
		case *workflowservice.CountWorkflowExecutionsRequest:
			return nil
		case *workflowservice.StartWorkflowExecutionRequest:
			*starts = append(*starts, len(r.GetSearchAttributes().GetIndexedFields()))
		}
		return invoke(ctx, method, req, reply, conn, opts...)
	}
	c, err := client.Dial(client.Options{HostPort: testkit.TemporalAddress(t), Namespace: namespace, Logger: log.NewStructuredLogger(testkit.Silent()),
		ConnectionOptions: client.ConnectionOptions{DialOptions: []grpc.DialOption{grpc.WithChainUnaryInterceptor(between)}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, namespace, starts
}

// Search attributes that are taken out of the namespace in the moment of a command make none fail: it starts its run without, and says so. Fails
// without: Start of the labels, in each of them.
func TestCommandsStartWithoutSearchAttributesThatAreTakenOut(t *testing.T) {
	r := newRig(t)
	for name, start := range map[string]func(*app, client.Client) error{
		"backfill": func(a *app, c client.Client) error {
			s, err := loadSettings()
			if err != nil {
				return err
			}
			w := &follower{app: a, client: c, settings: s, instance: r.instance, id: workflows.BackfillOrdersID(r.instance)}
			return w.start(workflows.BackfillOrdersInput{Instance: r.instance, IncrementIDs: []string{"1"}})
		},
		"resync": func(a *app, c client.Client) error {
			s, err := loadSettings()
			if err != nil {
				return err
			}
			_, err = startResync(a, c, s, workflows.ResyncOrdersInput{Instance: r.instance, IncrementIDs: []string{"1"}})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, namespace, starts := forgetful(t)
			t.Setenv("TEMPORAL_NAMESPACE", namespace)
			var errs bytes.Buffer
			err := start(&app{ctx: t.Context(), streams: streams{strings.NewReader(""), &bytes.Buffer{}, &errs}}, c)
			if err != nil || !slices.Equal(*starts, []int{2, 0}) || !strings.Contains(errs.String(), "the namespace lacks search attributes. No schedule of "+r.instance+" names them: its orders go to B1 all the same") {
				t.Errorf("%v; started with %v attributes, want 2 and then none; said %s", err, *starts, errs.String())
			}
		})
	}
}
