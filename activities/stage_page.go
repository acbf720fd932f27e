package activities

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"datawald/activities/failpoint"
	"datawald/order"
	"datawald/store"
)

const (
	// newAtOnce is how many new orders are written with one call to the store.
	newAtOnce = 25
	// stagedAtOnce is how many calls stage side by side: while the store works on one, the next is made ready.
	stagedAtOnce = 8
)

// page stages the documents of one page, each for itself.
type page struct {
	*Activities
	instance Instance
	in       SyncOrderInput
	// took are the references in B1's company that orders took which are not in the store: it has lost these.
	took map[order.Key][]string

	mu     sync.Mutex
	result SyncOrderResult
	// erased are orders whose personal data were erased, and of which Magento gave the same version again.
	erased []order.Key
	// lost are documents that are not in the store any more: an erasure, or another page, took them away since they were read.
	lost []store.PayloadRef
}

// hashesOf are the documents of an order that this page has brought.
func (p *page) hashesOf(key order.Key) (hashes []string) {
	for _, ref := range p.in.Refs {
		if ref.Key == key {
			hashes = append(hashes, ref.Hash)
		}
	}
	return hashes
}

// stageAll stages every document. What is known is told apart with one question to the store; new orders are written
// together, and all others one by one, by compare-and-set. Versions of one order keep their order.
func (a *Activities) stageAll(ctx context.Context, i Instance, in SyncOrderInput) (*SyncOrderResult, error) {
	p := &page{Activities: a, instance: i, in: in}
	groups := byKey(in.Refs)
	heads, err := a.store.Heads(ctx, keysOf(groups))
	if err != nil {
		return nil, err
	}
	var first []store.PayloadRef
	var others [][]store.PayloadRef
	for _, versions := range groups {
		if head := heads[versions[0].Key]; head != nil {
			versions = p.passSeen(versions, head)
		} else {
			first, versions = append(first, versions[0]), versions[1:]
		}
		if len(versions) > 0 {
			others = append(others, versions)
		}
	}
	if p.took, err = p.tookBefore(ctx, first); err != nil {
		return nil, err
	}
	if err := p.stageNew(ctx, first); err != nil {
		return nil, err
	}
	if err := p.stageOthers(ctx, others); err != nil {
		return nil, err
	}
	if err := p.dropErased(ctx); err != nil {
		return nil, err
	}
	if err := p.tellLost(); err != nil {
		return nil, err
	}
	slices.Sort(p.result.Open)
	slices.Sort(p.result.AsBefore)
	return &p.result, nil
}

// tellLost says which documents could not be staged, once all others are. A reading must not move on without them: whoever reads again from the same place
// brings them again. Of orders that were asked for by name they are missing.
func (p *page) tellLost() error {
	for _, ref := range p.lost {
		if p.in.Cut != nil || p.in.importing.by != "" {
			return fmt.Errorf("order %s: payload %s: %w", ref.Key, ref.Hash, store.ErrNotFound)
		}
		p.result.Missing = append(p.result.Missing, string(ref.Key))
	}
	slices.Sort(p.result.Missing)
	return nil
}

// byKey groups the documents of each order.
func byKey(refs []store.PayloadRef) [][]store.PayloadRef {
	place := map[order.Key]int{}
	var groups [][]store.PayloadRef
	for _, r := range refs {
		n, seen := place[r.Key]
		if !seen {
			n = len(groups)
			place[r.Key], groups = n, append(groups, nil)
		}
		groups[n] = append(groups[n], r)
	}
	return groups
}

func keysOf(groups [][]store.PayloadRef) []order.Key {
	keys := make([]order.Key, len(groups))
	for n, versions := range groups {
		keys[n] = versions[0].Key
	}
	return keys
}

// passSeen counts the versions that the staged order knows, up to the first that it does not, and gives the rest.
func (p *page) passSeen(versions []store.PayloadRef, head *store.Staged) []store.PayloadRef {
	for len(versions) > 0 && !p.in.Again && seen(versions[0], head) {
		p.count(stagedUnchanged, head)
		p.asBefore(head)
		p.noteErased(head)
		versions = versions[1:]
	}
	return versions
}

// stageNew stages the first version of orders of which nothing is staged yet.
func (p *page) stageNew(ctx context.Context, refs []store.PayloadRef) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(stagedAtOnce)
	for some := range slices.Chunk(refs, newAtOnce) {
		g.Go(func() error { return p.add(ctx, some) })
	}
	return g.Wait()
}

// add writes new orders together. One that somebody else has staged meanwhile goes the way of all others.
func (p *page) add(ctx context.Context, refs []store.PayloadRef) error {
	raws, err := p.payloads(ctx, refs)
	if err != nil {
		return err
	}
	refs = slices.DeleteFunc(slices.Clone(refs), func(ref store.PayloadRef) bool { return raws[ref] == nil })
	if len(refs) == 0 {
		return nil
	}
	orders, outcomes := make([]*store.Staged, len(refs)), make([]string, len(refs))
	for n, ref := range refs {
		orders[n] = store.NewStaged(ref.Key)
		outcomes[n] = p.bring(ctx, orders[n], readVersion(p.instance, ref, raws[ref]))
	}
	taken, err := p.store.Add(ctx, orders)
	if err != nil {
		return err
	}
	failpoint.Hit(failpoint.OrdersAdded)
	if err := p.forgetBroken(ctx, orders...); err != nil {
		return err
	}
	for n, ref := range refs {
		if taken[ref.Key] {
			if err := p.stageOne(ctx, ref); err != nil {
				return err
			}
			continue
		}
		p.count(outcomes[n], orders[n])
	}
	return nil
}

// payloads gives the documents: those in hand, and the others from the store. Those that are in neither are noted as lost.
func (p *page) payloads(ctx context.Context, refs []store.PayloadRef) (map[store.PayloadRef][]byte, error) {
	raws, missing := p.inHand.take(refs)
	stored, err := p.store.Payloads(ctx, missing)
	if err != nil {
		return nil, err
	}
	for _, ref := range missing {
		raw, ok := stored[ref]
		if !ok {
			p.lose(ref)
			continue
		}
		raws[ref] = raw
	}
	return raws, nil
}

func (p *page) lose(ref store.PayloadRef) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lost = append(p.lost, ref)
}

// stageOthers stages the versions of each order one after the other.
func (p *page) stageOthers(ctx context.Context, groups [][]store.PayloadRef) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(stagedAtOnce)
	for _, versions := range groups {
		g.Go(func() error {
			for _, ref := range versions {
				if err := p.stageOne(ctx, ref); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// noteErased notes an order that stays erased: the page has brought its document back.
func (p *page) noteErased(doc *store.Staged) {
	if !doc.Erased() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erased = append(p.erased, doc.Key)
}

// dropErased takes the documents away again that this page has brought of orders that are still erased. What is the same is no reason to bring a person's data
// back; whoever asks for the order by its number does. Documents that others bring meanwhile are theirs.
func (p *page) dropErased(ctx context.Context) error {
	heads, err := p.store.Heads(ctx, p.erased)
	if err != nil {
		return err
	}
	for key, head := range heads {
		if !head.Erased() {
			continue
		}
		hashes := p.hashesOf(key)
		brought := func(v store.PayloadVersion) bool { return slices.Contains(hashes, v.Hash) }
		if err := p.store.DropVersions(ctx, key, brought); err != nil {
			return err
		}
	}
	return nil
}

// asBefore notes an order of which there is no news.
func (p *page) asBefore(doc *store.Staged) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.in.Cut == nil {
		p.result.AsBefore = append(p.result.AsBefore, doc.Key)
	}
}

func (p *page) count(outcome string, doc *store.Staged) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.result.Counts.Read++
	if p.in.importing.brought(doc) {
		outcome = p.in.importing.outcome(outcome, doc.Status)
		tally(&p.result.imported, doc.Status)
	} else {
		tally(&p.result.others, doc.Status)
	}
	*counter(&p.result.Counts, outcome)++
	if p.in.Cut == nil && doc.Status.Open() && !doc.Behind() { // a word about an import that is as it was does not put it before others
		p.result.Open = append(p.result.Open, doc.Key)
	}
}
