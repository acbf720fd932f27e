package alive

import (
	"context"
	"errors"
	"net"
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

// KeepNetwork returns ErrCutOff when this machine had a network beside its own loopback and has lost it for half a minute, and nil when ctx ends. A
// machine that had none from the start is left alone.
func KeepNetwork(ctx context.Context) error { return keepNetwork(ctx, connected, lookEvery) }

func keepNetwork(ctx context.Context, connected func() bool, every time.Duration) error {
	if !connected() {
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
		if missing++; connected() {
			missing = 0
		}
	}
	return ErrCutOff
}

// connected reports whether there is an interface beside loopback, up or down. When the system does not tell, there is.
func connected() bool {
	interfaces, err := net.Interfaces()
	if err != nil {
		return true
	}
	for _, i := range interfaces {
		if i.Flags&net.FlagLoopback == 0 {
			return true
		}
	}
	return false
}
