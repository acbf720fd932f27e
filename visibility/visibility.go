// Package visibility sees to it that workflows can be found by order, store, instance and source in Temporal: it makes the search
// attributes of package workflows in a namespace, and tells those who start runs whether a namespace has them. A namespace without
// them stops no order: runs are started without. One that loses them stops what names them still, such as a schedule.
package visibility

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"datawald/workflows"
)

// ErrMissing says that a namespace lacks search attributes. Its text names them, and how to make them.
var ErrMissing = errors.New("workflows cannot be searched by order, store, instance and source")

// Missing are the search attributes that the namespace of the client lacks, or has of another type. It asks by a search, which whoever may
// look at workflows may do, with Temporal Cloud too; and for the types, where the server tells them.
func Missing(ctx context.Context, c client.Client, namespace string) (names []string, err error) {
	names = taken(ctx, c, namespace)
	if known, err := knows(ctx, c, workflows.SearchAttributes()...); known || err != nil {
		return names, err
	}
	for _, name := range workflows.SearchAttributes() {
		known, err := knows(ctx, c, name)
		if err != nil {
			return nil, err
		}
		if !known && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// taken are the names that the namespace has for another type, none where the server does not tell the types.
func taken(ctx context.Context, c client.Client, namespace string) (names []string) {
	answer, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return nil // Temporal Cloud lets only its own commands ask
	}
	for _, name := range workflows.SearchAttributes() {
		if t, known := answer.CustomAttributes[name]; known && t != enumspb.INDEXED_VALUE_TYPE_KEYWORD {
			names = append(names, name)
		}
	}
	return names
}

// knows reports whether all of the names may stand in a search.
func knows(ctx context.Context, c client.Client, names ...string) (bool, error) {
	query := strings.Join(names, " = '-' AND ") + " = '-'"
	_, err := c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: query})
	if _, refused := errors.AsType[*serviceerror.InvalidArgument](err); refused {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("ask Temporal for its search attributes: %w", err)
	}
	return true, nil
}

// madeWithin is how long the server may take until starts can name what was made.
const madeWithin = 15 * time.Second

// Create makes the search attributes that the namespace lacks and waits until they can be used; it names those it made. ErrMissing
// means that the server does not let it, and how a person does it.
func Create(ctx context.Context, c client.Client, namespace string) (made []string, err error) {
	missing, err := Missing(ctx, c, namespace)
	if err != nil || len(missing) == 0 {
		return nil, err
	}
	if others := taken(ctx, c, namespace); len(others) > 0 { // the server would answer that all is well
		return nil, lacks(missing, "", fmt.Errorf("%s has another type", strings.Join(others, ", ")))
	}
	types := map[string]enumspb.IndexedValueType{}
	for _, name := range missing {
		types[name] = enumspb.INDEXED_VALUE_TYPE_KEYWORD
	}
	_, err = c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: namespace, SearchAttributes: types})
	if err != nil && ctx.Err() == nil {
		return nil, lacks(missing, "", err)
	}
	if err != nil {
		return nil, err
	}
	return missing, await(ctx, c, namespace)
}

// await waits until the server knows what was made.
func await(ctx context.Context, c client.Client, namespace string) error {
	ctx, cancel := context.WithTimeout(ctx, madeWithin)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		missing, err := Missing(ctx, c, namespace)
		if err == nil && len(missing) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return lacks(workflows.SearchAttributes(), "", fmt.Errorf("made, and not to be seen within %s: run starter apply again", madeWithin))
		case <-tick.C:
		}
	}
}

// lacks tells a person what to do, and what becomes of the orders meanwhile where that is known.
func lacks(names []string, consequence string, cause error) error {
	var command strings.Builder
	for _, name := range names {
		command.WriteString(" --name " + name + " --type Keyword")
	}
	if consequence != "" {
		consequence += ". "
	}
	err := fmt.Errorf("%w: the namespace lacks search attributes. "+consequence+"Make them with "+
		"temporal operator search-attribute create%s (in Temporal Cloud: in the settings of the namespace), then run starter apply", ErrMissing, command.String())
	if cause != nil {
		err = fmt.Errorf("%w (%w)", err, cause)
	}
	return err
}

const (
	// askEvery is how old an answer may be: a namespace may get its search attributes, or lose them, while a process runs.
	askEvery = time.Minute
	// askFor bounds a question: a start must not wait for it.
	askFor = time.Second
)

// Labels gives runs that are started their search attributes. It is safe for use by many at once.
type Labels struct {
	client    client.Client
	namespace string
	warn      func(error)

	mu    sync.Mutex
	asked time.Time
	have  bool
	// missing are those that the namespace lacks, and cause is how that is known, or why it is not.
	missing []string
	cause   error
	// said are the instances of which it was said: what becomes of their orders hangs on their schedules.
	said map[string]bool
}

// New makes Labels for the namespace of a client. warn is told once for each instance, each time that search attributes turn out to be missing.
func New(c client.Client, namespace string, warn func(error)) *Labels {
	return &Labels{client: c, namespace: namespace, warn: warn, said: map[string]bool{}}
}

// Of are the search attributes of a run, none while the namespace lacks one of them, or has never answered.
func (l *Labels) Of(ctx context.Context, instance string, source workflows.Source) temporal.SearchAttributes {
	if !l.ready(ctx, instance) {
		return temporal.SearchAttributes{}
	}
	return workflows.RunAttributes(instance, source)
}

// Start starts a run with its search attributes; and once more without, when the server refuses a start that names them: somebody may have
// taken them out of the namespace since it was asked. start is given those to start with.
func (l *Labels) Start(ctx context.Context, instance string, source workflows.Source, start func(temporal.SearchAttributes) error) error {
	with := l.Of(ctx, instance, source)
	err := start(with)
	if _, refused := errors.AsType[*serviceerror.InvalidArgument](err); !refused || with.Size() == 0 {
		return err
	}
	without := start(temporal.SearchAttributes{})
	if without == nil { // it was for them, and for nothing else, that it was refused
		l.lose(ctx, instance, err)
	}
	return without
}

// lose takes note that the namespace has the search attributes no longer.
func (l *Labels) lose(ctx context.Context, instance string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked, l.have, l.missing, l.cause = time.Now(), false, workflows.SearchAttributes(), err
	l.say(ctx, instance)
}

// say tells that runs of the instance go without search attributes, once.
func (l *Labels) say(ctx context.Context, instance string) {
	if l.said[instance] {
		return
	}
	l.said[instance] = true
	if l.missing == nil { // nobody knows
		l.warn(l.cause)
		return
	}
	l.warn(lacks(l.missing, l.consequence(ctx, instance), l.cause))
}

// consequence looks at the schedule of the instance whose run was to be started.
func (l *Labels) consequence(ctx context.Context, instance string) string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askFor)
	defer cancel()
	return NamedBy(ctx, l.client, instance).Consequence(instance)
}

// ready reports whether a run of the instance may have search attributes.
func (l *Labels) ready(ctx context.Context, instance string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.asked.IsZero() || time.Since(l.asked) >= askEvery {
		l.ask(ctx)
	}
	if l.have {
		clear(l.said)
	} else {
		l.say(ctx, instance)
	}
	return l.have
}

// ask asks what the namespace has.
func (l *Labels) ask(ctx context.Context) {
	// The answer is for all, so that a caller who goes away must not end the question.
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), askFor)
	defer cancel()
	missing, err := Missing(asking, l.client, l.namespace)
	l.asked = time.Now()
	switch {
	case err == nil:
		l.have, l.missing, l.cause = len(missing) == 0, missing, nil
	case l.missing == nil: // without an answer, what was so stays so
		l.cause = err
	}
}
