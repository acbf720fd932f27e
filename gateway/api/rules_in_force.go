package api

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"datawald/config"
	"datawald/mapping"
	"datawald/rulebook"
	"datawald/store"
)

// newBook has the rules of every instance; the files of this process count while nothing was ever activated.
func newBook(settings *config.Gateway, db *store.Store, log *slog.Logger) *rulebook.Book {
	files := map[string]config.FileRules{}
	for _, name := range settings.InstanceNames {
		files[name] = settings.Rules[name]
	}
	return rulebook.New(db, files, log)
}

type getRulesOutput struct {
	Body struct {
		Rules []InstanceRules `json:"rules" nullable:"false"`
	}
}

// InstanceRules are the rules of one instance.
type InstanceRules struct {
	Instance    string         `json:"instance"`
	Version     string         `json:"version,omitempty" doc:"The version in force; \"expect\" of POST /api/v1/rules/activate. Absent where there is none"`
	RuleVersion string         `json:"rule_version,omitempty" doc:"The same as orders name it, with the company's hooks; absent where the gateway cannot use it"`
	Whence      string         `json:"whence,omitempty" enum:"file,activated" doc:"How it came into force"`
	Since       *time.Time     `json:"since,omitempty" doc:"Since when; absent while no worker was ever started and nothing was activated"`
	By          string         `json:"by,omitempty" doc:"By whom; file for a rules file"`
	Reason      string         `json:"reason,omitempty" doc:"Why"`
	Text        string         `json:"text,omitempty" doc:"The rules, for those who may see them"`
	File        *OtherFile     `json:"file,omitempty" doc:"The rules file of the gateway, where it is not what is in force"`
	Workers     []WorkingRules `json:"workers,omitempty" doc:"Which version the workers work by"`
	Missing     string         `json:"missing,omitempty" doc:"Why the gateway has no rules"`
	Problems    []RuleProblem  `json:"problems,omitempty" doc:"What is wrong in the text"`
}

// OtherFile is a rules file that is not in force.
type OtherFile struct {
	Version string `json:"version,omitempty" doc:"Its version; absent where it cannot be used"`
	Problem string `json:"problem,omitempty" doc:"Why it cannot be used"`
}

// WorkingRules says by which rules a worker works.
type WorkingRules struct {
	store.TakenRules
	Late bool `json:"late" doc:"It has not taken the version in force for a minute or longer"`
}

func (s *server) getRules(ctx context.Context, _ *struct{}) (*getRulesOutput, error) {
	var out getRulesOutput
	active, err := s.store.ActiveRules(ctx, s.settings.InstanceNames...)
	if err != nil {
		return nil, partDown(err, "store")
	}
	for _, name := range s.settings.InstanceNames {
		one, err := s.rulesOf(ctx, name, active[name])
		if err != nil {
			return nil, partDown(err, "store")
		}
		if !seesRules(ctx) {
			one.Text = ""
		}
		out.Body.Rules = append(out.Body.Rules, one)
	}
	return &out, nil
}

// rulesOf tells of the rules of an instance; its error is that of the store.
func (s *server) rulesOf(ctx context.Context, name string, active store.Activation) (InstanceRules, error) {
	one := InstanceRules{Instance: name, Version: active.Version, Whence: active.Whence, By: active.By, Reason: active.Reason}
	page := s.book.Of(name)
	f, err := page.Fresh(ctx)
	unfit, isUnfit := errors.AsType[*rulebook.Unfit](err)
	switch {
	case err == nil:
		one.RuleVersion, one.Text = f.Rules.ID(), f.Text
		active = f.Activation
		one.Version, one.Whence, one.By, one.Reason = f.Version, f.Whence, f.By, f.Reason
	case isUnfit:
		one.Missing = unfit.Error()
		one.addProblems(unfit.Problems)
		if one.Text, err = s.store.RulesText(ctx, name, unfit.Version); err != nil {
			return one, err
		}
	case errors.Is(err, rulebook.ErrNoRules):
		one.Text = page.File().Text
		if !one.addProblems(err) {
			one.Missing = missingRules(page.File())
		}
	default:
		return one, err
	}
	if active.Seq == 0 {
		return one, nil
	}
	one.Since, one.File = &active.Since, otherFile(page.File(), active)
	taken, err := s.store.RulesTaken(ctx, name)
	for _, t := range taken {
		one.Workers = append(one.Workers, WorkingRules{TakenRules: t, Late: rulebook.Late(active, t)})
	}
	return one, err
}

func (r *InstanceRules) addProblems(err error) bool {
	problems, ok := errors.AsType[mapping.Problems](err)
	if ok {
		r.Problems = problemsOf(problems)
	}
	return ok
}

func missingRules(f config.FileRules) string {
	if f.Err == nil {
		return "No rules file was read."
	}
	return f.Err.Error()
}

// otherFile is the gateway's file where it is not in force; nil where it is, or where there is none.
func otherFile(f config.FileRules, active store.Activation) *OtherFile {
	switch {
	case f.Rules == nil && f.Err == nil:
		return nil
	case f.Rules == nil:
		return &OtherFile{Problem: f.Err.Error()}
	case mapping.TextID(f.Text) == active.Version:
		return nil
	}
	return &OtherFile{Version: mapping.TextID(f.Text)}
}
