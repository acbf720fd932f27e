package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"datawald/config"
	"datawald/store"
	"datawald/watch"
	"datawald/workflows"
)

type reconcileCommand struct {
	instanceFlag
	From  string `placeholder:"TIME" help:"Orders placed from this day or moment on (UTC). Default: --days before --to."`
	To    string `placeholder:"TIME" help:"Orders placed up to the end of this day, or before this moment (UTC). Default: five minutes ago."`
	Days  int    `default:"0" help:"Length of the window where --from is not given. Default: RECONCILE_DAYS, or 35."`
	Heal  bool   `default:"true" negatable:"" help:"Mend what can be mended. With --no-heal it is told alone."`
	Force bool   `help:"Mend also where more is missing than RECONCILE_MOST_MISSING."`
	Wait  bool   `help:"Wait until it has ended, and show what it found."`
	Show  bool   `help:"Begin none: show the latest that has ended, and what is open now."`
	JSON  bool   `name:"json" help:"Print one line of JSON for programs. With --wait or --show."`
}

// Help is the long form of the command's help.
func (reconcileCommand) Help() string {
	return `Lists Magento's orders of a window (keys and totals alone), compares each with the store and with B1 (sales orders and drafts: how many, total, cancelled), and accounts for it in exactly one line. What does not agree is a finding, with what to do about it.

What can be mended it mends: orders that the store lacks are staged; orders that B1 lacks, after a second look, become pending, and the next run looks for each several times and sends it anew when it is not there. Nothing is sent for an order whose number in B1 still has a document, whatever its reference, nor where B1 may hide orders from the connector's user (one that is no superuser, without B1_SEES_ALL: starter doctor b1), nor when so many are missing that it may be another company, or one that was set back (more than RECONCILE_MOST_MISSING, or more than three and more than half of the posted ones): then the findings say so; of too many --force mends all the same. While that finding is open nothing is sent anew; it ends when its whole window was compared and was in order. Held, skipped and excluded orders are never sent.

A reconciliation runs every night by itself (RECONCILE_AT). It asks B1 behind the orders, not in quiet hours, and waits while Magento or B1 does not answer.

The exit code, with --wait or --show, is 0 when all orders are in account, 6 when there are findings, also those that were mended, or orders that Magento counts and does not show, and 1 when it has not come to its end.

Example:

    starter reconcile --wait
    starter reconcile --from 2026-11-01 --to 2026-11-30 --no-heal --wait
    starter reconcile --show --json`
}

// Run starts a reconciliation, or shows one.
func (cmd reconcileCommand) Run(a *app) error {
	if cmd.JSON && !cmd.Wait && !cmd.Show {
		return badInput("--json: give --wait or --show as well")
	}
	s, err := loadSettings()
	if err != nil {
		return err
	}
	in, err := cmd.input(s)
	if err != nil {
		return err
	}
	if cmd.Show {
		return cmd.show(a, s, in.Instance)
	}
	c, err := dial(a.ctx, s)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := noReconciliation(a, c, s, in.Instance); err != nil {
		return err
	}
	run, err := startReconcile(a, c, s, in)
	if err != nil {
		return err
	}
	if !cmd.JSON {
		a.say("%s started", run.GetID())
	}
	if !cmd.Wait {
		return nil
	}
	warnWithoutWorker(a, c, s)
	var result store.Run
	if err := run.Get(a.ctx, &result); err != nil {
		return waiting(a, run.GetID(), err)
	}
	return cmd.report(a, s, result)
}

// input reads and checks the window; all that is wrong is told at once.
func (cmd reconcileCommand) input(s *config.Starter) (in workflows.ReconcileInput, err error) {
	if in.Instance, err = cmd.choose(s.InstanceNames); err != nil {
		return in, err
	}
	var wrong []string
	fault := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	in.From, in.To = timeOf("--from", cmd.From, 0, fault), timeOf("--to", cmd.To, 1, fault)
	in.Heal, in.Force, in.Most, in.Actor = cmd.Heal, cmd.Force, s.ReconcileMostMissing, "starter"
	if in.From.IsZero() {
		in.Days = firstGiven(cmd.Days, s.ReconcileDays, workflows.DefaultReconcileDays)
	} else if cmd.Days != 0 {
		fault("--days: give either it or --from")
	}
	in.Narrow(s.ReconcileDays, time.Now())
	if len(wrong) == 0 {
		if err := in.Validate(); err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				fault("--%s", line)
			}
		}
	}
	return in, problems(wrong)
}

// firstGiven is the first of some numbers that is not zero.
func firstGiven(numbers ...int) int {
	for _, n := range numbers {
		if n != 0 {
			return n
		}
	}
	return 0
}

// startReconcile begins the workflow, unless one is under way.
func startReconcile(a *app, c client.Client, s *config.Starter, in workflows.ReconcileInput) (run client.WorkflowRun, err error) {
	err = labels(a, c, s).Start(a.ctx, in.Instance, workflows.SourceReconcile, func(labels temporal.SearchAttributes) (err error) {
		run, err = workflows.StartReconcile(a.ctx, c, s.TaskQueue, labels, in)
		return err
	})
	if _, under := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); under {
		return nil, underWay(in.Instance)
	}
	if err != nil {
		return nil, refused(s, "reconciliation", err)
	}
	return run, nil
}

// noReconciliation refuses while one of the schedule is under way: another would end at once. One that was terminated cannot say that it has ended; the
// instance is given free then.
func noReconciliation(a *app, c client.Client, s *config.Starter, instance string) error {
	db, done, err := openStore(a.ctx, s)
	if err != nil {
		return err
	}
	defer done()
	status, err := db.ReconciliationOf(a.ctx, instance)
	if err != nil || status.Running == nil {
		return err
	}
	lives, err := watch.Lives(a.ctx, c, status.Running.WorkflowID)
	if err != nil {
		return refused(s, "reconciliation", err)
	}
	if lives {
		return underWay(instance)
	}
	return db.LeaveReconciliation(a.ctx, instance, status.Running.ID)
}

func underWay(instance string) error {
	return badInput("a reconciliation of %s is under way; --show tells what is known", instance)
}

// show reads the latest reconciliation that has ended, and what is open.
func (cmd reconcileCommand) show(a *app, s *config.Starter, instance string) error {
	db, done, err := openStore(a.ctx, s)
	if err != nil {
		return err
	}
	defer done()
	status, err := db.ReconciliationOf(a.ctx, instance)
	if err != nil {
		return err
	}
	if status.Running != nil && !cmd.JSON {
		r := status.Running.Reconciliation
		a.say("one is under way since %s: %s, %d of %d orders compared%s", stamp(status.Running.StartedAt), r.Phase, r.Orders, r.Total, because(r.Waits))
	}
	findings, err := openFindings(a, db, store.FindingFilter{Instance: instance, Open: true})
	if err != nil {
		return err
	}
	if status.Latest != nil {
		return cmd.tell(a, status.Latest, findings)
	}
	none := fmt.Sprintf("no reconciliation of %s that compares as much as the nightly one has ended yet: begin one with starter reconcile --wait", instance)
	if len(findings) == 0 {
		return badInput("%s", none)
	}
	a.warn("%s", none)
	return cmd.tell(a, nil, findings)
}

// report shows what a reconciliation that has just ended found.
func (cmd reconcileCommand) report(a *app, s *config.Starter, run store.Run) error {
	db, done, err := openStore(a.ctx, s)
	if err != nil {
		return err
	}
	defer done()
	findings, err := openFindings(a, db, store.FindingFilter{Instance: run.Instance, Run: run.ID, Open: true})
	if err != nil {
		return err
	}
	return cmd.tell(a, &run, findings)
}

// findingsAtOnce is how many are read with one question.
const findingsAtOnce = 500

func openFindings(a *app, db *store.Store, f store.FindingFilter) (all []store.Finding, err error) {
	all = []store.Finding{}
	for f.Limit = findingsAtOnce; ; {
		some, err := db.Findings(a.ctx, f)
		if err != nil {
			return nil, err
		}
		if all = append(all, some...); len(some) < f.Limit {
			return all, nil
		}
		f.After = some[len(some)-1].Place
	}
}

// reconcileReport is what --json prints. Run is null where none has come to its end.
type reconcileReport struct {
	Run      *store.Run      `json:"run"`
	Findings []store.Finding `json:"findings"`
}

// tell writes the account and the findings, and says by the exit code whether there are any. run is nil where none has come to its end.
func (cmd reconcileCommand) tell(a *app, run *store.Run, findings []store.Finding) error {
	if cmd.JSON {
		if err := json.NewEncoder(a.out).Encode(reconcileReport{run, findings}); err != nil {
			return err
		}
	} else {
		if run != nil {
			tellAccount(a, *run)
		}
		tellFindings(a, findings)
	}
	switch {
	case run != nil && run.Reconciliation.Phase != store.ReconcileEnded:
		return fmt.Errorf("it has not come to its end: %s", strings.Join(run.Errors, "; "))
	case len(findings) > 0, run != nil && run.Reconciliation.NotShown() > 0:
		return &exitError{code: exitFindings}
	}
	return nil
}

// tellAccount writes the table.
func tellAccount(a *app, run store.Run) {
	r := run.Reconciliation
	a.say("orders placed from %s to %s: Magento has %d", stamp(r.From), stamp(r.To), r.Total)
	for _, line := range store.AccountLines() {
		if n := r.Lines[line]; n > 0 {
			a.say("%8d  %s%s", n, line, mended(r.Healed[store.FindingKind(line)]))
		}
	}
	a.say("%8d  in all", r.Orders)
	if r.Resolved > 0 {
		a.say("found no more: %d of earlier reconciliations", r.Resolved)
	}
	for _, line := range run.Errors {
		a.warn("%s", line)
	}
}

// tellFindings writes each finding with what to do about it.
func tellFindings(a *app, findings []store.Finding) {
	for _, f := range findings {
		subject := string(f.Key)
		if subject == "" {
			subject = f.Instance
		}
		what := f.Reason.Error()
		if f.HealedAt != nil {
			what = f.Reason.Message + " Mended at " + stamp(*f.HealedAt) + "."
		}
		a.say("%s %s: %s", subject, f.Kind, what)
	}
}

func mended(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" (mended: %d)", n)
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return "; it waits: " + why
}

// stamp is a moment as people read it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }
