package web

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"datawald/gateway/api"
	"datawald/store"
	"datawald/workflows"
)

// reconciliationPage shows the books: the account of one reconciliation, what was found, and the others.
type reconciliationPage struct {
	Instance string
	// Shown is the one whose account is shown, nil before there was one; Earlier is true when it is not the latest.
	Shown   *api.ReconciliationDetail
	Earlier bool
	// Begun is true of a named one that has begun and has written nothing down.
	Begun bool
	// Open counts the findings that wait for a person, NotShown the orders that Magento counts and does not show. Agrees is true when a whole one has ended and
	// there is neither.
	Open, NotShown int64
	Agrees         bool
	// Again is how many findings of an earlier one a later one has seen again: they are listed there.
	Again int64
	// Running is one that is under way, nil for none.
	Running *api.ReconciliationSummary
	// TooMany is true while so much is missing that nothing is mended.
	TooMany bool
	// Sentence says in one line how the books stand.
	Sentence string
	Lines    []accountRow
	// Kinds are the tabs of the findings, More the address of further ones.
	Kinds []tab
	More  string
	List  api.ReconciliationList
	Older string
	// Days is the window where none is named.
	Days int
	// Form is the form as it was sent, Problem what was wrong with it.
	Form    reconcileForm
	Problem *api.Problem
}

type reconcileForm struct {
	From, To string
	Heal     bool
}

// accountRow is a line of the account; Amiss is true of those that are findings.
type accountRow struct {
	Name  string
	Count int64
	Amiss bool
}

func reconciliation(v *visit) error {
	return v.showReconciliation(http.StatusOK, reconciliationPage{Form: reconcileForm{Heal: v.settings.ReconcileHeal}})
}

// usualDays is how many days are compared where nobody names any.
func (v *visit) usualDays() int {
	return cmp.Or(v.settings.ReconcileDays, workflows.DefaultReconcileDays)
}

func (v *visit) showReconciliation(status int, p reconciliationPage) error {
	p.Instance, p.Days = v.instance(), v.usualDays()
	q, query := v.ofInstance(), v.r.URL.Query()
	if cursor := query.Get("before"); cursor != "" {
		q.Set("cursor", cursor)
	}
	if err := v.get("/api/v1/reconciliations", q, &p.List); err != nil {
		return err
	}
	for n, r := range p.List.Reconciliations {
		if string(r.State) == "running" && p.Running == nil {
			p.Running = &p.List.Reconciliations[n]
		}
	}
	if p.List.Next != "" {
		p.Older = v.reconciliationAddress("before", p.List.Next)
	}
	id := v.r.PathValue("id")
	p.Earlier = id != ""
	if err := p.read(v, id); err != nil {
		return err
	}
	if p.Shown != nil {
		p.tell(v)
	}
	return v.show(status, "reconciliation", "Reconciliation", p)
}

// read reads the one that is shown: a named one with what it saw, else the latest with all that is open. The page is there also before there was one.
func (p *reconciliationPage) read(v *visit, id string) error {
	q := v.ofInstance()
	for _, name := range []string{"kind", "cursor"} {
		if value := v.r.URL.Query().Get(name); value != "" {
			q.Set(name, value)
		}
	}
	if id == "" {
		id = "latest"
		q.Set("open", "true")
	}
	var shown api.ReconciliationDetail
	err := v.get("/api/v1/reconciliations/"+url.PathEscape(id), q, &shown)
	if problem := asProblem(err); problem != nil && problem.Status == http.StatusNotFound {
		if p.Begun = p.Earlier && v.isBegun(id); p.Begun || !p.Earlier {
			return nil
		}
	}
	if err != nil {
		return err
	}
	p.Shown = &shown
	return nil
}

// isBegun reports whether a reconciliation is under way that has written nothing down yet.
func (v *visit) isBegun(id string) bool {
	var run api.RunSummary
	return v.get("/api/v1/runs/"+url.PathEscape(id), nil, &run) == nil && run.Kind == "reconcile" && string(run.State) == "running"
}

// tell fills in what is said of the one that is shown.
func (p *reconciliationPage) tell(v *visit) {
	account := p.Shown.Account
	if account == nil {
		account = &store.Reconciliation{}
	}
	p.Sentence = accountSentence(account)
	for _, line := range store.AccountLines() {
		if n := account.Lines[line]; n > 0 {
			p.Lines = append(p.Lines, accountRow{lineNames[string(line)], n, isFinding(line)})
		}
	}
	counts := p.Shown.Open
	for _, n := range p.Shown.Open {
		p.Open += n
	}
	p.NotShown = account.NotShown()
	p.Agrees = p.Open == 0 && p.NotShown == 0 && p.Shown.EndedAt != nil && account.Phase == store.ReconcileEnded && !account.Partial
	p.TooMany = !p.Earlier && counts[store.FindTooManyMissing] > 0
	if p.Earlier {
		counts = p.Shown.Seen
		for kind, n := range account.Findings {
			p.Again += max(0, n-counts[kind])
		}
	}
	here := v.r.URL.Query().Get("kind")
	all := tab{Name: "All", Link: v.reconciliationAddress("kind", ""), Known: true, Here: here == ""}
	var kinds []tab
	for _, kind := range store.FindingKinds() {
		if n := counts[kind]; n > 0 || string(kind) == here {
			kinds = append(kinds, tab{Name: lineNames[string(kind)], Link: v.reconciliationAddress("kind", string(kind)), Count: n, Known: true, Here: string(kind) == here})
		}
		all.Count += counts[kind]
	}
	p.Kinds = append([]tab{all}, kinds...)
	if p.Shown.Next != "" {
		p.More = v.reconciliationAddress("kind", here, "cursor", p.Shown.Next)
	}
}

// reconciliationAddress is this page with parameters, as pairs of name and value.
func (v *visit) reconciliationAddress(pairs ...string) string {
	q := url.Values{}
	if name := v.r.URL.Query().Get("instance"); name != "" {
		q.Set("instance", name)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	path := "/reconciliation"
	if id := v.r.PathValue("id"); id != "" {
		path += "/" + url.PathEscape(id)
	}
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	return path
}

// accountSentence says in one line what came of comparing: 1,204 orders from Magento: 1,198 in B1, 4 left out, 2 are findings.
func accountSentence(a *store.Reconciliation) string {
	var amiss int64
	for line, n := range a.Lines {
		if isFinding(line) {
			amiss += n
		}
	}
	var parts []string
	for _, part := range []struct {
		n    int64
		text string
	}{
		{a.Lines[store.LineInB1], "in B1 with the right total"},
		{a.Lines[store.LineDraft], "as a draft in B1"},
		{a.Lines[store.LinePending] + a.Lines[store.LineInHand] + a.Lines[store.LineNotRead], "on their way"},
		{a.Lines[store.LineHeld], "held"},
		{a.Lines[store.LineSkipped] + a.Lines[store.LineExcluded] + a.Lines[store.LineCancelled] + a.Lines[store.LineBefore], "not meant for B1"},
		{amiss, "that do not agree"},
	} {
		if part.n > 0 {
			parts = append(parts, count(part.n)+" "+part.text)
		}
	}
	text := plural(a.Orders, "order", "orders") + " from Magento"
	if len(parts) > 0 {
		text += ": " + strings.Join(parts, ", ")
	}
	if text += "."; a.NotShown() > 0 {
		text += fmt.Sprintf(" Magento counts %s, and has not shown the others: they stand in no line.", count(a.Total))
	} else if a.Phase == store.ReconcileEnded && a.Total < a.Orders {
		text += fmt.Sprintf(" Magento counts %s: some were removed while it was read.", count(a.Total))
	}
	return text
}

func isFinding(line store.AccountLine) bool {
	for _, kind := range store.FindingKinds() {
		if line == store.AccountLine(kind) {
			return true
		}
	}
	return false
}

// lineNames are the lines of account and the kinds of findings in the clerk's words.
var lineNames = map[string]string{
	"in_b1": "In B1, and the totals agree", "draft": "As a draft in B1", "pending": "Waits for B1", "in_hand": "Being worked on", "held": "Held", "skipped": "Skipped",
	"excluded": "Left out by a rule", "cancelled": "Cancelled", "not_read_yet": "Changed lately, not read yet", "before_start": "From before the start",
	"missing_in_store": "Not known here", "missing_in_b1": "Gone from B1", "key_changed": "Under another reference in B1", "other_document": "Another sales order in B1", "duplicate": "Several times in B1",
	"total_differs": "The totals differ", "cancelled_in_b1": "Cancelled in B1 alone", "unexpected_in_b1": "In B1 against what was decided",
	"stale_in_store": "Older here than in Magento", "too_many_missing": "So many are missing that nothing was mended",
}

// startReconciliation begins one.
func startReconciliation(v *visit) error {
	form := reconcileForm{From: v.r.PostFormValue("from"), To: v.r.PostFormValue("to"), Heal: v.r.PostFormValue("heal") != ""}
	body := map[string]any{"instance": v.instance(), "heal": form.Heal}
	for _, bound := range []struct {
		name, text string
		days       int
	}{{"from", form.From, 0}, {"to", form.To, 1}} {
		if bound.text == "" {
			continue
		}
		day, err := time.Parse(time.DateOnly, bound.text)
		if err != nil {
			problem := unfit("Name days as 2026-11-30, or leave them empty.")
			return v.showReconciliation(problem.Status, reconciliationPage{Form: form, Problem: problem})
		}
		if day = day.AddDate(0, 0, bound.days); bound.name == "from" || day.Before(time.Now()) { // a day that is not over ends now
			body[bound.name] = day
		}
	}
	var begun api.StartedReconciliation
	_, err := v.ask(v.act("/api/v1/reconciliations", nil, body), &begun)
	if problem := asProblem(err); problem != nil {
		return v.showReconciliation(problem.Status, reconciliationPage{Form: form, Problem: problem})
	}
	if err != nil {
		return err
	}
	v.showsBegun(begun)
	return nil
}

// showsBegun leads to the page of one that has just begun: where it compares named days alone, its account is not the one that the books are known by.
func (v *visit) showsBegun(begun api.StartedReconciliation) {
	v.redirect("/reconciliation/" + url.PathEscape(begun.ID) + "?" + url.Values{"instance": {v.instance()}, "done": {"reconciling"}}.Encode())
}
