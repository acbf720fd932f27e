package api

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"datawald/order"
	"datawald/store"
)

const eventsPath = "/api/v1/events"

// endless are the routes whose answer has no end of its own: the limit of time is not for them.
var endless = map[string]bool{eventsPath: true}

// Bounds of the streams.
const (
	// maxStreams is how many connections listen at once, of all instances.
	maxStreams = 200
	// streamLife is how long one connection lasts: then the browser comes back by itself, and is asked again who it is.
	streamLife = time.Minute
	// streamWrite is how long a client may take to read what is sent.
	streamWrite = 10 * time.Second
	// heartbeat is how often a stream that has nothing to say shows that it lives.
	heartbeat = 15 * time.Second
	// buffered is how many events wait for a slow client. Then it is cut off, and comes back.
	buffered = 16
)

func (s *server) routeEvents() {
	h := newHub(s)
	route(s, huma.Operation{OperationID: "get-events", Method: http.MethodGet, Path: eventsPath, Tags: []string{"events"},
		Summary: "What happens, as it happens (server-sent events)",
		Description: "`status` comes first and whenever it has changed; `orders` names the orders that have changed since the last look, 200 at most, with `more` " +
			"when there are others: then read the list again; `backfill` says how far one is. A comment every 15 s shows that the connection lives. It ends after a " +
			"minute, when the gateway stops and when the client is too slow: browsers connect again by themselves and send `Last-Event-ID`, and are told of all orders " +
			"that have changed since. An order may be told of twice. There is no personal data in it.",
		Errors: []int{http.StatusTooManyRequests}, Responses: eventResponses(s.api.OpenAPI())}, h.serve)
}

type eventsInput struct {
	Instance string `query:"instance" doc:"The instance; may be left out where there is only one" example:"main"`
	Last     string `header:"Last-Event-ID" maxLength:"40" doc:"The id of the last event that was received; browsers send it by themselves" example:"1796040000000"`
	Since    string `query:"since" maxLength:"40" doc:"The same for who has received none yet: when he read what he shows, in milliseconds since 1970" example:"1796040000000"`
}

// Types of events.
const (
	statusEvent   = "status"
	ordersEvent   = "orders"
	backfillEvent = "backfill"
)

// StatusEvent says in short how an instance does.
type StatusEvent struct {
	Level  Level                  `json:"level"`
	Orders map[order.Status]int64 `json:"orders" doc:"Orders by state"`
	Total  int64                  `json:"total" doc:"All orders that are known here"`
	Needs  []Need                 `json:"needs" nullable:"false" doc:"What needs a person, the worst first"`
	// RunningSince is since when a run of the schedule is under way.
	RunningSince *time.Time `json:"running_since,omitempty" doc:"Since when a run of the schedule is under way; absent when none is"`
	// Reconciliation is nil until there was one, or one is under way.
	Reconciliation *ReconciliationBrief `json:"reconciliation,omitempty" doc:"How the books stand; absent until a reconciliation has compared its window or is under way"`
	Schedule       string               `json:"schedule" enum:"on,paused,missing,unknown" doc:"State of the schedule"`
}

// OrdersEvent names orders that have changed.
type OrdersEvent struct {
	Orders []ChangedOrder `json:"orders" nullable:"false"`
	More   bool           `json:"more,omitempty" doc:"More have changed than are named: read the list again"`
}

// ChangedOrder is where an order stands that has changed.
type ChangedOrder struct {
	Key       order.Key    `json:"key" example:"main:1:000000123"`
	Status    order.Status `json:"status"`
	Reason    string       `json:"reason,omitempty" doc:"Code of the reason why it is held, excluded or cancelled"`
	Attention string       `json:"attention,omitempty" doc:"Code of what changed in Magento after it was posted"`
	ChangedAt time.Time    `json:"changed_at"`
}

// BackfillEvent says how far a backfill is.
type BackfillEvent struct {
	ID       string                  `json:"id" doc:"The run, as GET /api/v1/runs/{id} takes it"`
	Ended    bool                    `json:"ended,omitempty"`
	Counts   store.Counts            `json:"counts"`
	Progress *store.BackfillProgress `json:"progress"`
}

// eventResponses describes the stream: huma has no type for it.
func eventResponses(doc *huma.OpenAPI) map[string]*huma.Response {
	one := func(name string, data *huma.Schema) *huma.Schema {
		return &huma.Schema{Type: huma.TypeObject, Title: name, Required: []string{"event", "id", "data"}, Properties: map[string]*huma.Schema{
			"event": {Type: huma.TypeString, Enum: []any{name}},
			"id":    {Type: huma.TypeString, Description: "Send the last one as Last-Event-ID"},
			"data":  data,
		}}
	}
	schemas := doc.Components.Schemas
	return map[string]*huma.Response{"200": {Description: "The events, each with event, id and data (JSON)", Content: map[string]*huma.MediaType{
		"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{OneOf: []*huma.Schema{
			one(statusEvent, huma.SchemaFromType(schemas, typeOf[StatusEvent]())),
			one(ordersEvent, huma.SchemaFromType(schemas, typeOf[OrdersEvent]())),
			one(backfillEvent, huma.SchemaFromType(schemas, typeOf[BackfillEvent]())),
		}}}}}}}
}

// hub has the feeds of all instances.
type hub struct {
	server *server
	pace   pace
	// stop ends all streams when the HTTP server stops.
	stop     chan struct{}
	stopOnce sync.Once
	// hooked are the HTTP servers that know of it.
	hooked sync.Map

	mu    sync.Mutex
	open  int
	feeds map[string]*feed
}

func newHub(s *server) *hub {
	return &hub{server: s, pace: usual, stop: make(chan struct{}), feeds: map[string]*feed{}}
}

// serve begins a stream.
func (h *hub) serve(ctx context.Context, in *eventsInput) (*huma.StreamResponse, error) {
	instance, err := h.server.instance(in.Instance)
	if err != nil {
		return nil, err
	}
	h.hook(ctx)
	ctx, cancel := context.WithTimeout(ctx, streamLife)
	l, err := h.listen(instance, placeIn(cmp.Or(in.Last, in.Since)))
	if err != nil {
		cancel()
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		defer cancel()
		defer h.leave(l)
		stream(ctx, hctx, l, h.stop)
	}}, nil
}

// hook sees to it that streams end when the HTTP server that serves them is told to stop: it waits for all requests.
func (h *hub) hook(ctx context.Context) {
	server, ok := ctx.Value(http.ServerContextKey).(*http.Server)
	if !ok {
		return
	}
	if _, known := h.hooked.LoadOrStore(server, true); !known {
		server.RegisterOnShutdown(func() { h.stopOnce.Do(func() { close(h.stop) }) })
	}
}

// placeIn reads an id of an event: a time up to which all changes are told. One that is not readable is as good as none.
func placeIn(last string) time.Time {
	ms, err := strconv.ParseInt(last, 10, 64)
	if err != nil || ms <= 0 {
		return time.Time{}
	}
	if at := time.UnixMilli(ms).UTC(); at.Before(time.Now()) {
		return at
	}
	return time.Time{}
}
