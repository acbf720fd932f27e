package api

import (
	"cmp"
	"context"
	"slices"
	"time"

	"datawald/alarm"
)

// toldBy are the needs that say the same as an alarm. An alarm of which none is there is a need of its own.
var toldBy = map[string][]string{
	alarm.SchedulePaused: {"schedule_paused", "schedule_missing"}, alarm.ScheduleSkipping: {"run_hangs", "no_attributes"},
	alarm.WorkerGone: {"no_worker", "no_b1_worker"}, alarm.Credentials: {"magento_down", "b1_down"}, alarm.CircuitOpen: {"b1_down"},
	alarm.Lag: {"lag", "magento_down", "temporal_down", "no_worker", "run_hangs", "runs_fail"}, alarm.OldestPending: {"orders_wait"},
	alarm.HeldOrders: {"orders_held"}, alarm.Reconciliation: {"findings_open"},
}

// mild are the alarms during which orders get on; all others are trouble.
var mild = []string{alarm.HeldOrders, alarm.SchedulePaused, alarm.Reconciliation, alarm.ReconciliationLate}

// addAlarms adds the alarms that stand to what a status needs, and that nobody can be told of them.
func (s *server) addAlarms(ctx context.Context, instance string, status *Status) error {
	raised, err := s.store.RaisedAlarms(ctx, instance)
	if err != nil {
		return partDown(err, "store")
	}
	j := &judge{instance: instance, all: status.Needs}
	for _, a := range raised {
		if j.has(toldBy[a.Name]...) {
			continue
		}
		level := LevelTrouble
		if slices.Contains(mild, a.Name) {
			level = LevelAttention
		}
		j.add("alarm_"+a.Name, level, alarm.Title(a.Name)+", since "+since(a.Since)+". "+a.What+" "+a.Todo, j.at("/api/v1/status"), a.Count)
	}
	var channels []string
	if s.settings.WebhookURL != "" {
		channels = append(channels, "webhook")
	}
	if s.settings.SMTPAddress != "" {
		channels = append(channels, "mail")
	}
	for _, name := range channels {
		channel, err := s.store.AlarmChannel(ctx, name)
		if err != nil {
			return partDown(err, "store")
		}
		if channel.Attempts > 0 {
			j.add("alarms_untold", LevelAttention, "Alarms cannot be told by "+name+" since "+since(channel.FailedSince)+": "+channel.Failure+". Nothing is lost; starter alarms --test tries it.",
				j.at("/api/v1/status"), 0)
		}
	}
	slices.SortStableFunc(j.all, func(a, b Need) int { return cmp.Compare(rank(a.Level), rank(b.Level)) })
	status.Needs, status.Level = j.all, levelOf(j.all)
	return nil
}

// since is a time as the words of a need have it.
func since(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
