package magento

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"datawald/order"
)

// This file reads on where a list call fails for one order's sake: "Item with the same ID already exists" (magento2
// 32306), or a row that names what is gone and answers 404 for the whole page. The page is made smaller until the order at
// fault comes first, its entity_id is found by halving, and it is read by itself, or named as one that Magento cannot show.

// maxBroken bounds how many such orders one page may have; more is an outage.
const maxBroken = 20

// read reads one page, whatever single orders do to it.
func (r *Reader) read(ctx context.Context, where []condition, sort ...string) (*listing, error) {
	s := search{where: where, sort: sort, pageSize: r.pageSize()}
	l, err := r.Client.list(ctx, s)
	if limit := pageLimit(err); limit > 0 && limit < s.pageSize {
		r.limit.Store(int64(limit))
		s.pageSize = limit
		l, err = r.Client.list(ctx, s)
	}
	if err == nil {
		l.asked = s.pageSize
		return l, nil
	}
	if !mayBeOneOrder(err) || !r.answers(ctx) {
		return nil, err
	}
	return r.narrow(ctx, s, err)
}

// pageSize is the size asked for, or the lower limit of the shop once it is known.
func (r *Reader) pageSize() int {
	if limit := int(r.limit.Load()); limit > 0 && limit < r.PageSize {
		return limit
	}
	return r.PageSize
}

var pageLimitPattern = regexp.MustCompile(`Maximum SearchCriteria pageSize is (\d+)`)

// pageLimit is the limit that the shop names when it refuses a page for its size, 0 for any other error.
func pageLimit(err error) int {
	f, ok := errors.AsType[*order.Failure](err)
	if !ok || f.Code != strconv.Itoa(http.StatusBadRequest) {
		return 0
	}
	m := pageLimitPattern.FindStringSubmatch(f.Message)
	if m == nil {
		return 0
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return 0
	}
	return n
}

// mayBeOneOrder reports whether the failure is one that a single order causes.
func mayBeOneOrder(err error) bool {
	f, ok := errors.AsType[*order.Failure](err)
	return ok && (f.Code == strconv.Itoa(http.StatusInternalServerError) || f.Code == strconv.Itoa(http.StatusNotFound) && f.Kind == order.Permanent)
}

// answers asks for orders that cannot be: a shop that fails at that has another trouble.
func (r *Reader) answers(ctx context.Context) bool {
	_, err := r.Client.list(ctx, search{where: []condition{{"entity_id", opTo, "0"}}, sort: []string{"entity_id"}, pageSize: 1})
	return err == nil
}

// narrow finds the orders that break the page. Orders that come before them are given first, as a smaller page.
func (r *Reader) narrow(ctx context.Context, s search, cause error) (*listing, error) {
	out := &listing{}
	for size := s.pageSize; len(out.broken) < maxBroken; {
		s.pageSize = size
		l, err := r.Client.list(ctx, s)
		switch {
		case err == nil:
			out.items, out.now, out.took, out.asked = append(out.items, l.items...), l.now, l.took, size+len(out.items)
			return out, nil
		case !mayBeOneOrder(err):
			return nil, err
		case size > 1:
			size = max(1, size/10)
			continue
		}
		id, err := r.first(ctx, s)
		if err != nil {
			return nil, err
		}
		if d, err := r.Client.Get(ctx, id); err == nil {
			// Only the list cannot show it. It is the first of the page, and reading goes on behind it.
			out.items, out.asked, out.now = append(out.items, *d), 1, r.clock(ctx)
			return out, nil
		} else if !mayBeOneOrder(err) {
			return nil, err
		} else {
			out.broken = append(out.broken, Document{EntityID: id, Fault: fault(err)})
		}
		s.where = append(s.where[:len(s.where):len(s.where)], condition{"entity_id", opNot, strconv.FormatInt(id, 10)})
		size = r.pageSize()
	}
	return nil, fmt.Errorf("more than %d orders of one page cannot be read: %w", maxBroken, cause)
}

func fault(err error) string {
	f, ok := errors.AsType[*order.Failure](err)
	if !ok {
		return err.Error()
	}
	return f.Message
}

// first finds the entity_id of the first order of a search that fails at it. With a bound on the id, the search fails
// exactly when the bound lets that order in: it comes before all others.
func (r *Reader) first(ctx context.Context, s search) (int64, error) {
	fails := func(bound int64) (bool, error) {
		n := s
		n.where = append(s.where[:len(s.where):len(s.where)], condition{"entity_id", opTo, strconv.FormatInt(bound, 10)})
		_, err := r.Client.list(ctx, n)
		if err == nil || mayBeOneOrder(err) {
			return err != nil, nil
		}
		return false, err
	}
	low, high := int64(0), int64(1)
	for ; high < 1<<62; high *= 2 {
		hit, err := fails(high)
		if err != nil {
			return 0, err
		}
		if hit {
			break
		}
		low = high
	}
	for high-low > 1 {
		middle := low + (high-low)/2
		hit, err := fails(middle)
		if err != nil {
			return 0, err
		}
		if hit {
			high = middle
		} else {
			low = middle
		}
	}
	return high, nil
}

// clock asks the shop for its time, which a single order's answer does not carry on.
func (r *Reader) clock(ctx context.Context) (now time.Time) {
	if l, err := r.Client.list(ctx, search{where: []condition{{"entity_id", opTo, "0"}}, sort: []string{"entity_id"}, pageSize: 1}); err == nil {
		now = l.now
	}
	return now
}
