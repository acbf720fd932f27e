package magento

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Limits of what one search takes apart. What was found stays known, so that the next try goes on from there.
const (
	// maxBroken bounds the orders that are found by halving, in dozens of calls each.
	maxBroken = 20
	// maxApart bounds all of them: a data patch breaks orders that follow on each other, and those cost two calls each.
	maxApart = 500
)

// brokenIDs are orders that broke a list lately, so that they need not be found again. Nothing relies on it: each is
// looked at anew.
type brokenIDs struct {
	mu  sync.Mutex
	ids []int64
}

func (b *brokenIDs) add(id int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.Contains(b.ids, id) {
		b.ids = append(b.ids[max(0, len(b.ids)+1-maxApart):], id)
	}
}

func (b *brokenIDs) all() []int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.ids)
}

// partition takes orders out of a search that fails for their sake.
type partition struct {
	*Client
	search search
	// shown are those that Magento shows by themselves, broken those that it cannot show.
	shown, broken []Document
	out           []string
}

// apart reads a search that fails for single orders' sake: those that Magento shows by themselves, those that it cannot
// show, and what the list gives without them.
func (c *Client) apart(ctx context.Context, s search, cause error) (rest *listing, shown, broken []Document, err error) {
	p := &partition{Client: c, search: s}
	for _, id := range c.broken.all() {
		if _, err := p.takeIfBroken(ctx, id); err != nil {
			return nil, nil, nil, err
		}
	}
	for range maxBroken {
		rest, err := c.list(ctx, p.without())
		if err == nil {
			return rest, p.shown, p.broken, nil
		}
		if !mayBeOneOrder(err) {
			return nil, nil, nil, err
		}
		if len(p.out) >= maxApart {
			break
		}
		if err := p.takeNext(ctx); errors.Is(err, errListsNone) {
			return nil, nil, nil, fmt.Errorf("%w: %w", err, cause)
		} else if err != nil {
			return nil, nil, nil, err
		}
	}
	return nil, nil, nil, fmt.Errorf("more orders of one page cannot be read than one try can find (%d so far): %w", len(p.out), cause)
}

// without is the search without the orders that were taken out.
func (p *partition) without() search {
	s := p.search
	if len(p.out) > 0 {
		s.where = append(slices.Clip(s.where), condition{"entity_id", opNotIn, strings.Join(p.out, ",")})
	}
	return s
}

// takeNext finds an order that breaks the search, and takes it out with those that follow on it.
func (p *partition) takeNext(ctx context.Context) error {
	id, err := p.breaking(ctx, p.without())
	for err == nil && id != 0 && len(p.out) < maxApart {
		if len(p.out) == maxBroken && !p.listsAny(ctx) {
			return errListsNone
		}
		var taken bool
		if taken, err = p.takeIfBroken(ctx, id); !taken {
			break
		}
		id++
	}
	return err
}

// errListsNone ends the search for orders at fault: it is the shop.
var errListsNone = errors.New("the shop lists none of its orders")

// listsAny reports whether the shop can list its oldest or its newest order. One that can list neither is broken itself, by
// a module perhaps, and no single order is at fault.
func (c *Client) listsAny(ctx context.Context) bool {
	for _, newest := range []bool{false, true} {
		l, err := c.list(ctx, search{sort: []string{"entity_id"}, newest: newest, pageSize: 1})
		if err == nil && len(l.items) > 0 {
			return true
		}
	}
	return false
}

// takeIfBroken takes an order out when it belongs to the search and breaks it by itself. One that is out already, known from
// before and met again as the neighbour of another, is not taken twice: it would come twice in one page.
func (p *partition) takeIfBroken(ctx context.Context, id int64) (taken bool, err error) {
	if slices.Contains(p.out, strconv.FormatInt(id, 10)) {
		return true, nil
	}
	alone := p.search
	alone.where = append(slices.Clip(alone.where), condition{"entity_id", opEqual, strconv.FormatInt(id, 10)})
	if _, err := p.list(ctx, alone); err == nil || !mayBeOneOrder(err) {
		return false, err
	}
	d, err := p.byItself(ctx, id)
	if err != nil {
		return false, err
	}
	if d.Fault == "" {
		p.shown = append(p.shown, *d)
	} else {
		p.broken = append(p.broken, *d)
	}
	p.out = append(p.out, strconv.FormatInt(id, 10))
	p.Client.broken.add(id)
	return true, nil
}

// byItself reads an order that breaks lists; one that cannot be shown either has a Fault.
func (c *Client) byItself(ctx context.Context, entityID int64) (*Document, error) {
	d, err := c.Get(ctx, entityID)
	if err != nil && mayBeOneOrder(err) {
		return &Document{EntityID: entityID, Fault: fault(err)}, nil
	}
	return d, err
}

// maxEntityID is beyond every entity_id: the column is an unsigned int (db_schema.xml).
const maxEntityID = 1 << 32

// breaking finds an order that breaks a search of one order. A bound on the entity_id decides which order comes first;
// where raising it by one turns a search that works into one that fails, the order with that id is at fault. 0 means that
// the search does not fail any more.
func (c *Client) breaking(ctx context.Context, s search) (int64, error) {
	fails := func(bound int64) (bool, error) {
		n := s
		n.where = append(slices.Clip(s.where), condition{"entity_id", opTo, strconv.FormatInt(bound, 10)})
		_, err := c.list(ctx, n)
		if err == nil || mayBeOneOrder(err) {
			return err != nil, nil
		}
		return false, err
	}
	low, high := int64(0), int64(1)
	for ; ; high *= 2 {
		hit, err := fails(high)
		if err != nil {
			return 0, err
		}
		if hit {
			break
		}
		if low = high; high > maxEntityID {
			return 0, nil
		}
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
