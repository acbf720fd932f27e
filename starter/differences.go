package main

import (
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
)

// differences names what the schedule states otherwise than planned, as "interval 1m0s -> 5m0s". Everything that a
// schedule can state is compared, so that a change by hand is undone as well.
func (p plan) differences(is client.Schedule) []string {
	want, have := p.statements(*p.schedule(nil)), p.statements(is)
	var out []string
	for i, w := range want {
		if w.value != have[i].value {
			out = append(out, fmt.Sprintf("%s %s -> %s", w.name, orNone(have[i].value), orNone(w.value)))
		}
	}
	return out
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// statement is one thing that a schedule states, as text: the server gives inputs back as encoded payloads and absent
// lists as empty ones, so that the structures themselves never compare equal. An empty value means: not stated.
type statement struct{ name, value string }

// statements lists all that a schedule states, always in the same order.
func (p plan) statements(s client.Schedule) []statement {
	return append(timing(s.Spec, s.Policy), p.doing(s.Action)...)
}

func timing(s *client.ScheduleSpec, p *client.SchedulePolicies) []statement {
	return []statement{
		{"interval", list(s.Intervals, interval)},
		{"calendars", list(s.Calendars, text)},
		{"cron", list(s.CronExpressions, text)},
		{"skipped times", list(s.Skip, text)},
		{"start", moment(s.StartAt)},
		{"end", moment(s.EndAt)},
		{"jitter", duration(s.Jitter)},
		{"time zone", s.TimeZoneName},
		{"overlap", p.Overlap.String()},
		{"catch-up window", duration(p.CatchupWindow)},
		{"pause on failure", fmt.Sprint(p.PauseOnFailure)},
	}
}

func (p plan) doing(action client.ScheduleAction) []statement {
	a, ok := action.(*client.ScheduleWorkflowAction)
	if !ok {
		a = &client.ScheduleWorkflowAction{}
	}
	return []statement{
		{"workflow", workflowName(a.Workflow)},
		{"workflow id", a.ID},
		{"task queue", a.TaskQueue},
		{"input", list(a.Args, p.input)},
		{"execution timeout", duration(a.WorkflowExecutionTimeout)},
		{"run timeout", duration(a.WorkflowRunTimeout)},
		{"task timeout", duration(a.WorkflowTaskTimeout)},
		{"retry policy", some(a.RetryPolicy != nil)},
		{"memo", some(len(a.Memo) > 0)},
		{"search attributes", attributes(a)},
		{"versioning override", some(a.VersioningOverride != nil)},
		{"summary", a.StaticSummary},
		{"details", a.StaticDetails},
		{"priority", some(a.Priority != temporal.Priority{})},
	}
}

// attributes are the search attributes as name=value, in the order of their names.
func attributes(a *client.ScheduleWorkflowAction) string {
	var all []string
	for key, value := range a.TypedSearchAttributes.GetUntypedValues() {
		all = append(all, fmt.Sprintf("%s=%v", key.GetName(), value))
	}
	for name, value := range a.UntypedSearchAttributes {
		all = append(all, name+"="+plan{}.input(value))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func list[T any](all []T, show func(T) string) string {
	shown := make([]string, len(all))
	for i, one := range all {
		shown[i] = show(one)
	}
	return strings.Join(shown, ", ")
}

func text[T any](v T) string { return fmt.Sprintf("%+v", v) }

func interval(i client.ScheduleIntervalSpec) string {
	if i.Offset == 0 {
		return i.Every.String()
	}
	return fmt.Sprintf("%s, %s after the beginning", i.Every, i.Offset)
}

func duration(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func some(there bool) string {
	if there {
		return "some"
	}
	return ""
}

// workflowName is the type under which a workflow runs; the server knows the name, we the function.
func workflowName(w any) string {
	if w == nil {
		return ""
	}
	if name, ok := w.(string); ok {
		return name
	}
	name := runtime.FuncForPC(reflect.ValueOf(w).Pointer()).Name()
	return name[strings.LastIndex(name, ".")+1:]
}

// input is an argument as it is written on the wire, with the name of the key that it is encrypted with: an input under a key that is no longer
// the first one is written anew, so that the old key can be taken away.
func (p plan) input(arg any) string {
	payload, ok := arg.(*commonpb.Payload)
	if !ok {
		var err error
		if payload, err = p.write(arg); err != nil {
			return "unreadable"
		}
	}
	if p.readable == nil {
		return string(payload.GetData())
	}
	text, key, err := p.readable(payload)
	switch {
	case err != nil:
		return "unreadable: " + err.Error()
	case key != "":
		return fmt.Sprintf("%s, encrypted with the key %s", text, key)
	}
	return text
}

func (p plan) write(arg any) (*commonpb.Payload, error) {
	if p.written == nil {
		return converter.GetDefaultDataConverter().ToPayload(arg)
	}
	return p.written.ToPayload(arg)
}
