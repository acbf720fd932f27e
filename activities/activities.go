// Package activities holds what the workflows call: a file for each step of the flow. Activities take keys, never
// orders, may be run any number of times, and say in the type of their errors what the caller must do.
package activities

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"datawald/magento"
	"datawald/mapping"
	"datawald/order"
	"datawald/sapb1"
	"datawald/store"
)

// Shop is what the activities need of a Magento client.
type Shop interface {
	// FindByIncrementIDs reads the orders with these numbers, of every store; FindByEntityIDs those with these keys of
	// Magento. One that cannot be shown has a Fault, those that do not exist are left out.
	FindByIncrementIDs(ctx context.Context, ids []string) ([]magento.Document, error)
	FindByEntityIDs(ctx context.Context, ids []int64) ([]magento.Document, error)
}

// Pages reads the orders of a shop in order of their last change.
type Pages interface {
	Next(ctx context.Context, after order.Cut) (*magento.Page, error)
	// Future gives orders dated after the shop's clock; more is true when there are others.
	Future(ctx context.Context, shop time.Time) (found []magento.Document, more bool, err error)
}

// Ranges reads a selection of a shop's orders, whatever their age.
type Ranges interface {
	InRange(ctx context.Context, selected order.Selection, after int64) (*magento.RangePage, error)
}

// Accounts reads keys and totals of a shop's orders, for reconciliations.
type Accounts interface {
	Accounts(ctx context.Context, selected order.Selection, after int64) (*magento.AccountPage, error)
	AccountsOf(ctx context.Context, entityIDs []int64) ([]magento.Account, error)
	CountOrders(ctx context.Context, selected order.Selection, upTo int64) (int64, error)
}

// Books reads many documents of a B1 company by their keys, for reconciliations. All of it waits behind the orders.
type Books interface {
	OrdersUnder(ctx context.Context, references []sapb1.Reference) ([]sapb1.Keyed, error)
	DraftsUnder(ctx context.Context, references []sapb1.Reference) ([]sapb1.Keyed, error)
	OrdersNumbered(ctx context.Context, entries []int64) ([]sapb1.Keyed, error)
	// SightOf says whether B1 shows the connector's user every order.
	SightOf(ctx context.Context) (sapb1.Sight, error)
}

// Company is what the activities need of a B1 client.
type Company interface {
	FindOrders(ctx context.Context, ref sapb1.Reference) ([]sapb1.Document, error)
	FindDrafts(ctx context.Context, ref sapb1.Reference) ([]sapb1.Document, error)
	CreateOrder(ctx context.Context, o *sapb1.SalesOrder) (*sapb1.Document, error)
	Ledger
	Lane
	Partners
	Items
}

// Ledger writes an order together with a row whose key B1 itself keeps unique.
type Ledger interface {
	CreateOrderOnce(ctx context.Context, o *sapb1.SalesOrder, row sapb1.LedgerRow) (*sapb1.Document, error)
	HasLedgerRow(ctx context.Context, row sapb1.LedgerRow) (bool, error)
}

// Lane is the way to B1: how much it bears at the moment, and what else may stand in it.
type Lane interface {
	// Admit waits until one more order may be taken to B1, and gives what is to be called when it is through.
	Admit(ctx context.Context) (release func(), err error)
	// Troubled reports whether B1 was failing at the orders of all at a moment, and had begun to before it, so that nothing that was
	// sent then is at fault.
	Troubled(moment time.Time) bool
	// Wrote reports whether B1 has written an order since a moment, as far as this worker knows.
	Wrote(since time.Time) bool
	HasRate(ctx context.Context, currency string, on sapb1.Date) (bool, error)
}

// Instance is one shop, the company it feeds, and the rules between them.
type Instance struct {
	Name  string
	Shop  Shop
	Pages Pages
	// Ranges is for backfills only.
	Ranges Ranges
	// Accounts and Books are for reconciliations only.
	Accounts Accounts
	Books    Books
	// Writer tells the shop what B1 has; needed only where the rules ask for it. ShopTimeout is the longest that one call
	// to the shop takes, zero for a minute. ShopSettle is how long the shop may still carry out a write whose outcome is not
	// known, zero for two minutes: PHP goes on after the caller is gone.
	Writer      Writer
	ShopTimeout time.Duration
	ShopSettle  time.Duration
	// SyncFrom is where the first run begins; Overlap how far every later one reaches back.
	SyncFrom time.Time
	Overlap  time.Duration

	Company Company
	// AtOnce lets orders be taken to B1 inside of their workflows' tasks: in a process that takes orders to this company at all, and where
	// Temporal is not to keep a rate (Paced).
	AtOnce bool
	// StopTimeout is how long the process that is told to stop waits for what it has in hand: an attempt at once is cut off before, so that it
	// writes down what it knows in that time. Zero for no limit.
	StopTimeout time.Duration
	// Paced is true when Temporal's queue keeps a rate of orders for all workers.
	Paced bool
	// CompanyID names the B1 company: instances that feed the same one share its references.
	CompanyID string
	// Rules are those of the moment: an activity works by them from its beginning to its end.
	Rules *mapping.Rules
	// Live gives the rules where they may change while the worker runs; nil where Rules stay as they are.
	Live LiveRules
	// LedgerTable is the user table of B1 that each order is written into together with the order itself; empty for none.
	LedgerTable string
	// SeesAll says that B1 shows the connector's user every order though it is no superuser.
	SeesAll bool
	// CallTimeout is the longest that one call to B1 takes; a claim outlives it.
	CallTimeout time.Duration
	// ClaimMargin is how much longer than one call to B1 a claim lasts, for the look-ups before it; zero for 15 seconds. ClockMargin is
	// how far the clocks of other machines may be ahead of this one's before what they date is doubted; zero for five minutes.
	ClaimMargin time.Duration
	ClockMargin time.Duration
	// Settle is how long to wait before looking for an order whose reply was lost, and between looks; Looks how often
	// to find nothing before it is sent again.
	Settle time.Duration
	Looks  int
	// Posted hears when an order that no backfill brought is in B1, and when it was placed; nil for nobody.
	Posted func(placed time.Time)
	// Clock is the clock by which reading goes; nil for that of this machine.
	Clock func() time.Time
}

// now is the instance's clock, no finer than the store keeps it.
func (i Instance) now() time.Time {
	if i.Clock == nil {
		return now()
	}
	return i.Clock().UTC().Truncate(time.Millisecond)
}

// LiveRules gives the rules of an instance as they are in force.
type LiveRules interface {
	// Now are those that this process has taken last; an error where it cannot use those that are in force.
	Now() (*mapping.Rules, error)
	// Fresh asks anew which are in force, and since when.
	Fresh(ctx context.Context) (rules *mapping.Rules, since time.Time, err error)
	// After are those by which an order goes on that was decided by a version last: it asks anew where others are ahead of this process.
	After(ctx context.Context, version string) (*mapping.Rules, error)
	// Passed reports whether a version was replaced by another since this process had it.
	Passed(version string) bool
}

// Activities carries out the steps for all instances of a worker.
type Activities struct {
	store     *store.Store
	instances map[string]Instance
	log       *slog.Logger
	inHand    inHand
	telling   telling
	rates     rates
	ahead     ahead
}

// New makes the activities. log gets state changes only.
func New(s *store.Store, log *slog.Logger, instances ...Instance) *Activities {
	a := &Activities{store: s, instances: map[string]Instance{}, log: log}
	for _, i := range instances {
		a.instances[i.Name] = i
	}
	return a
}

// Types of the errors that activities end with; workflows and retry policies go by them.
const (
	// TypeHeld: a person must look at the order. Never retried.
	TypeHeld = "OrderHeld"
	// TypeConfig: nothing works until an operator mends the settings.
	TypeConfig = "ConfigError"
	// TypeRefused: the other side refused the call for good, but no single order is at fault.
	TypeRefused = "Refused"
	// TypeTransient: try again later.
	TypeTransient = "Transient"
	// TypeUnresolved: an order may or may not be in B1; look again before anything else.
	TypeUnresolved = "Unresolved"
	// TypeInTurn: an order was not tried at once, and nothing happened to it; the activity takes it when it is its turn.
	TypeInTurn = "InTurn"
	// TypeUnknownInstance: this worker does not know the instance, or cannot use its rules; another may.
	TypeUnknownInstance = "UnknownInstance"
)

func (a *Activities) instance(name string) (Instance, error) {
	i, ok := a.instances[name]
	if !ok {
		return i, temporal.NewApplicationErrorWithOptions(fmt.Sprintf("this worker has no settings for the instance %q (see INSTANCES)", name),
			TypeUnknownInstance, temporal.ApplicationErrorOptions{NextRetryDelay: 30 * time.Second})
	}
	if i.Live == nil {
		return i, nil
	}
	var err error
	if i.Rules, err = i.Live.Now(); err != nil {
		return i, cannotUse(err)
	}
	return i, nil
}

// freshly gives the instance with the rules that are in force at this moment, and since when; zero where they never change.
func (a *Activities) freshly(ctx context.Context, name string) (i Instance, since time.Time, err error) {
	if i, err = a.instance(name); err != nil || i.Live == nil {
		return i, since, err
	}
	i.Rules, since, err = i.Live.Fresh(ctx)
	return i, since, err
}

// cannotUse leaves the work to a worker that can use the rules in force.
func cannotUse(err error) error {
	return temporal.NewApplicationErrorWithOptions(short(err.Error()), TypeUnknownInstance, temporal.ApplicationErrorOptions{NextRetryDelay: 30 * time.Second})
}

// fail gives an error the type by which Temporal treats it. hide takes personal data out of the message.
func fail(err error, hide func(string) string) error {
	f, ok := errors.AsType[*order.Failure](err)
	if !ok {
		return err
	}
	message := short(f.Error())
	if f.Hint != "" {
		message += ". " + f.Hint
	}
	if hide != nil {
		message = hide(message)
	}
	options := temporal.ApplicationErrorOptions{NextRetryDelay: f.RetryAfter}
	switch f.Kind {
	case order.Config:
		return temporal.NewApplicationErrorWithOptions(message, TypeConfig, options)
	case order.Permanent:
		options.NonRetryable = true
		return temporal.NewApplicationErrorWithOptions(message, TypeRefused, options)
	case order.Unknown:
		return temporal.NewApplicationErrorWithOptions(message, TypeUnresolved, options)
	}
	options.Category = temporal.ApplicationErrorCategoryBenign // it is tried again; no line in the log for each try
	return temporal.NewApplicationErrorWithOptions(message, TypeTransient, options)
}

// maxMessage bounds what is passed on of the other side's words: a shop in developer mode answers whole SQL statements.
const maxMessage = 500

func short(s string) string {
	if len(s) <= maxMessage {
		return s
	}
	return strings.ToValidUTF8(s[:maxMessage], "") + "…"
}

// event begins a line of the order's timeline with the run that writes it.
func event(ctx context.Context, step, outcome, detail string) store.Event {
	e := store.Event{At: now(), Step: step, Outcome: outcome, Detail: detail}
	if activity.IsActivity(ctx) {
		x := activity.GetInfo(ctx).WorkflowExecution
		e.WorkflowID, e.RunID = x.ID, x.RunID
	}
	return e
}

func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
