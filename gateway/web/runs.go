package web

import (
	"net/http"
	"net/url"

	"datawald/gateway/api"
	"datawald/store"
)

// runsPage shows the schedule and the runs.
type runsPage struct {
	Instance string
	Schedule *api.ScheduleDetail
	// Away says why the schedule is not shown.
	Away          *api.Problem
	List          api.RunList
	Kinds         []kindTab
	Older, Newest string
	// Problem is why what was asked for was not done.
	Problem *api.Problem
}

type kindTab struct {
	Name, Link string
	Here       bool
}

// kindNames are the kinds of runs in the clerk's words.
var kindNames = map[string]string{"": "All", "sync": "Schedule", "resync": "Resync", "retry": "Retry", "hint": "Hint of the shop", "backfill": "Backfill", "reconcile": "Reconciliation"}

func runs(v *visit) error { return v.showRuns(http.StatusOK, nil) }

func (v *visit) showRuns(status int, problem *api.Problem) error {
	p := runsPage{Instance: v.instance(), Problem: problem}
	var schedule api.ScheduleDetail
	err := v.get("/api/v1/schedule", v.ofInstance(), &schedule)
	if p.Away = asProblem(err); err != nil && p.Away == nil {
		return err
	}
	if err == nil {
		p.Schedule = &schedule
	}
	q := v.ofInstance()
	for _, name := range []string{"kind", "cursor"} {
		if value := v.r.URL.Query().Get(name); value != "" {
			q.Set(name, value)
		}
	}
	if err := v.get("/api/v1/runs", q, &p.List); err != nil {
		return err
	}
	kind := q.Get("kind")
	for _, k := range append([]string{""}, store.RunKinds()...) {
		p.Kinds = append(p.Kinds, kindTab{kindName(k), v.runsAddress(k, ""), k == kind})
	}
	if q.Get("cursor") != "" {
		p.Newest = v.runsAddress(kind, "")
	}
	if p.List.Next != "" {
		p.Older = v.runsAddress(kind, p.List.Next)
	}
	return v.show(status, "runs", "Runs", p)
}

func (v *visit) runsAddress(kind, cursor string) string {
	q := url.Values{}
	for name, value := range map[string]string{"kind": kind, "cursor": cursor, "instance": v.r.URL.Query().Get("instance")} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return "/runs"
	}
	return "/runs?" + q.Encode()
}

func kindName(k string) string {
	if name, ok := kindNames[k]; ok {
		return name
	}
	return inWords(k)
}

func oneRun(v *visit) error {
	var p api.RunSummary
	if err := v.get("/api/v1/runs/"+url.PathEscape(v.r.PathValue("id")), nil, &p); err != nil {
		return err
	}
	return v.show(http.StatusOK, "run", "Run", p)
}

// steerSchedule starts a run, pauses the schedule or lets it go on.
func steerSchedule(v *visit) error {
	action := v.r.PathValue("action")
	body := map[string]string{"instance": v.instance()}
	if reason := v.r.PostFormValue("reason"); reason != "" && action != "sync" {
		body["reason"] = reason
	}
	var started api.StartedSync
	_, err := v.ask(v.act("/api/v1/schedule/"+url.PathEscape(action), nil, body), &started)
	if problem := asProblem(err); problem != nil {
		return v.showRuns(problem.Status, problem)
	}
	if err != nil {
		return err
	}
	done := map[string]string{"pause": "paused", "resume": "schedule-on", "sync": "sync"}[action]
	if action == "sync" && !started.Started {
		done = "sync-was"
	}
	v.redirect("/runs?" + url.Values{"instance": {v.instance()}, "done": {done}}.Encode())
	return nil
}
