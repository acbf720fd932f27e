package api

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"datawald/order"
	"datawald/store"
	"datawald/watch"
)

// Level says whether a person is needed.
type Level string

// Levels, the best first.
const (
	LevelOK        Level = "ok"
	LevelAttention Level = "attention"
	LevelTrouble   Level = "trouble"
)

// Schema lists the levels.
func (Level) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Enum: []any{string(LevelOK), string(LevelAttention), string(LevelTrouble)}}
}

// Need is one thing that needs a person.
type Need struct {
	Code  string `json:"code" doc:"Stable name of the kind of need" example:"orders_held"`
	Level Level  `json:"level"`
	Text  string `json:"text" doc:"What is so, and what to do"`
	// Link is where in the API to look.
	Link  string `json:"link" doc:"Where in this API more of it is" example:"/api/v1/orders?instance=main&state=held"`
	Count int64  `json:"count,omitempty" doc:"How many orders it is about"`
}

// levelOf is the worst level of all needs.
func levelOf(all []Need) Level {
	worst := LevelOK
	for _, n := range all {
		if n.Level == LevelTrouble || worst == LevelOK {
			worst = n.Level
		}
	}
	return worst
}

// lagsAfter is how old the latest complete reading of Magento may be before a person should look: runs come every minute or so.
const lagsAfter = 30 * time.Minute

// needs says what of a status needs a person, the worst first. It is the one place where that is decided. What follows from another need is
// left out: orders that wait because B1 is down are not told of beside that.
func needs(s *Status, instance, lacking string) []Need {
	j := &judge{instance: instance, all: []Need{}}
	j.schedule(s)
	j.parts(s)
	j.orders(s)
	if lacking != "" {
		j.add("rules_missing", LevelAttention, "The gateway has no usable rules of the instance, so that it shows no preview: see RULES_FILE and POST /api/v1/rules/check.",
			"/api/v1/rules", 0)
	}
	slices.SortStableFunc(j.all, func(a, b Need) int { return cmp.Compare(rank(a.Level), rank(b.Level)) })
	return j.all
}

func rank(l Level) int {
	if l == LevelTrouble {
		return 0
	}
	return 1
}

// judge collects needs.
type judge struct {
	instance string
	all      []Need
}

func (j *judge) add(code string, level Level, text, link string, count int64) {
	j.all = append(j.all, Need{Code: code, Level: level, Text: text, Link: link, Count: count})
}

func (j *judge) has(codes ...string) bool {
	return slices.ContainsFunc(j.all, func(n Need) bool { return slices.Contains(codes, n.Code) })
}

// at is an address that names the instance.
func (j *judge) at(path string, pairs ...string) string {
	q := url.Values{"instance": {j.instance}}
	for n := 0; n+1 < len(pairs); n += 2 {
		q.Set(pairs[n], pairs[n+1])
	}
	return path + "?" + q.Encode()
}

// late are the needs that come of a schedule that brings nothing in, by its cause. Where Magento is down it is told of by itself.
var late = map[string]string{
	watch.NoAttributes: "Neither runs nor orders can be started: the namespace of Temporal lacks search attributes. Run starter apply.",
	watch.RunHangs:     "A run is under way and does not get on, and all others are skipped. Look at it in Temporal and at the worker's log.",
	watch.RunsFail:     "Runs end before they have read Magento. Their errors say why; starter doctor magento looks closer.",
}

// schedule tells of what keeps Magento from being read.
func (j *judge) schedule(s *Status) {
	link := j.at("/api/v1/schedule")
	seen := s.Schedule
	switch {
	case seen.Cause == watch.NoAttributes: // the server may not even describe the schedule then
	case seen.State == watch.Unknown:
		j.add("temporal_down", LevelTrouble, "Temporal does not answer, so that nothing is read and nothing is sent. Look at its server and at TEMPORAL_ADDRESS.", link, 0)
	case seen.State == watch.Missing:
		j.add("schedule_missing", LevelTrouble, "The instance has no schedule, so that nothing reads Magento. Run starter apply.", link, 0)
	case seen.State == watch.Paused:
		text := "The schedule is paused: orders wait in Magento."
		if seen.Note != "" {
			text += " Its note says: " + seen.Note
		}
		j.add("schedule_paused", LevelAttention, text, link, 0)
	}
	if s.Workers.Runs == presenceDown {
		j.add("no_worker", LevelTrouble, "No worker takes up runs, so that nothing reads Magento. Start one, and see in its log why the last one ended.", link, 0)
	}
	if s.Health.Magento.State == healthDown {
		j.add("magento_down", LevelTrouble, "Magento does not answer as it should: "+s.Health.Magento.Why, j.at("/api/v1/runs", "kind", store.KindSync), 0)
	}
	if text, known := late[seen.Cause]; known && seen.Late && !j.has("magento_down", "no_worker") {
		j.add(seen.Cause, LevelTrouble, text, link, 0)
	}
	if lag := s.LagSeconds; lag != nil && *lag >= int64(lagsAfter/time.Second) && len(j.all) == 0 {
		j.add("lag", LevelAttention, fmt.Sprintf("What changed in Magento in the last %d minutes may not be here yet: a backlog is being read, or runs do not come to its end.", *lag/60), link, 0)
	}
}

// parts tells of what keeps orders from B1.
func (j *judge) parts(s *Status) {
	if s.Health.B1.State == healthDown {
		j.add("b1_down", LevelTrouble, "B1 takes no orders ("+cmp.Or(s.Health.B1.Why, "no answer")+"). They wait, and go on by themselves when it does.", j.at("/api/v1/status"),
			s.Orders[order.Pending])
	}
	if s.Schedule.Orders == watch.NoB1Worker || s.Workers.Orders == presenceDown && s.Orders[order.Pending] > 0 {
		j.add("no_b1_worker", LevelTrouble, "Orders wait, and no worker takes them to B1. Start one that has b1 in WORKER_LANES.", j.at("/api/v1/orders", "state", string(order.Pending)),
			s.Orders[order.Pending])
	}
	if s.Schedule.Backfill != "" {
		j.add(s.Schedule.Backfill, LevelAttention, "The backfill does not get on: "+watch.Alarm(s.Schedule.Backfill, j.instance)+".", j.at("/api/v1/backfills/latest"), 0)
	} else if b := s.Backfill; b != nil && b.State == store.BackfillLeft {
		j.add("backfill_left", LevelAttention, "A backfill has ended, and its orders are held still. Release it.", j.at("/api/v1/backfills/latest"), int64(b.Imports))
	}
}

// orders tells of orders that only a person gets on.
func (j *judge) orders(s *Status) {
	if n := s.MaybeTwice; n > 0 {
		j.add("orders_twice", LevelTrouble, "B1 may have "+counted(n, "order", "orders")+" twice. Look for the reference in B1, cancel what is too much, and settle the order here.",
			j.at("/api/v1/orders", "attention", "true"), n)
	}
	if n := s.Orders[order.Held]; n > 0 {
		j.add("orders_held", LevelAttention, counted(n, "order is held", "orders are held")+". Each says why, and what mends it.", j.at("/api/v1/orders", "state", string(order.Held)), n)
	}
	if s.Waiting != nil && s.Waiting.Long > 0 && !j.has("b1_down", "no_b1_worker", "temporal_down", watch.NoAttributes) {
		j.add("orders_wait", LevelAttention, counted(s.Waiting.Long, "order has", "orders have")+" waited for B1 for more than an hour.",
			j.at("/api/v1/orders", "state", string(order.Pending)), s.Waiting.Long)
	}
	if b := s.Reconciliation; b != nil && b.Open > 0 {
		j.add("findings_open", LevelAttention, counted(b.Open, "thing does", "things do")+" not agree between Magento, DataWald and B1.", j.at("/api/v1/reconciliations"), b.Open)
	}
	if w := s.WriteBacks; w != nil && w.GivenUp > 0 {
		j.add("write_backs_given_up", LevelAttention, "Magento could not be told of "+counted(w.GivenUp, "posted order", "posted orders")+".",
			j.at("/api/v1/orders", "write_back", string(store.WriteBackGivenUp)), w.GivenUp)
	}
	if w := s.WriteBacks; w != nil && w.ToLookAt > 0 {
		j.add("write_backs_to_look_at", LevelAttention, "What Magento was told of "+counted(w.ToLookAt, "posted order", "posted orders")+" may have touched somebody else's change.",
			j.at("/api/v1/orders", "write_back", string(store.WriteBackToLookAt)), w.ToLookAt)
	}
}

func counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
