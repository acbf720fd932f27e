package main

import (
	"context"
	"fmt"
	"strings"

	"datawald/order"
	"datawald/rulebook"
	"datawald/store"
)

// ruled says which rules are in force, and which workers do not work by them.
func (m *movers) ruled(ctx context.Context) []order.Finding {
	ctx, cancel := context.WithTimeout(ctx, moverTime)
	defer cancel()
	all, err := m.db.ActiveRules(ctx, m.instance)
	if err != nil {
		return wrong(order.OutcomeFail, order.Transient, err.Error(), "Look at the store.")
	}
	active, ok := all[m.instance]
	if !ok {
		return wrong(order.OutcomeWarn, "", "nothing was ever activated, and no worker was started", "Start a worker: its rules file comes into force by that.")
	}
	taken, err := m.db.RulesTaken(ctx, m.instance)
	if err != nil {
		return wrong(order.OutcomeFail, order.Transient, err.Error(), "Look at the store.")
	}
	return append(inForceOf(active, taken), m.otherFile(active)...)
}

func inForceOf(active store.Activation, taken []store.TakenRules) []order.Finding {
	var late, unfit []string
	for _, t := range taken {
		switch {
		case t.Problem != "":
			unfit = append(unfit, t.Worker+": "+t.Problem)
		case rulebook.Late(active, t):
			late = append(late, t.Worker)
		}
	}
	switch {
	case len(unfit) > 0:
		return wrong(order.OutcomeFail, order.Config, "a worker cannot use the rules in force and does nothing for the instance: "+strings.Join(unfit, "; "),
			"Start it anew with the release that activated them, or activate others: starter rules back.")
	case len(late) > 0:
		return wrong(order.OutcomeFail, order.Transient, fmt.Sprintf("version %s is in force, and has not been taken for a minute by: %s", active.Version, strings.Join(late, ", ")),
			"Look at the way from these workers to the store, and start them again.")
	}
	return fine("version %s, %s; %d workers work by it", active.Version, whence(active), len(taken))
}

// otherFile warns of a rules file of this machine that is not in force.
func (m *movers) otherFile(active store.Activation) []order.Finding {
	version := fileVersion(m.instance)
	if version == active.Version || version == "" {
		return nil
	}
	return wrong(order.OutcomeWarn, "", fmt.Sprintf("the rules file of this machine is version %s and is not in force", version),
		"starter rules diff FILE - shows in what they differ; starter rules show --text > FILE or starter rules activate FILE makes them one.")
}
