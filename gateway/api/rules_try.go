package api

import (
	"context"
	"time"

	"datawald/mapping"
	"datawald/order"
	"datawald/preview"
	"datawald/store"
)

// maxTrials is how many requests may try rules on many orders at once; others wait.
const maxTrials = 2

// trialTime is how long one page may take; what is done by then is answered. Only tests change it.
var trialTime = 5 * time.Second

// RulesRange is the part of the staged orders on which rules are tried.
type RulesRange struct {
	Instance string     `json:"instance,omitempty" doc:"The instance; may be left out where there is only one" example:"main"`
	From     string     `json:"from,omitempty" doc:"Placed at this time or later: RFC 3339, or a day (UTC)" example:"2026-11-01"`
	To       string     `json:"to,omitempty" doc:"Placed before this time (RFC 3339), or up to the end of this day (UTC)" example:"2026-11-30"`
	Store    *int64     `json:"store,omitempty" minimum:"0" doc:"Orders of this Magento store (store_id)" example:"1"`
	State    stateParam `json:"state,omitempty" doc:"Orders in this state now"`
	Cursor   string     `json:"cursor,omitempty" maxLength:"1000" doc:"\"next\" of the page before"`
	Limit    int        `json:"limit,omitempty" minimum:"1" maximum:"200" default:"50" doc:"Orders per page"`
}

// filter checks the range.
func (r *RulesRange) filter(s *server) (f store.Filter, err error) {
	f = store.Filter{Status: order.Status(r.State), StoreID: r.Store, Limit: r.Limit}
	if f.Instance, err = s.instance(r.Instance); err != nil {
		return f, err
	}
	if f.From, err = moment("body.from", r.From, 0); err != nil {
		return f, err
	}
	if f.To, err = moment("body.to", r.To, 1); err != nil {
		return f, err
	}
	if !f.From.IsZero() && !f.To.IsZero() && !f.From.Before(f.To) {
		return f, invalid("body.to", "lies before from")
	}
	if r.Cursor != "" {
		if f.After, err = decodeCursor(r.Cursor); err != nil {
			return f, invalid("body.cursor", "is not one of this list; leave it out to begin with the newest order")
		}
	}
	return f, nil
}

// turn waits until few enough requests try rules; done lets the next one.
func (s *server) turn(ctx context.Context) (done func(), err error) {
	select {
	case s.trials <- struct{}{}:
		return func() { <-s.trials }, nil
	case <-ctx.Done():
		return nil, partDown(ctx.Err(), "gateway, which is busy with other rules")
	}
}

// tryAll tries rules on a page of orders, and gives the cursor of the next one.
func tryAll[T any](ctx context.Context, s *server, filter store.Filter, rules []*mapping.Rules, try func(preview.Subject) T, see func(T)) (next string, err error) {
	done, err := s.turn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	end := time.Now().Add(trialTime)
	after, err := preview.Each(ctx, preview.Range{Store: s.store, Filter: filter, Rules: rules}, try, func(v T) error {
		see(v)
		if time.Now().After(end) {
			return preview.ErrEnough
		}
		return nil
	})
	if err != nil {
		return "", partDown(err, "store")
	}
	if after == nil {
		return "", nil
	}
	return encodeCursor(store.Staged{PlacedAt: after.PlacedAt, Key: after.Key}), nil
}

type previewRulesInput struct {
	Body struct {
		RulesRange
		Rules string `json:"rules,omitempty" doc:"Text of a rules file to try; without it, the rules in force"`
	}
}

type previewRulesOutput struct {
	Body struct {
		Version string          `json:"rules_version"`
		Summary preview.Summary `json:"summary" doc:"What the orders of this page come to"`
		Rows    []PreviewRow    `json:"rows" nullable:"false"`
		Next    string          `json:"next,omitempty" doc:"Cursor of the next page; absent on the last one"`
	}
}

// PreviewRow is one order of a preview. GET /api/v1/orders/{key}/preview has its document.
type PreviewRow struct {
	Key      order.Key       `json:"key" example:"main:1:000000123"`
	State    order.Status    `json:"state" doc:"Where the order stands now"`
	Verdict  preview.Verdict `json:"verdict" enum:"post,held,left_out"`
	Rule     string          `json:"rule,omitempty" doc:"The rule that leaves it out"`
	Hold     *order.Reason   `json:"hold,omitempty" doc:"Why it would be held or left out"`
	Expect   *order.Money    `json:"expect,omitempty" doc:"The total at which B1 must arrive"`
	Rounding *order.Money    `json:"rounding,omitempty" doc:"What is booked as rounding difference"`
	Links    Links           `json:"links"`
}

func (s *server) row(o preview.Outcome) PreviewRow {
	r := PreviewRow{Key: o.Key, State: o.State, Verdict: o.Verdict, Rule: o.Rule, Hold: o.Hold, Links: s.links.order(o.Key)}
	if o.Expect.Currency != "" {
		r.Expect = &o.Expect
	}
	if rounding := o.Rounding(); !rounding.Amount.IsZero() {
		r.Rounding = &rounding
	}
	return r
}

func (s *server) previewRules(ctx context.Context, in *previewRulesInput) (*previewRulesOutput, error) {
	filter, err := in.Body.filter(s)
	if err != nil {
		return nil, err
	}
	rules, err := s.rulesOr(ctx, filter.Instance, "body.rules", in.Body.Rules)
	if err != nil {
		return nil, err
	}
	tally, out := preview.NewTally(), &previewRulesOutput{}
	out.Body.Rows, out.Body.Version = []PreviewRow{}, rules.ID()
	at := preview.At(time.Now().UTC())
	out.Body.Next, err = tryAll(ctx, s, filter, []*mapping.Rules{rules},
		func(subject preview.Subject) preview.Outcome { return preview.Try(rules, subject, at) },
		func(o preview.Outcome) {
			tally.Add(&o)
			out.Body.Rows = append(out.Body.Rows, s.row(o))
		})
	out.Body.Summary = tally.Summary()
	return out, err
}

type diffRulesInput struct {
	Body struct {
		RulesRange
		Old string `json:"old,omitempty" doc:"Text of the rules file to compare with; without it, the rules in force"`
		New string `json:"new,omitempty" doc:"Text of the rules file to try; without it, the rules in force"`
	}
}

type diffRulesOutput struct {
	Body struct {
		OldVersion string              `json:"old_version"`
		NewVersion string              `json:"new_version"`
		Summary    preview.DiffSummary `json:"summary" doc:"What the orders of this page come to"`
		Kinds      []preview.Kind      `json:"kinds" nullable:"false" doc:"Differences by property, those of most orders first"`
		Rows       []preview.Change    `json:"rows" nullable:"false" doc:"The orders that come out differently"`
		Next       string              `json:"next,omitempty" doc:"Cursor of the next page; absent on the last one"`
	}
}

func (s *server) diffRules(ctx context.Context, in *diffRulesInput) (*diffRulesOutput, error) {
	filter, err := in.Body.filter(s)
	if err != nil {
		return nil, err
	}
	if in.Body.Old == "" && in.Body.New == "" {
		return nil, invalid("body.new", "is missing, and so is body.old: give one of them or both, as texts of rules files")
	}
	old, err := s.rulesOr(ctx, filter.Instance, "body.old", in.Body.Old)
	if err != nil {
		return nil, err
	}
	proposed, err := s.rulesOr(ctx, filter.Instance, "body.new", in.Body.New)
	if err != nil {
		return nil, err
	}
	diff, out := preview.NewDiff(), &diffRulesOutput{}
	out.Body.Rows, out.Body.OldVersion, out.Body.NewVersion = []preview.Change{}, old.ID(), proposed.ID()
	at := preview.At(time.Now().UTC())
	out.Body.Next, err = tryAll(ctx, s, filter, []*mapping.Rules{old, proposed},
		func(subject preview.Subject) preview.Change {
			return preview.Compare(preview.Try(old, subject, at), preview.Try(proposed, subject, at))
		},
		func(c preview.Change) {
			diff.Add(c)
			if len(c.Differences) > 0 {
				out.Body.Rows = append(out.Body.Rows, c)
			}
		})
	out.Body.Summary, out.Body.Kinds = diff.Summary(), diff.Kinds()
	return out, err
}
