package alive

import (
	"context"
	"errors"
	"net"
	"slices"
	"time"
)

// ErrCutOff says that the network is gone in which the program was started. A container that shares the network of another keeps the old one, with
// nothing in it, when that other is started anew: only a new start brings it into the new one.
var ErrCutOff = errors.New("the network is gone: the container that it was shared with was started anew; this program ends, so that it is started in the new one")

// How often is looked, and how many times in a row nothing may be there: one that is taken away and given back in this time is no reason to end.
const (
	lookEvery = 10 * time.Second
	mostLooks = 3
)

// link is an interface beside loopback. It is in use when it is up and has an address: in each network there may be others (tunl0, sit0), which the
// kernel makes by itself and which lead nowhere.
type link struct {
	index int
	inUse bool
}

// KeepNetwork returns ErrCutOff when the interfaces are gone for half a minute that were in use at the start, and no other is in use either; nil when
// ctx ends. One that is down or unplugged is not gone. Where none was in use at the start there is none to lose.
func KeepNetwork(ctx context.Context) error { return keepNetwork(ctx, links, lookEvery) }

func keepNetwork(ctx context.Context, links func() ([]link, error), every time.Duration) error {
	had, err := links()
	had = slices.DeleteFunc(had, func(l link) bool { return !l.inUse })
	if err != nil || len(had) == 0 {
		<-ctx.Done()
		return nil
	}
	look := time.NewTicker(every)
	defer look.Stop()
	for missing := 0; missing < mostLooks; {
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
		}
		has, err := links()
		if missing++; err != nil || connected(has, had) {
			missing = 0
		}
	}
	return ErrCutOff
}

// connected reports whether one of those that there were is left, or another one is in use: a network that is given back is another interface.
func connected(has, had []link) bool {
	return slices.ContainsFunc(has, func(l link) bool {
		return l.inUse || slices.ContainsFunc(had, func(h link) bool { return h.index == l.index })
	})
}

// links are the interfaces beside loopback; an error when the system does not tell.
func links() (all []link, err error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	for _, i := range interfaces {
		if i.Flags&net.FlagLoopback != 0 {
			continue
		}
		addresses, err := i.Addrs()
		if err != nil {
			return nil, err
		}
		all = append(all, link{index: i.Index, inUse: i.Flags&net.FlagUp != 0 && len(addresses) > 0})
	}
	return all, nil
}
