package telemetry

// Kind is what a metric is to Prometheus.
type Kind string

// The kinds of metrics.
const (
	Gauge     Kind = "gauge"
	Counter   Kind = "counter"
	Histogram Kind = "histogram"
)

// Names of the programs that show metrics.
const (
	Worker  = "worker"
	Gateway = "gateway"
)

// Metric says what a metric is. Its labels have few values, all of them known beforehand: never an order, a person or a text.
type Metric struct {
	Name   string
	Kind   Kind
	Help   string
	Labels []string
	// Programs are those that show it.
	Programs []string
}

// Names of all metrics of our own.
const (
	Orders                 = "datawald_orders"
	HeldOrders             = "datawald_held_orders"
	Lag                    = "datawald_lag_seconds"
	OldestPending          = "datawald_oldest_pending_seconds"
	CutAge                 = "datawald_cut_age_seconds"
	ScheduleSkipped        = "datawald_schedule_skipped_total"
	ScheduleMissed         = "datawald_schedule_missed_total"
	SchedulePaused         = "datawald_schedule_paused"
	ReconciliationFindings = "datawald_reconciliation_findings"
	ReconciliationAge      = "datawald_reconciliation_age_seconds"
	Alarm                  = "datawald_alarm"
	ScrapeErrors           = "datawald_scrape_errors_total"
	PlacedToPosted         = "datawald_placed_to_posted_seconds"
	B1Call                 = "datawald_b1_call_seconds"
	B1CallsInFlight        = "datawald_b1_calls_in_flight"
	B1Concurrency          = "datawald_b1_concurrency"
	B1CircuitOpen          = "datawald_b1_circuit_open"
	MagentoCall            = "datawald_magento_call_seconds"
	BuildInfo              = "datawald_build_info"
)

// Labels.
const (
	labelInstance  = "instance"
	labelState     = "state"
	labelReason    = "reason"
	labelKind      = "kind"
	labelAlarm     = "alarm"
	labelPart      = "part"
	labelOperation = "operation"
	labelOutcome   = "outcome"
	labelVersion   = "version"
	labelRevision  = "revision"
	labelProgram   = "program"
)

var (
	inGateway = []string{Gateway}
	inWorker  = []string{Worker}
	inBoth    = []string{Worker, Gateway}
)

// Catalogue is every metric of our own, in the order of docs/metrics.md. Those of Temporal's client library begin with temporal_, those of
// Go and of the process with go_ and process_.
func Catalogue() []Metric {
	return []Metric{
		{Orders, Gauge, "Orders by state.", []string{labelInstance, labelState}, inGateway},
		{HeldOrders, Gauge, "Held orders by the code of their reason.", []string{labelInstance, labelReason}, inGateway},
		{Lag, Gauge, "How far what is staged may lie behind Magento: seconds since the start of the latest reading that came to its end.", []string{labelInstance}, inGateway},
		{OldestPending, Gauge, "Seconds since the pending order that was placed first was placed, imports left out; 0 while none is pending.", []string{labelInstance}, inGateway},
		{CutAge, Gauge, "Seconds since the last change in Magento that is staged; it grows in a quiet shop.", []string{labelInstance}, inGateway},
		{ScheduleSkipped, Counter, "Firings of the schedule that found a run under way and started none, since the schedule was made.", []string{labelInstance}, inGateway},
		{ScheduleMissed, Counter, "Firings of the schedule that Temporal slept through, since the schedule was made.", []string{labelInstance}, inGateway},
		{SchedulePaused, Gauge, "1 while the schedule is paused.", []string{labelInstance}, inGateway},
		{ReconciliationFindings, Gauge, "Open findings of the latest reconciliation by kind.", []string{labelInstance, labelKind}, inGateway},
		{ReconciliationAge, Gauge, "Seconds since the latest reconciliation ended.", []string{labelInstance}, inGateway},
		{Alarm, Gauge, "1 while the alarm is raised.", []string{labelInstance, labelAlarm}, inGateway},
		{ScrapeErrors, Counter, "Questions to the store or to Temporal that were not answered, so that the figures before them are shown.", []string{labelPart}, inGateway},
		{PlacedToPosted, Histogram, "Seconds from the time an order was placed to the time it was in B1, imports left out.", []string{labelInstance}, inWorker},
		{B1Call, Histogram, "Seconds that a call to B1 took.", []string{labelInstance, labelOperation, labelOutcome}, inWorker},
		{B1CallsInFlight, Gauge, "Calls to B1 under way.", []string{labelInstance}, inWorker},
		{B1Concurrency, Gauge, "How many orders this worker has in hand at most at the moment, as it has found out what B1 bears.", []string{labelInstance}, inWorker},
		{B1CircuitOpen, Gauge, "1 while this worker sends no order because B1 does not answer or writes none.", []string{labelInstance}, inWorker},
		{MagentoCall, Histogram, "Seconds that a call to Magento took.", []string{labelInstance, labelOperation, labelOutcome}, inWorker},
		{BuildInfo, Gauge, "1, with what the program was built from.", []string{labelVersion, labelRevision, labelProgram}, inBoth},
	}
}

// bounds are the limits of a histogram's buckets, in seconds.
var bounds = map[string][]float64{
	B1Call:         {0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60},
	MagentoCall:    {0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60},
	PlacedToPosted: {5, 15, 30, 60, 120, 300, 600, 1800, 3600, 4 * 3600, 12 * 3600, 24 * 3600, 72 * 3600},
}

// boundsOfTemporal are those of Temporal's latencies: from a local answer to an activity that waits for its turn.
var boundsOfTemporal = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600}
