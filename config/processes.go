package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"datawald/mapping"
)

// Instance is one shop with the company it feeds, ready to use.
type Instance struct {
	Name    string
	Magento Magento
	B1      B1
	// Rules are those of File, nil where it has none that can be used.
	Rules *mapping.Rules
	File  FileRules
}

// Worker are the settings of the worker process.
type Worker struct {
	Store
	Temporal
	Logging
	Instances
	Watch
	Alarms
	Rulebook
	// StopTimeout is how long a worker that is told to stop waits for the orders it has in hand.
	StopTimeout time.Duration `envconfig:"WORKER_STOP_TIMEOUT" default:"30s"`

	// MetricsAddress is where /metrics listens; empty for nowhere.
	MetricsAddress string `envconfig:"WORKER_METRICS_ADDRESS"`
	Tracing

	// Lanes are what the worker does: sync (workflows, Magento, the store) and b1 (orders to B1).
	Lanes []string `envconfig:"WORKER_LANES" default:"sync,b1"`

	// RetentionDays is after how many days without a change the personal data of an order that is done are erased; 0 keeps them.
	RetentionDays int `envconfig:"RETENTION_DAYS" default:"0"`
	// RetentionOthers erases by RetentionDays also of the instances in the store that this worker does not serve, whatever a worker that serves them keeps.
	RetentionOthers bool `envconfig:"RETENTION_OTHERS" default:"false"`

	// Deployment and BuildID name this version of the program where Temporal tells versions apart; BuildID is empty for not.
	Deployment string `envconfig:"WORKER_DEPLOYMENT" default:"datawald"`
	BuildID    string `envconfig:"WORKER_BUILD_ID"`

	// All holds the settings of each instance, in the order of INSTANCES.
	All []Instance `ignored:"true"`
}

// versionName is what Temporal and its command line take as a name of a deployment or of a build without doubt.
var versionName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)

func (w *Worker) checkVersion() (problems []string) {
	if !versionName.MatchString(w.Deployment) {
		problems = append(problems, fmt.Sprintf("WORKER_DEPLOYMENT: is %q, want letters, digits, - and _, such as datawald", w.Deployment))
	}
	if w.BuildID != "" && !versionName.MatchString(strings.ReplaceAll(w.BuildID, ".", "-")) {
		problems = append(problems, fmt.Sprintf("WORKER_BUILD_ID: is %q, want letters, digits, -, _ and . such as 2026-12-01 or 1.4.0", w.BuildID))
	}
	return problems
}

// The lanes of a worker.
const (
	LaneSync = "sync"
	LaneB1   = "b1"
)

// Has reports whether the worker has a lane.
func (w *Worker) Has(lane string) bool { return slices.Contains(w.Lanes, lane) }

func (w *Worker) checkLanes() (problems []string) {
	if len(w.Lanes) == 0 {
		problems = append(problems, "WORKER_LANES: is empty, want sync, b1 or sync,b1")
	}
	for i, lane := range w.Lanes {
		switch {
		case lane != LaneSync && lane != LaneB1:
			problems = append(problems, fmt.Sprintf("WORKER_LANES: has %q, want sync, b1 or sync,b1", lane))
		case slices.Contains(w.Lanes[:i], lane):
			problems = append(problems, fmt.Sprintf("WORKER_LANES: names %q twice", lane))
		}
	}
	return problems
}

func (w *Worker) checkRetention() []string {
	problems := between("RETENTION_DAYS", w.RetentionDays, 0, 36_500)
	if w.RetentionOthers && w.RetentionDays == 0 {
		problems = append(problems, "RETENTION_OTHERS: is true, but nothing is erased without RETENTION_DAYS: set both, or neither")
	}
	return problems
}

// LoadWorker reads and checks the settings of the worker. A rules file that is missing or has problems is no error by itself: the File of the
// instance has it, and sound rules may be in force without it. Beside other problems it is named with them.
func LoadWorker() (*Worker, error) {
	var w Worker
	problems := load("", &w)
	problems = append(problems, positive("WORKER_STOP_TIMEOUT", w.StopTimeout)...)
	problems = append(problems, w.checkLanes()...)
	problems = append(problems, optional("WORKER_METRICS_ADDRESS", w.MetricsAddress)...)
	problems = append(problems, w.checkRetention()...)
	problems = append(problems, w.checkVersion()...)
	var ofRules []string
	for _, name := range w.Instances.InstanceNames {
		instance, p := loadInstance(name)
		problems = append(problems, p...)
		instance.File, p = loadRules(name)
		instance.Rules, ofRules = instance.File.Rules, append(ofRules, p...)
		w.All = append(w.All, instance)
	}
	if len(problems) > 0 {
		problems = append(problems, ofRules...)
	}
	return &w, problemsError("The worker", problems)
}

func loadInstance(name string) (Instance, []string) {
	i := Instance{Name: name}
	m, problems := loadMagento(name)
	i.Magento = m
	b1, p := loadB1(name)
	i.B1, problems = b1, append(problems, p...)
	return i, problems
}

func loadB1(instance string) (b1 B1, problems []string) {
	p := prefix("B1", instance)
	problems = load(p, &b1)
	return b1, append(problems, b1.check(p)...)
}

func loadMagento(instance string) (m Magento, problems []string) {
	p := prefix("MAGENTO", instance)
	problems = load(p, &m)
	return m, append(problems, m.check(p)...)
}

func loadRules(instance string) (FileRules, []string) {
	var file RulesFile
	rulesPrefix := prefix("RULES", instance)
	problems := load(rulesPrefix, &file)
	rules, err := file.Load()
	if err != nil {
		problems = append(problems, fmt.Sprintf("%s_FILE: %v", rulesPrefix, err))
	}
	return rules, problems
}

// Rulebook says how often a process that runs asks which rules are in force.
type Rulebook struct {
	// RulesPoll is the time between two questions.
	RulesPoll time.Duration `envconfig:"RULES_POLL" default:"2s"`
}

// mostRulesPoll is the longest time between two questions: a worker that is silent for longer is taken for gone.
const mostRulesPoll = time.Minute

func (r Rulebook) check() []string {
	if r.RulesPoll > mostRulesPoll {
		return []string{fmt.Sprintf("RULES_POLL: is %s, want %s at most", r.RulesPoll, mostRulesPoll)}
	}
	return positive("RULES_POLL", r.RulesPoll)
}

// Schedule says how often an instance is synchronised.
type Schedule struct {
	// SyncInterval is the time between two runs.
	SyncInterval time.Duration `envconfig:"SYNC_INTERVAL" default:"1m"`
	// SyncWindow is the number of orders in hand at once, 1 to 500.
	SyncWindow int `envconfig:"SYNC_WINDOW" default:"100"`
}

func (s Schedule) check() (problems []string) {
	if s.SyncInterval < time.Second {
		problems = append(problems, fmt.Sprintf("SYNC_INTERVAL: is %s, want at least 1s", s.SyncInterval))
	}
	return append(problems, between("SYNC_WINDOW", s.SyncWindow, 1, 500)...)
}

// Reconciliation says when the books of Magento, the store and B1 are compared by schedule.
type Reconciliation struct {
	// ReconcileAt is the time of day in UTC, as 02:30.
	ReconcileAt string `envconfig:"RECONCILE_AT" default:"02:30"`
	// ReconcileDays is how many days of orders are compared, 1 to 3,650; 0 for no schedule.
	ReconcileDays int `envconfig:"RECONCILE_DAYS" default:"35"`
	// ReconcileHeal has mended what can be mended.
	ReconcileHeal bool `envconfig:"RECONCILE_HEAL" default:"true"`
	// ReconcileMostMissing is how many orders may be missing before nothing is mended. A twentieth of the posted ones may be, where that is more.
	ReconcileMostMissing int64 `envconfig:"RECONCILE_MOST_MISSING" default:"50"`
}

// ReconcileOffset is the time of day, from midnight; zero where it cannot be read.
func (r Reconciliation) ReconcileOffset() time.Duration {
	at, err := time.Parse("15:04", r.ReconcileAt)
	if err != nil {
		return 0
	}
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
}

func (r Reconciliation) check() (problems []string) {
	if _, err := time.Parse("15:04", r.ReconcileAt); err != nil {
		problems = append(problems, fmt.Sprintf("RECONCILE_AT: is %q, want a time of day in UTC such as 02:30", r.ReconcileAt))
	}
	if r.ReconcileMostMissing < 1 {
		problems = append(problems, fmt.Sprintf("RECONCILE_MOST_MISSING: is %d, want at least 1", r.ReconcileMostMissing))
	}
	return append(problems, between("RECONCILE_DAYS", r.ReconcileDays, 0, 3650)...)
}

// Watch says when a schedule that brings nothing in is an alarm.
type Watch struct {
	// SyncAlarmAfter is how long beyond two intervals no run may have read Magento, and half of how long a backfill may stand still.
	SyncAlarmAfter time.Duration `envconfig:"SYNC_ALARM_AFTER" default:"15m"`
}

func (w Watch) check() []string { return positive("SYNC_ALARM_AFTER", w.SyncAlarmAfter) }

// Starter are the settings of the operator's command line.
type Starter struct {
	Store
	Temporal
	Instances
	Schedule
	Reconciliation
	Watch
}

// LoadStarter reads and checks the settings of the command line.
func LoadStarter() (*Starter, error) {
	var s Starter
	return &s, problemsError("The starter", load("", &s))
}

// LoadMagento reads and checks the shop of one instance, for commands that need nothing else of it.
func LoadMagento(instance string) (Magento, error) {
	m, problems := loadMagento(instance)
	return m, problemsError("The command", problems)
}

// LoadB1 reads and checks the B1 company of one instance, for commands that need nothing else of it.
func LoadB1(instance string) (B1, error) {
	b1, problems := loadB1(instance)
	return b1, problemsError("The command", problems)
}

// LoadRules reads the rules of one instance, for commands that need nothing else of it.
func LoadRules(instance string) (FileRules, error) {
	rules, problems := loadRules(instance)
	return rules, problemsError("The command", problems)
}

// LoadStore reads and checks where the store is, for commands that need nothing else.
func LoadStore() (Store, error) {
	var s struct{ Store }
	return s.Store, problemsError("The command", load("", &s))
}
