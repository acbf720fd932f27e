package order

import (
	"context"
	"iter"
	"slices"
)

// Outcome is how a check of the other side ended.
type Outcome string

// OutcomeOK, OutcomeWarn and OutcomeFail are of what was looked at. OutcomeSkip is of what was not, and its Seen says why: the check
// needs one that failed, the other side does not show it, or nothing could. Nothing that was not looked at is OutcomeOK.
const (
	OutcomeOK   Outcome = "ok"
	OutcomeWarn Outcome = "warn"
	OutcomeFail Outcome = "FAIL"
	OutcomeSkip Outcome = "skip"
)

// Finding is what one check of the other side saw. It holds no personal data and no credentials.
type Finding struct {
	// Check is its name: "sign-in".
	Check   string  `json:"check"`
	Outcome Outcome `json:"outcome"`
	// Seen is what was found there, in one line; of a check that was skipped, why.
	Seen string `json:"seen"`
	// Mend says what to do, in the words of the other side's menus; empty where there is nothing to do.
	Mend string `json:"mend,omitempty"`
	// Kind of an OutcomeFail: Transient when the other side does not answer, Config when settings or rights must be changed. Empty
	// for the others.
	Kind Kind `json:"kind,omitempty"`
}

// CheckSettings comes before all other checks and is the caller's: whether the settings make a client.
const CheckSettings = "settings"

// Check is one look at the other side through a T. It is skipped when one of those that it needs has failed or was skipped.
type Check[T any] struct {
	Name string
	// Needs are names of checks before it, or of those of the caller's.
	Needs []string
	// Look gives what was seen, under the name of the check: one finding, or one for each thing that is wrong.
	Look func(T, context.Context) []Finding
}

// Examine makes the checks one after the other and gives each finding as it comes. lost are checks of the caller's that
// failed. When ctx ends, the checks that are left are skipped.
func Examine[T any](ctx context.Context, on T, checks []Check[T], lost ...string) iter.Seq[Finding] {
	return func(yield func(Finding) bool) {
		for _, c := range checks {
			all := c.look(ctx, on, lost)
			for _, f := range all {
				if f.Check = c.Name; f.Outcome == OutcomeFail || f.Outcome == OutcomeSkip {
					lost = append(lost, c.Name)
				}
				if !yield(f) {
					return
				}
			}
		}
	}
}

func (c Check[T]) look(ctx context.Context, on T, lost []string) []Finding {
	if i := slices.IndexFunc(c.Needs, func(n string) bool { return slices.Contains(lost, n) }); i >= 0 {
		return []Finding{{Outcome: OutcomeSkip, Seen: "not checked: it needs " + c.Needs[i]}}
	}
	if ctx.Err() != nil {
		return []Finding{{Outcome: OutcomeSkip, Seen: "not checked: interrupted"}}
	}
	return c.Look(on, ctx)
}
