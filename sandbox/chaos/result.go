package chaos

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"datawald/order"
	"datawald/sandbox/checker"
)

// Result is what a run came to.
type Result struct {
	// Repeat is the command line that runs the same again.
	Repeat  string               `json:"repeat"`
	Seed    uint64               `json:"seed"`
	Ledger  bool                 `json:"ledger"`
	Orders  int                  `json:"orders"`
	Seconds float64              `json:"seconds"`
	States  map[order.Status]int `json:"states"`
	// The figures that matter; all violations are below.
	Lost        int `json:"lost"`
	Duplicated  int `json:"duplicated"`
	WrongTotals int `json:"wrong_totals"`
	// Unsettled says why the run ended before all orders were settled; empty when they were.
	Unsettled  string              `json:"unsettled,omitempty"`
	Violations []checker.Violation `json:"violations"`
	// Busy is the number of calls that B1 had in hand when the books were compared.
	Busy int `json:"busy,omitempty"`
	// Holds counts the orders that a clerk resumed, by the reason for which they were held or waited.
	Holds map[string]int `json:"holds_resumed"`
	// Faults counts what struck B1's calls, and Expected what was to be expected of those that strike by chance.
	Faults   map[string]int     `json:"faults"`
	Expected map[string]float64 `json:"faults_expected"`
	// Outages, Troubles and ShopFaults count the times when B1 was away, its books were not ready, and the shop was in trouble.
	Outages  map[string]int `json:"outages"`
	Troubles map[string]int `json:"troubles"`
	// TroublesMet counts those of Troubles by which B1 refused an order, TroublesDue also those that began when there were many for it.
	TroublesMet map[string]int `json:"troubles_met"`
	TroublesDue map[string]int `json:"troubles_due"`
	ShopFaults  map[string]int `json:"shop_faults"`
	// Kills counts the processes killed, by kind; Processes is how many there are of each, KillEvery the seconds between two kills, and
	// Stormy the seconds in which things went wrong: the whole without the start and the end. Loaded are those of them in which B1 had
	// orders to get: only then processes are killed, B1 is away and its books are not ready.
	Kills     map[string]int `json:"kills"`
	Processes map[string]int `json:"processes"`
	KillEvery float64        `json:"kill_every_seconds"`
	Stormy    float64        `json:"stormy_seconds"`
	Loaded    float64        `json:"loaded_seconds"`
	// Recovery is how long it took until B1 got new orders, by what struck.
	Recovery map[string]Times `json:"recovery"`
	// Attempts counts the attempts of all orders; Sent how often orders were sent to B1, of which Made were made.
	Attempts int `json:"attempts"`
	Sent     int `json:"sent"`
	Made     int `json:"made"`
	// Lines is of how many documents items, quantities, amounts and tax were compared with what was bought, Partly of how many they were
	// not because a part of the order was cancelled or refunded, and NotChecked what else was not compared.
	Lines      int      `json:"lines_compared"`
	Partly     int      `json:"lines_let_be"`
	NotChecked []string `json:"not_checked"`
	// Unanswered is the chance of a sending without a clear answer by which B1 made nothing, by the reason for which an order is held after
	// three of them. Euro is the number of orders in euro, which wait while there is no rate.
	Unanswered map[string]float64 `json:"unanswered_chance"`
	Euro       int                `json:"euro_orders"`
	// Partners is the number of business partners that were made.
	Partners int `json:"partners"`
	// MaxCalls is the most calls at once that B1 was at work on, with those that a killed worker or a timeout has left behind; MaxWaiting
	// the most that somebody waited for, which may be MaxAllowed. From more than Knee on B1 is slower with each call.
	MaxCalls   int `json:"max_calls"`
	MaxWaiting int `json:"max_waiting"`
	MaxAllowed int `json:"max_allowed"`
	Knee       int `json:"knee"`
	// LedgerRows is the number of rows of B1's ledger table.
	LedgerRows int `json:"ledger_rows,omitempty"`
	// Dir has state and logs, when they were kept.
	Dir string `json:"dir,omitempty"`
}

// Text writes the result for people, every violation on a line of its own, and at the end all of it as one line of JSON.
func (r *Result) Text(w io.Writer) error {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("\n%d orders in %.0f s, %.1f a second: %s", r.Orders, r.Seconds, float64(r.Orders)/r.Seconds, states(r.States))
	line("lost %d, duplicated %d, wrong totals %d; violations of all kinds: %d; lines and tax of %d documents compared", r.Lost, r.Duplicated, r.WrongTotals, len(r.Violations), r.Lines)
	for _, what := range r.NotChecked {
		line("not checked: %s", what)
	}
	line("")
	line("faults struck        %s", counts(r.Faults))
	line("B1 away              %s; its books not ready: %s (met by orders: %s)", counts(r.Outages), counts(r.Troubles), counts(r.TroublesMet))
	line("trouble of the shop  %s", counts(r.ShopFaults))
	line("killed               %s, in %.0f s with orders for B1", counts(r.Kills), r.Loaded)
	line("recovered after      %s", r.recovered())
	line("                     (until B1 made the next order that was not under way; after a worker's kill that may be another worker's. Lost replies,")
	line("                     502s and ended sessions strike single calls and have no time of their own)")
	line("work                 %d attempts; %d sendings for %d sales orders; %d business partners made",
		r.Attempts, r.Sent, r.Made, r.Partners)
	line("calls at once        at most %d of the workers (%d allowed), %d with those left behind; B1 is slower from %d on", r.MaxWaiting, r.MaxAllowed, r.MaxCalls, r.Knee+1)
	line("resumed by a clerk   %s\n", counts(r.Holds))
	for _, v := range r.Violations {
		line("%s", v)
	}
	for _, doubt := range r.Doubts() {
		line("NOT PROVED: %s", doubt)
	}
	if r.Dir != "" {
		line("state and logs are in %s", r.Dir)
	}
	line("again: %s", r.Repeat)
	one, err := json.Marshal(struct {
		OK     bool     `json:"ok"`
		Doubts []string `json:"not_proved"`
		*Result
	}{r.OK(), r.Doubts(), r})
	if err != nil {
		return err
	}
	line("%s", one)
	_, err = io.WriteString(w, b.String())
	return err
}

func states(of map[order.Status]int) string {
	var parts []string
	for _, s := range order.Statuses() {
		if of[s] > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", s, of[s]))
		}
	}
	return strings.Join(parts, ", ")
}

func counts(of map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(of)) {
		parts = append(parts, fmt.Sprintf("%s %d", name, of[name]))
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// recovered tells the times until B1 got new orders.
func (r *Result) recovered() string {
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(r.Recovery)) {
		t := r.Recovery[what]
		part := fmt.Sprintf("%s %.1f s (median of %d), %.1f s at most", what, t.Median, t.Count, t.Max)
		if t.Open > 0 {
			part += fmt.Sprintf(", %d not before the end", t.Open)
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, "; ")
}
