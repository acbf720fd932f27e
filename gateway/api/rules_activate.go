package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"datawald/config"
	"datawald/mapping"
	"datawald/order"
	"datawald/preview"
	"datawald/rulebook"
	"datawald/store"
)

const activatePath = "/api/v1/rules/activate"

// Bounds of what is done beside the activation itself: the held orders that are tried, and how long that may take.
const (
	releasedLimit = 500
	releasedTime  = 6 * time.Second
)

func (s *server) routeActivate() {
	route(s, huma.Operation{OperationID: "activate-rules", Method: http.MethodPost, Path: activatePath, Tags: []string{"rules"},
		Summary: "Put rules into force, without a restart",
		Description: "Give `text`, or `version` to go back to one that was in force. Rules with problems are refused with all of them. `expect` is the version that you saw " +
			"in force: when another one is by now, nothing is activated. The workers take the rules within seconds, and a run of the schedule begins at once and decides the " +
			"orders anew that are held or left out by the rules before. Orders that B1 has stay as they are.",
		Metadata: map[string]any{"role": roleAdmin},
		Errors:   []int{http.StatusConflict, http.StatusNotFound}}, s.activateRules)
}

type activateInput struct {
	Body struct {
		Instance string `json:"instance,omitempty" doc:"The instance; may be left out where there is only one" example:"main"`
		Text     string `json:"text,omitempty" doc:"The rules, 200 KB at most"`
		Version  string `json:"version,omitempty" maxLength:"64" doc:"A version that was in force, to go back to it; in place of text"`
		Reason   string `json:"reason" minLength:"1" maxLength:"500" doc:"Why; it stands in the history"`
		Expect   string `json:"expect,omitempty" maxLength:"64" doc:"The version that you saw in force (GET /api/v1/rules); left out only where there was none"`
	}
}

// Audit names what is acted upon, and why.
func (in activateInput) Audit() (target, why string) {
	version := in.Body.Version
	if in.Body.Text != "" {
		version = mapping.TextID(in.Body.Text)
	}
	return strings.TrimSpace("rules " + version + " " + in.Body.Instance), in.Body.Reason
}

type activateOutput struct{ Body ActivatedRules }

// ActivatedRules says what an activation did.
type ActivatedRules struct {
	Instance    string            `json:"instance"`
	Version     string            `json:"version" doc:"What is in force now"`
	RuleVersion string            `json:"rule_version" doc:"The same as orders name it"`
	Before      string            `json:"before,omitempty" doc:"What was in force before; absent where there was nothing"`
	Since       time.Time         `json:"since"`
	By          string            `json:"by"`
	Reason      string            `json:"reason"`
	Notes       []string          `json:"notes,omitempty" doc:"What is to be done or known beside"`
	Held        *Released         `json:"held,omitempty" doc:"What becomes of held orders; absent where that could not be found out in time"`
	Run         rulebook.RulesRun `json:"run" doc:"The run that decides held orders anew"`
}

// Released says how many held orders rules let through.
type Released struct {
	LookedAt int  `json:"looked_at" doc:"Held orders that were tried, the newest first"`
	WouldGo  int  `json:"would_go" doc:"Those of them that the rules before held and these do not"`
	All      bool `json:"all" doc:"These are all held orders"`
}

func (s *server) activateRules(ctx context.Context, in *activateInput) (*activateOutput, error) {
	instance, err := s.instance(in.Body.Instance)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(in.Body.Reason) == "" {
		return nil, invalid("body.reason", "is empty: say why, for those who look at the history")
	}
	text, rules, err := s.proposed(ctx, instance, in)
	if err != nil {
		return nil, err
	}
	page := s.book.Of(instance)
	proposal := rulebook.Proposal{Text: text, Rules: rules, By: actorOf(ctx), Reason: in.Body.Reason, Expect: in.Body.Expect}
	// What is refused is refused at once: what the rules would do to held orders takes seconds to find out.
	if before, err := page.Check(ctx, proposal); err != nil {
		return nil, notActivated(before, in.Body.Expect, err)
	}
	released := s.released(ctx, page, rules)
	before, now, err := page.Activate(ctx, proposal)
	if err != nil {
		return nil, notActivated(before, in.Body.Expect, err)
	}
	s.log.Info("rules activated", "instance", instance, "rules", now.Version, "before", before.Version, "by", now.By)
	return &activateOutput{Body: ActivatedRules{Instance: instance, Version: now.Version, RuleVersion: now.Rules.ID(), Before: before.Version, Since: now.Since, By: now.By,
		Reason: now.Reason, Notes: rulebook.Notes(before.Rules, now.Rules), Held: released, Run: rulebook.BeginRun(ctx, s.temporal, instance)}}, nil
}

// proposed gives the rules that the request names.
func (s *server) proposed(ctx context.Context, instance string, in *activateInput) (text string, rules *mapping.Rules, err error) {
	switch {
	case (in.Body.Text == "") == (in.Body.Version == ""):
		return "", nil, invalid("body.text", "or body.version: give one of them, the rules or a version that was in force")
	case in.Body.Text != "":
		text = in.Body.Text
		rules, err = s.parse(ctx, text)
	default:
		if text, err = s.versionText(ctx, instance, in.Body.Version); err == nil {
			rules, err = s.parseKept(ctx, text)
		}
	}
	if problems, ok := errors.AsType[mapping.Problems](err); ok {
		err = unsound(problems)
	}
	return text, rules, err
}

// parseKept reads rules that were in force: they may be those of a file of any size.
func (s *server) parseKept(ctx context.Context, text string) (*mapping.Rules, error) {
	done, err := s.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	return config.ParseRules([]byte(text))
}

// unsound refuses rules with all their problems, each with its line and column.
func unsound(problems mapping.Problems) *Problem {
	p := unsoundRules.problem(fmt.Sprintf("Nothing was activated: the rules have %d problems, the first: %s. Mend all of them and send the rules again.", len(problems), problems[0].String()))
	for _, one := range problems {
		p.Faults = append(p.Faults, Fault{Location: fmt.Sprintf("body.text:%d:%d", one.Line, one.Column), Message: strings.TrimPrefix(one.Path+": "+one.Message, ": ")})
	}
	return p
}

// notActivated says why nothing was activated.
func notActivated(before *rulebook.InForce, expect string, err error) error {
	if moved, ok := errors.AsType[*store.RulesMoved](err); ok {
		a := moved.Active
		if a.Version == "" {
			return rulesMoved.problem("No rules are in force here, and version " + expect + " was expected. Look at GET /api/v1/rules, and activate again without expect.")
		}
		return rulesMoved.problem(fmt.Sprintf("Version %s is in force, by %s (%s), and you saw %q. Nothing was activated. Look at GET /api/v1/rules and at what the other changed, "+
			"put it into yours where it is to stay, and activate again with expect %s.", a.Version, a.By, a.Reason, expect, a.Version))
	}
	if errors.Is(err, rulebook.ErrInForce) {
		return rulesInForce.problem(fmt.Sprintf("Version %s is in force already, by %s. There is nothing to activate.", before.Version, before.By))
	}
	return partDown(err, "store")
}

// released tries the rules on held orders, for some seconds.
func (s *server) released(ctx context.Context, page *rulebook.Page, rules *mapping.Rules) *Released {
	ctx, cancel := context.WithTimeout(ctx, releasedTime)
	defer cancel()
	before, err := page.Fresh(ctx)
	if err != nil {
		return nil
	}
	var r Released
	at := preview.At(time.Now().UTC())
	next, err := tryAll(ctx, s, store.Filter{Instance: before.Instance, Status: order.Held, Limit: releasedLimit}, []*mapping.Rules{before.Rules, rules},
		func(subject preview.Subject) bool {
			return preview.Try(before.Rules, subject, at).Verdict == preview.Held && preview.Try(rules, subject, at).Verdict == preview.Post
		},
		func(goes bool) {
			if r.LookedAt++; goes {
				r.WouldGo++
			}
		})
	if err != nil {
		return nil
	}
	r.All = next == ""
	return &r
}
