package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"datawald/gateway/api"
	"datawald/order"
	"datawald/store"
)

// workPage has the forms of a resync and of a backfill, and how the latest backfill goes.
type workPage struct {
	Instance string
	// Resync and Backfill are the forms as they were sent; Problem is what was wrong with one of them, by its name.
	Resync   resyncForm
	Backfill backfillForm
	Failed   string
	Problem  *api.Problem
	Latest   *backfillView
}

type resyncForm struct{ Names string }

type backfillForm struct {
	By, From, To, Store, Status string
	DryRun                      bool
}

func work(v *visit) error {
	return v.showWork(http.StatusOK, workPage{Backfill: backfillForm{By: order.ByCreated}})
}

func (v *visit) showWork(status int, p workPage) error {
	p.Instance = v.instance()
	latest, err := v.backfill("latest")
	if problem := asProblem(err); err != nil && (problem == nil || problem.Status != http.StatusNotFound) {
		return err
	}
	p.Latest = latest
	return v.show(status, "work", "Resync and backfill", p)
}

// startResync reads orders again by number or key.
func startResync(v *visit) error {
	form := resyncForm{Names: v.r.PostFormValue("names")}
	request := api.ResyncRequest{Instance: v.instance(), IncrementIDs: []string{}}
	for _, name := range strings.FieldsFunc(form.Names, func(r rune) bool { return strings.ContainsRune(" ,;\t\r\n", r) }) {
		if strings.Count(name, ":") >= 2 {
			request.Keys = append(request.Keys, name)
		} else {
			request.IncrementIDs = append(request.IncrementIDs, name)
		}
	}
	var started api.StartedResync
	if _, err := v.ask(v.act("/api/v1/resyncs", nil, request), &started); err != nil {
		problem := asProblem(err)
		if problem == nil {
			return err
		}
		return v.showWork(problem.Status, workPage{Resync: form, Failed: "resync", Problem: problem})
	}
	v.redirect(resyncAddress(started.ID, v.instance()))
	return nil
}

func resyncAddress(id, instance string) string {
	return "/resync/orders/" + url.PathEscape(id) + "?" + url.Values{"instance": {instance}}.Encode()
}

type resyncPage struct {
	api.Resync
	Again string
}

func oneResync(v *visit) error {
	var p resyncPage
	if err := v.get("/api/v1/resyncs/"+url.PathEscape(v.r.PathValue("id")), v.ofInstance(), &p.Resync); err != nil {
		return err
	}
	return v.show(http.StatusOK, "resync", "Resync", p)
}

// startBackfill counts or brings a part of the shop's history.
func startBackfill(v *visit) error {
	form := backfillForm{By: v.r.PostFormValue("by"), From: v.r.PostFormValue("from"), To: v.r.PostFormValue("to"),
		Store: v.r.PostFormValue("store"), Status: v.r.PostFormValue("status"), DryRun: v.r.PostFormValue("dry_run") != ""}
	request, problem := form.request(v.instance())
	var started api.StartedBackfill
	if problem == nil {
		_, err := v.ask(v.act("/api/v1/backfills", nil, request), &started)
		if problem = asProblem(err); err != nil && problem == nil {
			return err
		}
	}
	if problem != nil {
		return v.showWork(problem.Status, workPage{Backfill: form, Failed: "backfill", Problem: problem})
	}
	v.redirect(backfillAddress(started.ID, v.instance()))
	return nil
}

// request reads the form. Days are those of UTC, as in Magento; the last one is within.
func (f backfillForm) request(instance string) (r api.BackfillRequest, _ *api.Problem) {
	r = api.BackfillRequest{Instance: instance, By: f.By, Status: f.Status, DryRun: f.DryRun}
	from, err := time.Parse(time.DateOnly, f.From)
	if err != nil {
		return r, unfit("Name the first day of the orders, such as 2026-11-01.")
	}
	r.From = &from
	if f.To != "" {
		to, err := time.Parse(time.DateOnly, f.To)
		if err != nil {
			return r, unfit("Name the last day of the orders as 2026-11-30, or leave it empty for all up to now.")
		}
		to = to.AddDate(0, 0, 1)
		if now := time.Now().UTC(); to.After(now) && !from.After(now) {
			to = now
		}
		r.To = &to
	}
	if f.Store != "" {
		n, err := strconv.ParseInt(f.Store, 10, 64)
		if err != nil {
			return r, unfit("The store is a number of Magento (store_id), such as 1.")
		}
		r.StoreID = &n
	}
	return r, nil
}

func unfit(detail string) *api.Problem {
	return &api.Problem{Title: "The form is not complete", Status: http.StatusUnprocessableEntity, Detail: detail}
}

func backfillAddress(id, instance string) string {
	return "/resync/backfills/" + url.PathEscape(id) + "?" + url.Values{"instance": {instance}}.Encode()
}

// backfillView is a backfill as the page shows it.
type backfillView struct {
	api.Backfill
	Address string
	// Done of All orders are done in its phase; All is 0 while nobody knows.
	Done, All int64
	States    []stateRow
	// Seen is of which moment the states are.
	Seen time.Time
	// Form has its range, to start the same for real after it was counted.
	Form *backfillForm
	// Controls are the actions that make sense now.
	Controls []control
}

type stateRow struct {
	Status           order.Status
	Imported, Others int
}

// control is a button with the action that it asks for.
type control struct{ Action, Name, Class string }

func (v *visit) backfill(id string) (*backfillView, error) {
	b := &backfillView{}
	if err := v.get("/api/v1/backfills/"+url.PathEscape(id), v.ofInstance(), &b.Backfill); err != nil {
		return nil, err
	}
	b.Address = backfillAddress(b.ID, b.Instance)
	running := string(b.State) == "running"
	if p := b.Progress; p != nil {
		b.count(p, b.Now)
		switch {
		case running && p.Paused:
			b.Controls = append(b.Controls, control{"resume", "Go on", "primary"})
		case running:
			b.Controls = append(b.Controls, control{"pause", "Pause", ""})
		}
		if p.DryRun && !running && p.Selection != nil {
			b.Form = formOf(p.Selection)
		}
	}
	if running {
		b.Controls = append(b.Controls, control{"cancel", "Cancel", "danger"})
	}
	if s := string(b.State); s == "terminated" || s == "failed" || s == "timed_out" {
		b.Controls = append(b.Controls, control{"release", "Leave its orders to the schedule", ""})
	}
	return b, nil
}

// count says how far it is: orders read of those that Magento counts, then orders settled of those that go to B1. now is nil when the record
// alone tells.
func (b *backfillView) count(p *store.BackfillProgress, now *api.BackfillNow) {
	imported := p.Imported
	if b.Seen = p.NotedAt; now != nil {
		imported, b.Seen = now.Orders, now.At
	}
	settled := 0
	for _, s := range order.Statuses() {
		if n, m := imported[s], p.Others[s]; n+m > 0 {
			b.States = append(b.States, stateRow{s, n, m})
			b.Done += int64(n + m)
			if !s.Open() {
				settled += n
			}
		}
	}
	b.All = max(p.Total, b.Done)
	if p.Phase == store.BackfillPosts {
		b.All = int64(p.ToPost)
		b.Done = min(int64(settled), b.All)
		if b.Counts != nil {
			b.Done = min(int64(b.Counts.Posted+b.Counts.Held+b.Counts.Draft+b.Counts.Other), b.All)
		}
		if now != nil { // what does not wait any more is settled, whoever has heard of it
			b.All = max(b.All, b.Done+int64(now.Waiting))
			b.Done = max(b.Done, b.All-int64(now.Waiting))
		}
	}
	if p.Phase == store.BackfillEnded {
		b.All = b.Done
	}
}

func formOf(s *order.Selection) *backfillForm {
	f := &backfillForm{By: s.By, From: s.From.UTC().Format(time.DateOnly), Status: s.Status}
	if !s.To.IsZero() {
		f.To = s.To.UTC().Add(-time.Nanosecond).Format(time.DateOnly)
	}
	if s.StoreID != nil {
		f.Store = strconv.FormatInt(*s.StoreID, 10)
	}
	return f
}

type backfillPage struct {
	*backfillView
	Problem *api.Problem
}

func oneBackfill(v *visit) error { return v.showBackfill(http.StatusOK, nil) }

func (v *visit) showBackfill(status int, problem *api.Problem) error {
	b, err := v.backfill(v.r.PathValue("id"))
	if err != nil {
		return err
	}
	title := "Backfill"
	if b.Progress != nil && b.Progress.DryRun {
		title = "Count of a backfill"
	}
	return v.show(status, "backfill", title, backfillPage{b, problem})
}

// steerBackfill pauses, resumes, cancels or releases.
func steerBackfill(v *visit) error {
	id := v.r.PathValue("id")
	_, err := v.ask(v.act("/api/v1/backfills/"+url.PathEscape(id)+"/"+url.PathEscape(v.r.PathValue("action")), v.ofInstance(), nil), nil)
	if problem := asProblem(err); problem != nil {
		return v.showBackfill(problem.Status, problem)
	}
	if err != nil {
		return err
	}
	v.redirect(backfillAddress(id, v.instance()))
	return nil
}
