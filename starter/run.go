package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"datawald/store"
)

// showRun writes down what a run did. A run that met an outage ends well for Temporal, but not for the operator.
func showRun(a *app, r store.Run) error {
	a.say("%s", countsLine(r))
	if len(r.Errors) > 0 {
		return errors.New("the run met errors: " + strings.Join(r.Errors, "; "))
	}
	return nil
}

// countsLine tells a run in one line: read 12 (new 3, unchanged 9), taken to B1 3 (posted 2, held 1), 4s.
func countsLine(r store.Run) string {
	c := r.Counts
	line := group("read", c.Read, []count{{"new", c.New}, {"changed", c.Changed}, {"unchanged", c.Unchanged},
		{"excluded", c.Excluded}, {"cancelled", c.Cancelled}, {"unreadable", c.Unreadable}}) +
		", " + group("taken to B1", c.Started, []count{{"posted", c.Posted}, {"held", c.Held}, {"draft", c.Draft},
		{"settled already", c.Other}, {"deferred", c.Deferred}, {"in hand", c.InHand}})
	if c.WrittenBack > 0 {
		line += fmt.Sprintf(", written back %d", c.WrittenBack)
	}
	if r.EndedAt != nil {
		line += ", " + r.EndedAt.Sub(r.StartedAt).Round(100*time.Millisecond).String()
	}
	return line
}

type count struct {
	name string
	n    int
}

// group writes a number with the parts of it that are not zero.
func group(name string, n int, parts []count) string {
	var shown []string
	for _, p := range parts {
		if p.n != 0 {
			shown = append(shown, fmt.Sprintf("%s %d", p.name, p.n))
		}
	}
	if len(shown) == 0 {
		return fmt.Sprintf("%s %d", name, n)
	}
	return fmt.Sprintf("%s %d (%s)", name, n, strings.Join(shown, ", "))
}
