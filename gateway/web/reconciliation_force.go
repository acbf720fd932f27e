package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"datawald/activities"
	"datawald/gateway/api"
	"datawald/store"
)

// forcePage asks whether really so much is to be mended, when so much is missing that no reconciliation mends anything.
type forcePage struct {
	Instance string
	// Finding says what is missing, with examples; its window is what is compared anew.
	Finding api.ReconciliationFinding
	// InStore and InB1 are how many orders are missing there, Cancelled how many are cancelled in B1 alone, by the account of the reconciliation that has
	// found it, older ones with them where those are mended as well. Missing is all of them: what a reconciliation that is forced may mend.
	InStore, InB1, Cancelled, Missing int64
	// Older is true when open findings about orders from before the window are looked at again as well.
	Older   bool
	Problem *api.Problem
}

func forceReconciliation(v *visit) error { return v.showForce(http.StatusOK, nil) }

func (v *visit) showForce(status int, problem *api.Problem) error {
	p, err := v.missing()
	if err != nil {
		return err
	}
	p.Problem = problem
	return v.show(status, "reconciliation_force", "Mend all the same", p)
}

// missing reads what is open, and how much it is about.
func (v *visit) missing() (p forcePage, err error) {
	p.Instance = v.instance()
	q := v.ofInstance()
	q.Set("open", "true")
	q.Set("kind", string(store.FindTooManyMissing))
	var latest, found api.ReconciliationDetail
	if err := v.get("/api/v1/reconciliations/latest", q, &latest); err != nil {
		return p, err
	}
	if len(latest.Findings) == 0 {
		return p, &api.Problem{Title: "Not so much is missing", Status: http.StatusNotFound,
			Detail: "Nothing keeps a reconciliation from mending: begin one with the tick on the page Reconciliation."}
	}
	p.Finding = latest.Findings[0]
	if err := v.get("/api/v1/reconciliations/"+url.PathEscape(strings.Replace(p.Finding.Run, "/", "~", 1)), v.ofInstance(), &found); err != nil {
		return p, err
	}
	// Without a beginning that is named the older orders are looked at again, and the window begins where the finding does. Not where that lies further back than a
	// window goes, or where the finding is of a shorter one than usual: then what it stands for is named. What concerns older orders alone is mended with these alone.
	f, reach := p.Finding, time.Now().AddDate(0, 0, 1-activities.LongestWindow*v.usualDays())
	p.Older = f.Days > 0 && (f.Older || f.Days >= v.usualDays() && f.From.After(reach))
	if found.Account != nil {
		p.InStore, p.InB1, p.Cancelled = p.of(found.Account, store.FindMissingInStore), p.of(found.Account, store.FindMissingInB1), p.of(found.Account, store.FindCancelledInB1)
	}
	p.Missing = p.InStore + p.InB1 + p.Cancelled
	return p, nil
}

// of is how many orders are missing of a kind: those of the window, and the older ones where these are mended as well.
func (p *forcePage) of(a *store.Reconciliation, kind store.FindingKind) int64 {
	n := a.Lines[store.AccountLine(kind)]
	if p.Older {
		n += a.Older[kind]
	}
	return n
}

// startForced begins the reconciliation that mends all the same, over the window of the finding, when as much is missing as the person has seen.
func startForced(v *visit) error {
	p, err := v.missing()
	if err != nil {
		return err
	}
	if seen := v.r.PostFormValue("expect"); seen != strconv.FormatInt(p.Missing, 10) {
		return v.showForce(http.StatusConflict, &api.Problem{Title: "Another number is missing by now", Status: http.StatusConflict,
			Detail: "Nothing was begun: another reconciliation has compared the orders since you opened the page. Look at the numbers again."})
	}
	body := map[string]any{"instance": v.instance(), "heal": true, "force": true}
	if !p.Older { // one that has its beginning named passes the older findings; without, it begins where the finding does
		body["from"] = p.Finding.From.UTC().Format(time.RFC3339Nano)
	}
	if p.Finding.Days == 0 { // a window that does not move goes as far as it was named
		body["to"] = p.Finding.To.UTC().Format(time.RFC3339Nano)
	}
	var begun api.StartedReconciliation
	_, err = v.ask(v.act("/api/v1/reconciliations", nil, body), &begun)
	if problem := asProblem(err); problem != nil {
		return v.showForce(problem.Status, problem)
	}
	if err != nil {
		return err
	}
	v.showsBegun(begun)
	return nil
}
