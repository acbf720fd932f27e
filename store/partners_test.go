package store_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"datawald/sandbox/testkit"
	"datawald/store"
)

func TestPartners_OneOfManyClaims(t *testing.T) {
	db := testkit.Store(t)
	id := store.PartnerID("b1/demo", "customer:main:1")
	errTaken := errors.New("taken")
	var wins sync.Map
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			_, err := db.ChangePartner(t.Context(), id, func(p *store.Partner) error {
				if p.Claim != nil {
					return errTaken
				}
				p.Claim = &store.Claim{Token: string(rune('a' + n))}
				return nil
			})
			if err == nil {
				wins.Store(n, true)
			} else if !errors.Is(err, errTaken) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	count := 0
	wins.Range(func(any, any) bool { count++; return true })
	if count != 1 {
		t.Errorf("%d won the claim, want one", count)
	}
}

// Fails without: comparing the revision in the write (writePartner). All have read the document before anybody writes.
func TestPartners_OneOfManyClaimsWhatIsKnown(t *testing.T) {
	db := testkit.Store(t)
	id := store.PartnerID("b1/demo", "customer:main:2")
	if _, err := db.ChangePartner(t.Context(), id, func(p *store.Partner) error { p.Intent = &store.PartnerIntent{}; return nil }); err != nil {
		t.Fatal(err)
	}
	errTaken := errors.New("taken")
	var wins atomic.Int32
	var read, wg sync.WaitGroup
	read.Add(4)
	for range 4 {
		first := true
		wg.Go(func() {
			_, err := db.ChangePartner(t.Context(), id, func(p *store.Partner) error {
				if first {
					first = false
					read.Done()
					read.Wait()
				}
				if p.Claim != nil {
					return errTaken
				}
				p.Claim = &store.Claim{Token: "mine"}
				return nil
			})
			if err == nil {
				wins.Add(1)
			}
		})
	}
	wg.Wait()
	if n := wins.Load(); n != 1 {
		t.Errorf("%d won the claim, want one", n)
	}
}

func TestPartners_RememberAndForget(t *testing.T) {
	db := testkit.Store(t)
	id := store.PartnerID("b1/demo", "guest:ab")
	if p, err := db.Partner(t.Context(), id); err != nil || p.Rev != 0 || p.CardCode != "" {
		t.Fatalf("nobody is %+v, %v", p, err)
	}
	change := func(f func(*store.Partner)) {
		t.Helper()
		if _, err := db.ChangePartner(t.Context(), id, func(p *store.Partner) error { f(p); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	change(func(p *store.Partner) { p.Intent = &store.PartnerIntent{Sends: 1} })
	change(func(p *store.Partner) { p.Know("C42", 7) })
	p, err := db.Partner(t.Context(), id)
	if err != nil || p.CardCode != "C42" || p.Contact != 7 || p.Intent != nil || p.KnownAt.IsZero() || p.Rev != 2 {
		t.Errorf("known is %+v, %v", p, err)
	}
	change(func(p *store.Partner) { p.Forget() })
	p, err = db.ChangePartner(t.Context(), id, func(*store.Partner) error { return store.ErrUnchanged })
	if err != nil || p.CardCode != "" || p.Contact != 0 || p.Rev != 3 {
		t.Errorf("forgotten is %+v, %v", p, err)
	}
	if other, err := db.Partner(t.Context(), store.PartnerID("b1/other", "guest:ab")); err != nil || other.Rev != 0 {
		t.Errorf("another company knows %+v, %v", other, err)
	}
}

func TestFreePartner_DropsTheClaimThatItNames(t *testing.T) {
	s := testkit.Store(t)
	id := store.PartnerID("b1/demo", "asked:EmailAddress:1")
	if _, err := s.ChangePartner(t.Context(), id, func(p *store.Partner) error { p.Claim = &store.Claim{Token: "mine"}; return nil }); err != nil {
		t.Fatal(err)
	}
	for token, rev := range map[string]int64{"another's": 1, "": 1} {
		if err := s.FreePartner(t.Context(), id, token); err != nil {
			t.Fatal(err)
		}
		if p, err := s.Partner(t.Context(), id); err != nil || p.Rev != rev {
			t.Errorf("freed as %q it is %+v, %v", token, p, err)
		}
	}
	for range 2 { // the second finds nothing
		if err := s.FreePartner(t.Context(), id, "mine"); err != nil {
			t.Fatal(err)
		}
		if p, err := s.Partner(t.Context(), id); err != nil || p.Rev != 0 || p.Claim != nil {
			t.Errorf("afterwards it is %+v, %v", p, err)
		}
	}
}
