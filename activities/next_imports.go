package activities

import (
	"cmp"
	"context"
	"slices"

	"datawald/store"
)

// importShare is the part of the window, one in so many, that a run gives to imports while other orders wait beside them.
const importShare = 4

// nextDue reads the queue: imports where they are asked for, and all of it otherwise.
func (a *Activities) nextDue(ctx context.Context, in NextOrdersInput, result *NextOrdersResult) ([]store.Due, error) {
	if in.Imports {
		return a.nextImports(ctx, in, result)
	}
	if in.After > store.Imports {
		return nil, nil // a run takes imports once, so that fresh orders need not wait for more than one page of them
	}
	due, err := a.store.NextDue(ctx, in.Instance, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	return a.leaveImports(ctx, in, due)
}

// leaveImports takes imports out of a page of the queue: all of them while a backfill takes them to B1 by itself, and all but
// a window of them otherwise, or a share of it where other orders wait beside them.
func (a *Activities) leaveImports(ctx context.Context, in NextOrdersInput, due []store.Due) ([]store.Due, error) {
	first := slices.IndexFunc(due, store.Due.IsImport)
	if first < 0 {
		return due, nil
	}
	held, err := a.store.ImportsHeld(ctx, in.Instance)
	if err != nil {
		return nil, err
	}
	room := cmp.Or(in.Window, in.Limit)
	switch {
	case held:
		room = 0
	case first > 0:
		room = max(1, room/importShare)
	}
	return due[:min(len(due), first+room)], nil
}

// nextImports reads the imports alone.
func (a *Activities) nextImports(ctx context.Context, in NextOrdersInput, result *NextOrdersResult) (due []store.Due, err error) {
	if due, result.Fresh, err = a.store.NextImports(ctx, in.Instance, in.After, in.Limit); err != nil || in.After != "" {
		return due, err
	}
	if result.Waiting, err = a.store.CountWaitingImports(ctx, in.Instance); err != nil {
		return nil, err
	}
	i := a.instances[in.Instance]
	if result.PutOff, result.DueAgain, err = a.store.PutOffImports(ctx, in.Instance, now().Add(i.troublePause())); err != nil {
		return nil, err
	}
	lane, err := a.store.Lane(ctx, i.CompanyID)
	if err == nil && !lane.DownSince.IsZero() {
		result.Down = laneText(lane)
	}
	return due, err
}
