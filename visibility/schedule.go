package visibility

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"datawald/workflows"
)

// Naming says whether the runs of a schedule are to have search attributes. In a namespace that lacks one of them those that are named stop
// everything: the server starts no run, and the runs start no order.
type Naming int

// What a look at a schedule shows.
const (
	NamesNone Naming = iota // it names none, or there is no schedule
	Names                   // it names some
	NotKnown                // Temporal does not tell
)

// NamedBy looks whether the schedule of an instance names search attributes. Ask it of a namespace that lacks some: the server does not describe a
// schedule that names what it does not know, and answers as if it had failed itself.
func NamedBy(ctx context.Context, c client.Client, instance string) Naming {
	d, err := c.ScheduleClient().GetHandle(ctx, workflows.ScheduleID(instance)).Describe(ctx)
	if _, none := errors.AsType[*serviceerror.NotFound](err); none {
		return NamesNone
	}
	if _, failed := errors.AsType[*serviceerror.Internal](err); failed {
		return Names
	}
	switch {
	case err != nil:
		return NotKnown
	case Labelled(d.Schedule):
		return Names
	}
	return NamesNone
}

// Labelled reports whether the runs of a schedule are to have search attributes.
func Labelled(s client.Schedule) bool {
	a, isRun := s.Action.(*client.ScheduleWorkflowAction)
	return isRun && (a.TypedSearchAttributes.Size() > 0 || len(a.UntypedSearchAttributes) > 0)
}

// Consequence says what becomes of the orders of an instance while its namespace lacks search attributes.
func (n Naming) Consequence(instance string) string {
	switch n {
	case Names:
		return fmt.Sprintf("The runs of the schedule %s name them: Temporal starts none, or none of their orders, until starter apply has put that right. No order is lost", workflows.ScheduleID(instance))
	case NotKnown:
		return fmt.Sprintf("Temporal does not tell whether the runs of the schedule %s name them: if they do, it starts none until starter apply has put that right", workflows.ScheduleID(instance))
	}
	return fmt.Sprintf("No schedule of %s names them: its orders go to B1 all the same", instance)
}
