package b1sim

import (
	"sync/atomic"
	"time"
)

// pace makes calls take time. The waiting happens outside the company's lock and does not end when the caller hangs
// up: a server that has taken a request carries on with it.
type pace struct {
	latency atomic.Pointer[Latency]
	knee    atomic.Int64
	done    <-chan struct{}
}

func newPace(l Latency, knee int, done <-chan struct{}) *pace {
	p := &pace{done: done}
	p.set(l)
	p.setKnee(knee)
	return p
}

func (p *pace) set(l Latency)     { p.latency.Store(&l) }
func (p *pace) setKnee(calls int) { p.knee.Store(int64(calls)) }

// duration is how long a call with so many document lines takes, at the given number of calls at once. Beyond the
// knee the time grows with the number of calls, so that throughput stays what it was at the knee.
func (p *pace) duration(read bool, lines, active int) time.Duration {
	l := *p.latency.Load()
	d := l.Write + time.Duration(lines)*l.PerLine
	if read {
		d = l.Read
	}
	if knee := int(p.knee.Load()); knee > 0 && active > knee {
		d = d * time.Duration(active) / time.Duration(knee)
	}
	return d
}

// wait returns after the duration, or false when the company is closed.
func (p *pace) wait(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-p.done:
		return false
	}
}
