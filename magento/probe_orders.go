package magento

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"datawald/order"
)

// since is the reader's first search: all that was changed from a day on.
func (c *checkup) since() []condition {
	return []condition{{"updated_at", opFrom, cmp.Or(c.From, time.Unix(0, 0)).UTC().Format(timeLayout)}}
}

// page asks for the first page as the reader will.
func (c *checkup) page(ctx context.Context) order.Finding {
	s := search{where: c.since(), sort: []string{"updated_at", "entity_id"}, pageSize: c.PageSize}
	began := time.Now()
	l, err := c.Client.list(ctx, s)
	if limit := pageLimit(err); limit > 0 && limit < s.pageSize {
		s.pageSize, began = limit, time.Now()
		l, err = c.Client.list(ctx, s)
	}
	switch {
	case err != nil && mayBeOneOrder(err):
		return warn(fmt.Sprintf("a page of %d fails: %s", s.pageSize, fault(err)),
			"An order of that page probably cannot be listed (magento2 32306). The reader finds it, sets it aside and goes on, at the price of many small calls: mend or delete that order.")
	case err != nil:
		return failed(err)
	}
	c.large, c.pageOf = time.Since(began), len(l.items)
	if s.pageSize < c.PageSize {
		return warn(fmt.Sprintf("the shop allows %d; the reader adopts it instead of %d", s.pageSize, c.PageSize),
			fmt.Sprintf("Set MAGENTO_PAGE_SIZE=%d, or raise Stores > Configuration > Services > Magento Web API > Web Api Input Limits > Maximum Page Size (webapi/validation/maximum_page_size).", s.pageSize))
	}
	return ok(fmt.Sprintf("the shop allows %d (MAGENTO_PAGE_SIZE); a page of %d came", s.pageSize, len(l.items)))
}

// newestOrder reads one order as the worker does and says whether it can be understood, by its key alone.
func (c *checkup) newestOrder(ctx context.Context) order.Finding {
	l, err := c.Client.list(ctx, search{sort: []string{"entity_id"}, newest: true, pageSize: 1})
	if err != nil {
		if mayBeOneOrder(err) {
			return warn("Magento cannot list it: "+fault(err), "Mend or delete that order.")
		}
		return failed(err)
	}
	if len(l.items) == 0 {
		return warn("the shop shows no order at all", "Place one, to see that it can be read.")
	}
	d := l.items[0]
	name := fmt.Sprintf("entity_id %d", d.EntityID)
	if key, err := d.Key(c.Instance); err == nil {
		name = string(key)
	}
	o, err := Convert(c.Instance, d.Raw)
	if reason, is := errors.AsType[*order.Reason](err); is {
		return warn(fmt.Sprintf("%s cannot be understood: %s (%s)", name, reason.Message, reason.Code), "Orders like this one are held. "+reason.Hint)
	}
	if err != nil {
		return failed(err)
	}
	now := l.now
	if now.IsZero() {
		now = c.Client.now()
	}
	return ok(fmt.Sprintf("%s is understood: state %s, placed %s", name, cmp.Or(o.State, "(none)"), age(now.Sub(o.CreatedAt))))
}

// backlog counts what the first run will read.
func (c *checkup) backlog(ctx context.Context) order.Finding {
	l, err := c.Client.list(ctx, search{where: c.since(), sort: []string{"entity_id"}, pageSize: 1})
	if err != nil {
		if mayBeOneOrder(err) {
			return warn("cannot be counted: "+fault(err), "Mend or delete the order that Magento cannot list.")
		}
		return failed(err)
	}
	if c.From.IsZero() {
		return ok(fmt.Sprintf("%d orders in all: MAGENTO_SYNC_FROM is not set, so that the first run reads every one of them", l.total))
	}
	return ok(fmt.Sprintf("%d orders changed since %s (MAGENTO_SYNC_FROM)", l.total, c.From.Format(time.DateOnly)))
}

// speed compares the times of the calls with what a call may take.
func (c *checkup) speed(context.Context) order.Finding {
	limit := c.Client.http.Timeout
	seen := fmt.Sprintf("without a sign-in %s, a call that finds nothing %s", short(c.open.took), short(c.small))
	if c.large > 0 {
		seen += fmt.Sprintf(", a page of %d orders %s", c.pageOf, short(c.large))
	}
	if c.large > limit/2 {
		return warn(seen+fmt.Sprintf("; a call may take %s", limit), "Lower MAGENTO_PAGE_SIZE or raise MAGENTO_TIMEOUT: under load a page may take twice as long.")
	}
	return ok(seen)
}
