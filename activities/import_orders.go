package activities

import (
	"context"
	"slices"
	"time"

	"datawald/activities/failpoint"
	"datawald/magento"
	"datawald/order"
	"datawald/store"
)

// ImportOrdersInput is one step of a backfill: a part of a selection, or some names.
type ImportOrdersInput struct {
	Instance string `json:"instance"`
	// Run is the backfill, by the ID of its record; Began when it did.
	Run   string    `json:"run"`
	Began time.Time `json:"began"`
	// Selected is read behind the entity_id After; nil where orders are named.
	Selected *order.Selection `json:"selected,omitempty"`
	After    int64            `json:"after,omitempty"`
	// IncrementIDs and Keys name orders.
	IncrementIDs []string    `json:"increment_ids,omitempty"`
	Keys         []order.Key `json:"keys,omitempty"`
	// Place is how far the backfill has come, as the store was told last: an entity_id, or how many names. 0 before the first step, and where
	// an earlier release took those before. Where the store does not know as much any more, it was set back, and the step is refused.
	Place int64 `json:"place,omitempty"`
	// DryRun counts what would be staged, and writes nothing.
	DryRun bool   `json:"dry_run,omitempty"`
	Actor  string `json:"actor,omitempty"`
}

// ImportOrdersResult says what became of the orders, in counts: a history holds none of them.
type ImportOrdersResult struct {
	Counts store.Counts `json:"counts"`
	// Imported counts by state what the backfill has brought, Others what it has not.
	Imported map[order.Status]int `json:"imported,omitempty"`
	Others   map[order.Status]int `json:"others,omitempty"`
	// Next is where the selection goes on, At the time of the last order by which the selection goes.
	Next int64     `json:"next,omitempty"`
	At   time.Time `json:"at,omitzero"`
	Done bool      `json:"done,omitempty"`
	// Total is how many orders lie behind After: those that were read, and those that Magento counted behind them last.
	Total int64 `json:"total,omitempty"`
	// Place is how far the backfill has come, as the store was told; 0 of a dry run.
	Place int64 `json:"place,omitempty"`
	// Missing are names that Magento does not have.
	Missing []string `json:"missing,omitempty"`
}

// ImportOrders reads a part of what a backfill selects and stages it. It may be run any number of times, and counts the same each
// time: what an attempt that was lost has staged bears the name of the backfill.
func (a *Activities) ImportOrders(ctx context.Context, in ImportOrdersInput) (*ImportOrdersResult, error) {
	i, err := a.instance(in.Instance)
	if err != nil {
		return nil, err
	}
	m := &importer{Activities: a, instance: i, in: in, result: ImportOrdersResult{Imported: map[order.Status]int{}, Others: map[order.Status]int{}}}
	if err := a.knowsPlace(ctx, in); err != nil {
		return nil, err
	}
	if m.importing, err = a.importing(ctx, i, in); err != nil {
		return nil, err
	}
	if in.Selected != nil {
		err = m.selected(ctx)
	} else {
		err = m.named(ctx)
	}
	if err != nil {
		return nil, err
	}
	failpoint.Hit(failpoint.PageStaged)
	if !in.DryRun {
		if err := m.notePlace(ctx); err != nil {
			return nil, err
		}
	}
	return &m.result, nil
}

// importer carries out one step.
type importer struct {
	*Activities
	instance  Instance
	in        ImportOrdersInput
	importing importing
	result    ImportOrdersResult
}

// selected takes a page of the selection, or a few where they are small.
func (m *importer) selected(ctx context.Context) error {
	began := time.Now()
	m.result.Next = m.in.After
	for n, seen, bytes := 0, 0, 0; ; n++ {
		asked := m.instance.now()
		page, err := m.instance.Ranges.InRange(ctx, *m.in.Selected, m.result.Next)
		if err != nil && n > 0 {
			return nil // what is there is staged; whoever reads on meets the error
		}
		if err != nil {
			return fail(err, nil)
		}
		m.result.Total = int64(m.result.Counts.Read) + page.Total
		if err := m.take(ctx, page.Documents, asked); err != nil {
			return err
		}
		m.result.Next, m.result.Done = page.Next, page.Done
		m.reach(page.Documents)
		seen, bytes = seen+len(page.Documents), bytes+bytesOf(page.Documents)
		full := seen+len(page.Documents) > gatheredOrders || bytes+bytesOf(page.Documents) > gatheredBytes
		if page.Done || full || n+1 >= gatheredPages || time.Since(began) >= gatheredFor {
			return nil
		}
	}
}

// reach notes the time of the last document.
func (m *importer) reach(documents []magento.Document) {
	for _, d := range slices.Backward(documents) {
		if d.Fault != "" {
			continue
		}
		m.result.At = d.UpdatedAt
		if m.in.Selected.By == order.ByCreated {
			m.result.At = magento.CreatedAt(d.Raw)
		}
		return
	}
}

// take stages documents, or counts them.
func (m *importer) take(ctx context.Context, documents []magento.Document, asked time.Time) error {
	for _, d := range documents {
		if d.Fault != "" {
			m.result.Counts.Read++
			m.result.Counts.Unreadable++
			m.result.Others[order.Held]++
		}
	}
	staged, err := m.stage(ctx, documents, asked)
	if err != nil {
		return err
	}
	m.result.Counts = m.result.Counts.Add(staged.Counts)
	for status, n := range staged.imported {
		m.result.Imported[status] += n
	}
	for status, n := range staged.others {
		m.result.Others[status] += n
	}
	return nil
}

func (m *importer) stage(ctx context.Context, documents []magento.Document, asked time.Time) (*SyncOrderResult, error) {
	in := SyncOrderInput{Instance: m.in.Instance, Actor: m.in.Actor, importing: m.importing}
	if m.in.DryRun {
		return m.weigh(ctx, m.instance, in, documents, asked)
	}
	var err error
	if in.Refs, err = m.keep(ctx, m.in.Instance, documents, asked); err != nil {
		return nil, err
	}
	staged, err := m.stageAll(ctx, m.instance, in)
	if err != nil {
		return nil, err
	}
	return staged, m.forgetStandIns(ctx, m.in.Instance, documents)
}
