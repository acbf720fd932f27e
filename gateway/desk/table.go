// Package desk is what a person does with one order: try it again, skip it, take a skip back, settle what changed. It holds the rules of when that makes sense, and
// writes what was done; whoever asks sees to it that the order then goes to B1 at once. It knows no HTTP.
package desk

import (
	"fmt"
	"time"

	"datawald/activities"
	"datawald/magento"
	"datawald/order"
	"datawald/store"
)

// Action is something that a person does with an order.
type Action string

// The actions.
const (
	// Retry takes a held order to B1 again, a pending one now, and looks at a draft; before all others.
	Retry Action = "retry"
	// Skip keeps an order from B1 that has not been sent, until it is resumed.
	Skip Action = "skip"
	// Resume takes a skip back, and the order to B1.
	Resume Action = "resume"
	// Settle says that what asks for attention is settled; a later change asks anew.
	Settle Action = "settle"
)

// Actions lists all of them.
func Actions() []Action { return []Action{Retry, Skip, Resume, Settle} }

// Choice says of one action whether it makes sense for an order as it stands.
type Choice struct {
	Action   Action `json:"action" enum:"retry,skip,resume,settle"`
	Possible bool   `json:"possible"`
	// WhyNot is a sentence for a person, and what to do instead; empty when the action is possible.
	WhyNot string `json:"why_not,omitempty" doc:"Why it makes no sense as the order stands, and what to do instead"`
}

// row says of orders in one situation why a retry, a skip or a resume makes no sense. An empty text means that it does.
type row struct {
	name                string
	is                  func(*store.Staged, time.Time) bool
	retry, skip, resume func(*store.Staged) string
}

// table has the situations of an order: the first that fits is its own. The last fits every order.
var table = []row{
	{"at work", atWork,
		says("An attempt is at work on it at this moment. Look again in a minute."),
		says("An attempt is at work on it at this moment, so that it may be in B1 in a second. Look again in a minute."),
		says("It is not skipped, and an attempt is at work on it at this moment. Look again in a minute.")},
	{"posted", in(order.Posted),
		says("B1 has it: there is nothing to try again. If it was removed from B1 or is wrong there, mend it in B1."),
		says("B1 has it already. Cancel the sales order in B1 if it is not wanted."),
		says("It is not skipped: B1 has it.")},
	{"cancelled in B1", func(o *store.Staged, _ time.Time) bool { return o.Status == order.Cancelled && o.BO != nil },
		says("Its sales order was cancelled in B1. Resync the order by its number if it is to be sent anew beside the cancelled one."),
		says("It has ended: its sales order was cancelled in B1, and it is not sent again by itself."),
		says("It is not skipped: its sales order was cancelled in B1. Resync the order by its number if it is to be sent anew.")},
	{"cancelled", in(order.Cancelled),
		says("It was cancelled in Magento before it was posted. Place it anew in Magento if it is wanted after all."),
		says("It has ended: it was cancelled in Magento, and is not sent to B1."),
		says("It is not skipped: it was cancelled in Magento.")},
	{"skipped", func(o *store.Staged, _ time.Time) bool { return o.Skipped() },
		says("It was skipped by a person, for the reason that stands there. Resume it to take it to B1."),
		says("It is skipped already."),
		func(o *store.Staged) string {
			if o.Erased() {
				return "Its personal data were erased on " + erasedOn(o) + ". " + resyncIt
			}
			return ""
		}},
	{"left out by a rule, and erased", func(o *store.Staged, _ time.Time) bool { return o.Status == order.Excluded && o.Erased() },
		func(o *store.Staged) string {
			return fmt.Sprintf("The rule %q left it out, and its personal data were erased on %s, so that it does not come in by itself. %s", codeOf(o), erasedOn(o), resyncIt)
		},
		func(o *store.Staged) string {
			return fmt.Sprintf("The rule %q leaves it out already, and its personal data were erased on %s.", codeOf(o), erasedOn(o))
		},
		func(o *store.Staged) string {
			return fmt.Sprintf("It is not skipped: the rule %q left it out, and its personal data were erased on %s. %s", codeOf(o), erasedOn(o), resyncIt)
		}},
	{"left out by a rule", in(order.Excluded),
		func(o *store.Staged) string {
			return fmt.Sprintf("The rule %q leaves it out. It comes in by itself when the rule no longer fits; change the order in Magento, or the rules.", codeOf(o))
		},
		func(o *store.Staged) string {
			return fmt.Sprintf("The rule %q leaves it out already. It can be skipped when the rule lets it in.", codeOf(o))
		},
		func(o *store.Staged) string {
			return fmt.Sprintf("It is not skipped: the rule %q leaves it out. Change the order in Magento, or the rules.", codeOf(o))
		}},
	{"draft", in(order.Draft),
		nothing,
		says("B1 has it as a draft that waits for approval. Have the draft refused in B1; the order is held then, and can be skipped."),
		says("It is not skipped: B1 has it as a draft that waits for approval.")},
	{"stand-in", func(o *store.Staged, _ time.Time) bool { return standsIn(o) },
		nothing,
		says("Magento does not show it, or not its number, so that it has no name yet by which it could stay skipped. Mend the order in Magento and retry it; it can be skipped when it has its number."),
		says("It is not skipped. Retry it to ask Magento for it again.")},
	{"in doubt", func(o *store.Staged, _ time.Time) bool { return o.Intent != nil },
		nothing,
		says("It was sent to B1, or may have been, and it is not known what became of it. Retry it: B1 is looked into first; if B1 has nothing of it and it is held then, it can be skipped."),
		says("It is not skipped: it was sent to B1, and it is not known yet what became of it.")},
	{"may be there twice", func(o *store.Staged, _ time.Time) bool { return o.MayBeTwice() },
		nothing,
		says("B1 may have it, once or twice: an attempt came too late. Look for its reference in B1 and cancel what is too much; then settle it here, and retry the order."),
		says("It is not skipped, and B1 may have it, once or twice. Look for its reference in B1.")},
	{"refused draft", held(activities.CodeDraftRejected),
		nothing, nothing,
		says("It is not skipped: its draft was refused in B1. Remove the draft in B1 and retry the order to send it anew.")},
	{"twice in B1", held(activities.CodeDuplicate),
		nothing,
		says("B1 has several documents under its reference. Cancel all that are not wanted in B1, and retry the order: with one left it is linked to that, with none left it is held for a cancelled one, and can be skipped."),
		says("It is not skipped: it is held, and B1 has several documents of it. Leave one of them and retry it.")},
	{"known to B1", func(o *store.Staged, _ time.Time) bool { return o.BO != nil },
		nothing,
		says("B1 has a document of it. Cancel the sales order in B1, and retry the order: then it ends as cancelled."),
		says("It is not skipped: it is held, and B1 has a document of it. Mend that and retry it.")},
	{"held", in(order.Held),
		nothing, nothing,
		says("It is not skipped: it is held for the reason that stands there. Mend that and retry it.")},
	{"pending", func(*store.Staged, time.Time) bool { return true },
		nothing, nothing,
		says("It is not skipped: it waits for B1. Retry it to have it tried at once.")},
}

// resyncIt is what brings an order back whose personal data were erased.
const resyncIt = "Resync it by its number, which reads it from Magento again; then it is as any other."

func erasedOn(o *store.Staged) string { return o.ErasedAt.Format(time.DateOnly) }

func says(text string) func(*store.Staged) string { return func(*store.Staged) string { return text } }

func nothing(*store.Staged) string { return "" }

func in(status order.Status) func(*store.Staged, time.Time) bool {
	return func(o *store.Staged, _ time.Time) bool { return o.Status == status }
}

func held(code string) func(*store.Staged, time.Time) bool {
	return func(o *store.Staged, _ time.Time) bool { return o.Status == order.Held && codeOf(o) == code }
}

// longestClaim is longer than any claim: one that ends later was dated by a wrong clock. What was sent under it is told by the intent.
const longestClaim = time.Hour

func atWork(o *store.Staged, at time.Time) bool {
	return o.Claim != nil && o.Claim.ExpiresAt.After(at) && o.Claim.ExpiresAt.Before(at.Add(longestClaim))
}

// standsIn reports whether the order stands under a name that it loses when Magento shows it.
func standsIn(o *store.Staged) bool {
	_, is := magento.StandsFor(o.Key.IncrementID())
	return is
}

func codeOf(o *store.Staged) string {
	if o.Reason == nil {
		return ""
	}
	return o.Reason.Code
}

// whyNot is why an action makes no sense for an order at a moment; empty when it does.
func whyNot(a Action, o *store.Staged, at time.Time) string {
	if o.Format > store.DocumentFormat {
		return "A program of a newer release than this gateway wrote it last, and this one would drop what it does not know. Upgrade the gateway, and do it then."
	}
	if a == Settle {
		return whyNotSettle(o)
	}
	for _, r := range table {
		if !r.is(o, at) {
			continue
		}
		switch a {
		case Retry:
			return r.retry(o)
		case Skip:
			return r.skip(o)
		case Resume:
			return r.resume(o)
		}
	}
	return fmt.Sprintf("There is no action %q: want one of %v.", a, Actions())
}

// whyNotSettle is why there is nothing to settle.
func whyNotSettle(o *store.Staged) string {
	if o.Attention != nil {
		return ""
	}
	if o.Settled != nil {
		return "It is settled already, and Magento has not changed it since."
	}
	return "Nothing asks for attention: Magento has not changed it since it was posted or skipped."
}

// Choices says of each action whether it makes sense for an order at a moment. The order needs neither lines nor timeline.
func Choices(o *store.Staged, at time.Time) []Choice {
	var all []Choice
	for _, a := range Actions() {
		why := whyNot(a, o, at)
		all = append(all, Choice{Action: a, Possible: why == "", WhyNot: why})
	}
	return all
}

// Rereads reports whether a retry of the order needs Magento: its document says nothing, or what it waits for happens there.
func Rereads(o *store.Staged) bool {
	return o.ContentHash == "" || held(codeOverdue)(o, time.Time{}) || held(codeMissing)(o, time.Time{})
}

// Codes of orders that are held for what Magento says, though they could be read.
const (
	codeOverdue = "payment_overdue"
	codeMissing = "document_missing"
)
