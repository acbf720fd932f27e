package main

import "datawald/preview"

// showDiff tells what two rules files make of the same orders: first in what orders differ, then which, then how many.
func showDiff(a *app, diff *preview.Diff, named []preview.Change) {
	s := diff.Summary()
	if kinds := diff.Kinds(); len(kinds) > 0 {
		a.table(func(row func(string, ...any)) {
			row("orders\tdifference")
			for _, k := range kinds {
				row("%d\t%s", k.Orders, k)
			}
		})
		a.say("")
	}
	for _, c := range named {
		a.say("%s (%s)", c.Key, c.State)
		for _, d := range c.Differences {
			a.say("    %s", d)
		}
	}
	if more := s.Changed - len(named); more > 0 {
		a.say("and %d more; --all names them", more)
	}
	if len(named) > 0 {
		a.say("")
	}
	a.table(func(row func(string, ...any)) {
		row("orders\t%d\t%s", s.Orders, states(s.States))
		row("unchanged\t%d\t", s.Unchanged)
		row("changed\t%d\t", s.Changed)
		row("newly held\t%d\t", s.NewlyHeld)
		row("no longer held\t%d\t", s.NoLongerHeld)
		row("newly left out\t%d\t", s.NewlyLeftOut)
		row("no longer left out\t%d\t", s.NoLongerLeft)
	})
}
