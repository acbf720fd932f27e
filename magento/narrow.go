package magento

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strconv"

	"datawald/order"
)

// This file reads on where a list call fails for one order's sake: "Item with the same ID already exists" (magento2
// 32306), a row that names what is gone and answers 404 for the whole page, or one that is too large. The page is made
// smaller until the order at fault comes first, its entity_id is found by halving, and it is read by itself, or named as one that Magento cannot show.

// read reads one page, whatever single orders do to it.
func (r *Reader) read(ctx context.Context, where []condition, sort ...string) (*listing, error) {
	return r.readAs(ctx, search{where: where, sort: sort})
}

// readAs reads one page of a search, of the size that is right at the moment.
func (r *Reader) readAs(ctx context.Context, s search) (*listing, error) {
	size := r.pageSize()
	s.pageSize = size
	l, err := r.Client.within(ctx, &s)
	if s.pageSize < size {
		r.limit.Store(int64(s.pageSize))
	}
	switch {
	case err == nil:
		l.asked = s.pageSize
	case !mayBeOneOrder(err) || !r.Client.answers(ctx):
		return nil, err
	default:
		if l, err = r.narrow(ctx, s, err); err != nil {
			return nil, err
		}
	}
	r.weigh(l)
	return l, nil
}

// pageSize is the size asked for, or less: the limit of the shop once it is known, and what large orders allow.
func (r *Reader) pageSize() int {
	size := r.PageSize
	if limit := int(r.limit.Load()); limit > 0 {
		size = min(size, limit)
	}
	return r.light(size)
}

// within reads a page of the size asked for, or of the lower limit that the shop names; s keeps it.
func (c *Client) within(ctx context.Context, s *search) (*listing, error) {
	l, err := c.list(ctx, *s)
	if limit := pageLimit(err); limit > 0 && limit < s.pageSize {
		s.pageSize = limit
		l, err = c.list(ctx, *s)
	}
	return l, err
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
	return ok && (f.Code == failureTooLarge || f.Code == strconv.Itoa(http.StatusInternalServerError) || f.Code == strconv.Itoa(http.StatusNotFound) && f.Kind == order.Permanent)
}

// answers asks for orders that cannot be: a shop that fails at that has another trouble.
func (c *Client) answers(ctx context.Context) bool {
	_, err := c.list(ctx, search{where: []condition{{"entity_id", opTo, "0"}}, sort: []string{"entity_id"}, pageSize: 1})
	return err == nil
}

// narrow reads what it can: a smaller page, or, when the very first order breaks the list, that order by itself.
func (r *Reader) narrow(ctx context.Context, s search, cause error) (*listing, error) {
	for s.pageSize > 1 {
		s.pageSize = max(1, s.pageSize/10)
		l, err := r.Client.list(ctx, s)
		if err == nil {
			l.asked = s.pageSize
			return l, nil
		}
		if !mayBeOneOrder(err) {
			return nil, err
		}
	}
	return r.setAside(ctx, s, cause)
}

// setAside takes orders that break the list out of the search until the list shows its first order again.
func (r *Reader) setAside(ctx context.Context, s search, cause error) (*listing, error) {
	rest, shown, broken, err := r.Client.apart(ctx, s, cause)
	if err != nil {
		return nil, err
	}
	return assemble(s, rest, shown, broken), nil
}

// assemble puts orders that were read by themselves in front of the first order that the list shows. Those that come
// behind it are left for later: the reading must not pass what lies between. Without such an order the search is at its end.
func assemble(s search, rest *listing, shown, broken []Document) *listing {
	l := &listing{now: rest.now, took: rest.took, total: rest.total + int64(len(shown)+len(broken)), broken: broken}
	place := s.place()
	slices.SortFunc(shown, func(a, b Document) int {
		return cmp.Or(place(a).UpdatedAt.Compare(place(b).UpdatedAt), cmp.Compare(a.EntityID, b.EntityID))
	})
	if len(rest.items) > 0 {
		first := place(rest.items[0])
		shown = slices.DeleteFunc(shown, func(d Document) bool { return place(d).After(first) })
	}
	l.items = append(shown, rest.items...)
	l.asked = len(l.items)
	if len(rest.items) == 0 {
		l.asked++
	}
	return l
}

// place gives the place of an order in the row that the search reads: that of changes, or that of entity_ids.
func (s search) place() func(Document) order.Cut {
	if len(s.sort) > 0 && s.sort[0] == "entity_id" {
		return func(d Document) order.Cut { return order.Cut{EntityID: d.EntityID} }
	}
	return place
}

func place(d Document) order.Cut { return order.Cut{UpdatedAt: d.UpdatedAt, EntityID: d.EntityID} }

func fault(err error) string {
	f, ok := errors.AsType[*order.Failure](err)
	if !ok {
		return err.Error()
	}
	return f.Message
}
