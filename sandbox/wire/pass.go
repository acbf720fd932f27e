package wire

import (
	"net"
	"sync"
	"time"
)

func (w *Wire) accept() {
	for {
		near, err := w.listener.Accept()
		if err != nil {
			return // closed
		}
		if !w.keep(near) {
			hangUp(near)
			continue
		}
		w.done.Go(func() { w.connect(near) })
	}
}

// connect leads one connection to the target and passes bytes both ways until either side or the wire ends it.
func (w *Wire) connect(near net.Conn) {
	defer w.forget(near)
	defer hangUp(near)
	if f, changed, ended := w.state(); f == Reset || ended {
		return
	} else if f == BlackHole {
		<-changed // a black hole reaches nobody; when it ends the connection is broken
		return
	}
	far, err := net.Dial("tcp", w.target)
	if err != nil {
		return // nobody there: the caller sees a reset
	}
	defer w.forget(far)
	if !w.keep(far) {
		hangUp(far)
		return
	}
	var both sync.WaitGroup
	both.Go(func() { w.pass(near, far, false) })
	both.Go(func() { w.pass(far, near, true) })
	both.Wait()
}

// pass copies one direction. answers is true for the bytes that come back.
func (w *Wire) pass(from, to net.Conn, answers bool) {
	defer from.Close() // so that a side that hangs up ends the other as well
	defer to.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && !w.piece(buffer[:n], from, to, answers) || err != nil {
			return
		}
	}
}

// piece passes some bytes on, as the fault in force has it; false ends the connection.
func (w *Wire) piece(b []byte, from, to net.Conn, answers bool) bool {
	f, changed, ended := w.state()
	switch {
	case ended:
		return false
	case f == BlackHole:
		<-changed
		return false
	case f == Slow:
		select {
		case <-time.After(Delay):
		case <-changed:
		}
	case f == CutAnswers && answers:
		_, _ = to.Write(b[:min(len(b)/2, 40)]) // it is broken next, whether it took them or not
		hangUp(to)
		hangUp(from)
		return false
	}
	_, err := to.Write(b)
	return err == nil
}
