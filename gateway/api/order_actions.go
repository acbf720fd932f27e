package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"datawald/gateway/desk"
	"datawald/order"
	"datawald/store"
	"datawald/workflows"
)

func (s *server) routeOrderActions() {
	errs := []int{http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType}
	route(s, huma.Operation{OperationID: "retry-order", Method: http.MethodPost, Path: "/api/v1/orders/{key}/retry", Tags: []string{"orders"},
		Summary: "Take a held order to B1 again, a pending one now, look at a draft; before all others",
		Description: "B1 is looked into before anything is sent, whatever the order's past is. Magento is asked only with `reread`, and where the order cannot go on without it. " +
			"It begins at once; where an attempt waits already for its next try, that one goes on, within a minute.", Errors: errs}, s.retryOrder)
	route(s, huma.Operation{OperationID: "skip-order", Method: http.MethodPost, Path: "/api/v1/orders/{key}/skip", Tags: []string{"orders"},
		Summary:     "Keep an order from B1 until it is resumed",
		Description: "For orders that are pending or held and of which B1 has nothing. Neither a change in Magento, nor new rules, a resync or a backfill takes it in again.", Errors: errs}, s.skipOrder)
	route(s, huma.Operation{OperationID: "resume-order", Method: http.MethodPost, Path: "/api/v1/orders/{key}/resume", Tags: []string{"orders"},
		Summary: "Take a skip back, and the order to B1 at once", Errors: errs}, s.resumeOrder)
	route(s, huma.Operation{OperationID: "settle-order", Method: http.MethodPost, Path: "/api/v1/orders/{key}/settle", Tags: []string{"orders"},
		Summary:     "Say that what asks for attention is settled",
		Description: "It takes `attention` away, as long as Magento's document says the same; a later change asks anew. Neither B1 nor Magento is told, and the order stays where it is.",
		Errors:      errs}, s.settleOrder)
	s.routeBulk()
}

// ActionRequest is what is asked of one order.
type ActionRequest struct {
	Reason string     `json:"reason,omitempty" maxLength:"500" doc:"Why, for the order's timeline"`
	Saw    stateParam `json:"state,omitempty" doc:"The state in which you saw the order: when it is in another by now, nothing is done"`
}

// RetryRequest is an ActionRequest with what a retry may ask for.
type RetryRequest struct {
	ActionRequest
	Reread bool `json:"reread,omitempty" doc:"Read the order from Magento before it is tried"`
}

// SkipRequest is an ActionRequest with a reason; a settlement is one too.
type SkipRequest struct {
	Reason string     `json:"reason" minLength:"1" maxLength:"500" pattern:"\\S" patternDescription:"at least one word" doc:"Why, for whoever looks at the order next"`
	Saw    stateParam `json:"state,omitempty" doc:"The state in which you saw the order: when it is in another by now, nothing is done"`
}

type retryOrderInput struct {
	Key  string `path:"key" doc:"<instance>:<store_id>:<increment_id>" example:"main:1:000000123"`
	Body RetryRequest
}

type skipOrderInput struct {
	Key  string `path:"key" doc:"<instance>:<store_id>:<increment_id>" example:"main:1:000000123"`
	Body SkipRequest
}

type resumeOrderInput struct {
	Key  string `path:"key" doc:"<instance>:<store_id>:<increment_id>" example:"main:1:000000123"`
	Body ActionRequest
}

// Audit names the order and the reason.
func (in *retryOrderInput) Audit() (target, why string) {
	return keyOf(unescape(in.Key)), in.Body.Reason
}

// Audit names the order and the reason.
func (in *skipOrderInput) Audit() (target, why string) {
	return keyOf(unescape(in.Key)), in.Body.Reason
}

// Audit names the order and the reason.
func (in *resumeOrderInput) Audit() (target, why string) {
	return keyOf(unescape(in.Key)), in.Body.Reason
}

type settleOrderInput struct {
	Key  string `path:"key" doc:"<instance>:<store_id>:<increment_id>" example:"main:1:000000123"`
	Body SkipRequest
}

// Audit names the order and the reason.
func (in *settleOrderInput) Audit() (target, why string) {
	return keyOf(unescape(in.Key)), in.Body.Reason
}

type actionOutput struct{ Body ActionResult }

// ActionResult says how the order stands after an action.
type ActionResult struct {
	Action  desk.Action    `json:"action" enum:"retry,skip,resume,settle"`
	Order   OrderSummary   `json:"order"`
	Actions []desk.Choice  `json:"actions" nullable:"false" doc:"What may be done with it now"`
	Run     *StartedResync `json:"run,omitempty" doc:"The run that takes it to B1; absent after a skip, and where Temporal did not answer: then the next run of the schedule takes it first"`
}

func (s *server) retryOrder(ctx context.Context, in *retryOrderInput) (*actionOutput, error) {
	return s.act(ctx, in.Key, desk.Request{Action: desk.Retry, Why: in.Body.Reason, Reread: in.Body.Reread, Saw: order.Status(in.Body.Saw)})
}

func (s *server) skipOrder(ctx context.Context, in *skipOrderInput) (*actionOutput, error) {
	return s.act(ctx, in.Key, desk.Request{Action: desk.Skip, Why: in.Body.Reason, Saw: order.Status(in.Body.Saw)})
}

func (s *server) resumeOrder(ctx context.Context, in *resumeOrderInput) (*actionOutput, error) {
	return s.act(ctx, in.Key, desk.Request{Action: desk.Resume, Why: in.Body.Reason, Saw: order.Status(in.Body.Saw)})
}

func (s *server) settleOrder(ctx context.Context, in *settleOrderInput) (*actionOutput, error) {
	return s.act(ctx, in.Key, desk.Request{Action: desk.Settle, Why: in.Body.Reason, Saw: order.Status(in.Body.Saw)})
}

// act carries out an action on one order and begins what it asks for.
func (s *server) act(ctx context.Context, parameter string, request desk.Request) (*actionOutput, error) {
	key, err := orderKey(parameter)
	if err != nil {
		return nil, err
	}
	if _, err := s.instance(key.Instance()); err != nil {
		return nil, s.notStaged(key)
	}
	request.By = actorOf(ctx)
	done, err := desk.Do(ctx, s.store, key, request)
	if err != nil {
		return nil, s.actProblem(key, err)
	}
	result := ActionResult{Action: request.Action}
	if done.Start {
		run, err := s.takeToB1(ctx, key.Instance(), []order.Key{key}, request.By, done.Reread)
		switch {
		case err == nil:
			result.Run = run
		case done.Reread: // nothing else reads it, and nothing was noted
			return nil, err
		default:
			s.log.Warn("an order that was asked for waits for the next run", "order", key, "cause", innermost(err))
		}
	}
	if done.Reread {
		s.noteReread(ctx, key, request)
	}
	result.Order, result.Actions = s.summary(*done.Order), desk.Choices(done.Order, time.Now())
	return &actionOutput{Body: result}, nil
}

// noteReread writes down that a run which reads the order was begun. That the run was begun is not undone when the store does not take it.
func (s *server) noteReread(ctx context.Context, key order.Key, request desk.Request) {
	if err := desk.NoteReread(ctx, s.store, key, request); err != nil && !errors.Is(err, desk.ErrNotStaged) {
		s.log.Warn("the timeline does not tell who had the order read", "order", key, "cause", innermost(err))
	}
}

// actProblem says why nothing was done.
func (s *server) actProblem(key order.Key, err error) error {
	if refused, ok := errors.AsType[*desk.Refused](err); ok {
		p := actionRefused.problem(refused.Why)
		p.Key = string(key)
		return p
	}
	if errors.Is(err, desk.ErrNotStaged) || errors.Is(err, store.ErrNotFound) {
		return s.notStaged(key)
	}
	return partDown(err, "store")
}

// takeToB1 begins one run that takes orders to B1, as they are staged or after they were read from Magento again.
func (s *server) takeToB1(ctx context.Context, instance string, keys []order.Key, by string, reread bool) (*StartedResync, error) {
	id := newID(time.Now())
	if !reread {
		id = retryName + id
	}
	workflowID := workflows.ResyncOrdersID(instance, id)
	if err := s.begin(ctx, workflowID, workflows.ResyncOrdersInput{Instance: instance, Keys: keys, Staged: !reread, Actor: by}); err != nil {
		return nil, err
	}
	return &StartedResync{ID: id, WorkflowID: workflowID, Location: resyncPath(instance, id)}, nil
}
