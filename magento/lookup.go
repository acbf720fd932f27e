package magento

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxIn bounds the numbers of one look-up, so that the address stays short; lookUpPage is how many orders it reads at
// once, since several stores may use the same number.
const (
	maxIn      = 50
	lookUpPage = 100
)

// FindByIncrementIDs reads the orders with these numbers, of every store: an increment_id is unique within a store only.
// An order that Magento cannot show has a Fault and AskedFor; numbers that no order has are not in the answer.
func (c *Client) FindByIncrementIDs(ctx context.Context, ids []string) ([]Document, error) {
	return lookUp[string]{c, c.findByNumbers, c.findAlone, maxBroken}.all(ctx, chunks(ids))
}

// FindByEntityIDs reads the orders with these keys of Magento, up to 50 in a call. An order that Magento cannot show has a
// Fault; keys that no order has are not in the answer.
func (c *Client) FindByEntityIDs(ctx context.Context, ids []int64) ([]Document, error) {
	alone := func(ctx context.Context, id int64) ([]Document, error) {
		d, err := c.byItself(ctx, id)
		if err != nil {
			return nil, err
		}
		return []Document{*d}, nil
	}
	return lookUp[int64]{c, c.findByKeys, alone, maxIn}.all(ctx, slices.Collect(slices.Chunk(ids, maxIn)))
}

// chunks parts numbers into look-ups. One with a comma, which parts the values of a list, has a look-up of its own.
func chunks(ids []string) (parts [][]string) {
	var plain []string
	for _, id := range ids {
		if strings.Contains(id, ",") {
			parts = append(parts, []string{id})
		} else {
			plain = append(plain, id)
		}
	}
	return slices.AppendSeq(parts, slices.Chunk(plain, maxIn))
}

func (c *Client) findByNumbers(ctx context.Context, ids []string) ([]Document, error) {
	if len(ids) == 1 {
		return c.findSome(ctx, condition{"increment_id", opEqual, ids[0]})
	}
	return c.findSome(ctx, condition{"increment_id", opIn, strings.Join(ids, ",")})
}

func (c *Client) findByKeys(ctx context.Context, ids []int64) ([]Document, error) {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = strconv.FormatInt(id, 10)
	}
	return c.findSome(ctx, condition{"entity_id", opIn, strings.Join(texts, ",")})
}

// findAlone reads the orders of one number whose list fails; several stores may have one.
func (c *Client) findAlone(ctx context.Context, id string) ([]Document, error) {
	where := []condition{{"increment_id", opEqual, id}}
	s := search{where: where, sort: []string{"entity_id"}, pageSize: lookUpPage}
	l, err := c.within(ctx, &s)
	if err == nil {
		return l.items, nil
	}
	if !mayBeOneOrder(err) {
		return nil, err
	}
	_, shown, broken, err := c.apart(ctx, s, err)
	if err != nil {
		return nil, err
	}
	for i := range broken {
		broken[i].AskedFor = id
	}
	found := slices.Concat(shown, broken)
	out := make([]string, len(found))
	for i, d := range found {
		out[i] = strconv.FormatInt(d.EntityID, 10)
	}
	if len(out) > 0 {
		where = append(where, condition{"entity_id", opNotIn, strings.Join(out, ",")})
	}
	rest, err := c.findSome(ctx, where...)
	return append(found, rest...), err
}

// findSome reads all orders of a search by entity_id.
func (c *Client) findSome(ctx context.Context, where ...condition) (all []Document, err error) {
	s := search{sort: []string{"entity_id"}, pageSize: lookUpPage}
	for last := int64(0); ; {
		s.where = append(slices.Clip(where), condition{"entity_id", opGreater, strconv.FormatInt(last, 10)})
		l, err := c.within(ctx, &s)
		if err != nil {
			return nil, err
		}
		all = append(all, l.items...)
		n := len(l.items)
		if n < s.pageSize || l.items[n-1].EntityID <= last {
			return all, nil
		}
		last = l.items[n-1].EntityID
	}
}

// lookUp reads orders by name in one list; where that fails for one order's sake, the names are halved until the order at
// fault stands alone.
type lookUp[Name any] struct {
	client *Client
	read   func(context.Context, []Name) ([]Document, error)
	alone  func(context.Context, Name) ([]Document, error)
	// most is how many of one list may stand alone; more is an outage.
	most int
}

// all reads list after list.
func (l lookUp[Name]) all(ctx context.Context, lists [][]Name) (all []Document, err error) {
	for _, names := range lists {
		left := l.most
		found, err := l.read(ctx, names)
		if err != nil && mayBeOneOrder(err) && l.client.answers(ctx) {
			found, err = l.halve(ctx, names, err, &left)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// halve reads names whose list failed with cause. left is how many more may stand alone; more is an outage.
func (l lookUp[Name]) halve(ctx context.Context, names []Name, cause error, left *int) (all []Document, err error) {
	if len(names) == 1 {
		if *left--; l.most-*left == maxBroken && l.most > maxBroken && !l.client.listsAny(ctx) {
			return nil, fmt.Errorf("%w: %w", errListsNone, cause)
		}
		if *left < 0 {
			return nil, fmt.Errorf("more than %d orders of one look-up cannot be read: %w", l.most, cause)
		}
		return l.alone(ctx, names[0])
	}
	middle := len(names) / 2
	for _, half := range [][]Name{names[:middle], names[middle:]} {
		found, err := l.read(ctx, half)
		if err != nil && mayBeOneOrder(err) {
			found, err = l.halve(ctx, half, err, left)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}
