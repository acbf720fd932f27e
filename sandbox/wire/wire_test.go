package wire_test

import (
	"bufio"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"datawald/sandbox/wire"
)

// echo answers each line with itself, and says when it has taken one.
func echo(t *testing.T) (address string, heard chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	heard = make(chan string, 100)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go answer(c, heard)
		}
	}()
	return l.Addr().String(), heard
}

func answer(c net.Conn, heard chan<- string) {
	defer c.Close()
	for lines := bufio.NewScanner(c); lines.Scan(); {
		heard <- lines.Text()
		if _, err := c.Write([]byte(lines.Text() + "\n")); err != nil {
			return
		}
	}
}

// caller is one end of a wire.
type caller struct {
	t *testing.T
	net.Conn
	lines *bufio.Reader
}

func lay(t *testing.T) (*wire.Wire, chan string) {
	t.Helper()
	target, heard := echo(t)
	w, err := wire.New(target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w, heard
}

func call(t *testing.T, w *wire.Wire) *caller {
	t.Helper()
	c, err := net.Dial("tcp", w.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &caller{t, c, bufio.NewReader(c)}
}

// ask sends a line and gives the answer, or why there is none within the time.
func (c *caller) ask(line string, patience time.Duration) (string, error) {
	c.t.Helper()
	if _, err := c.Write([]byte(line + "\n")); err != nil {
		return "", err
	}
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		c.t.Fatal(err)
	}
	got, err := c.lines.ReadString('\n')
	return strings.TrimSuffix(got, "\n"), err
}

// works wants an answer.
func (c *caller) works(line string) {
	c.t.Helper()
	if got, err := c.ask(line, time.Minute); got != line || err != nil {
		c.t.Fatalf("answer %q (%v), want %q", got, err, line)
	}
}

func TestWire_PassesBytesOn(t *testing.T) {
	t.Parallel()
	w, _ := lay(t)
	a, b := call(t, w), call(t, w)
	a.works("one")
	b.works("two")
	a.works(strings.Repeat("long ", 12000))
	if n := w.Struck(); n != 0 {
		t.Errorf("a whole wire counts %d faults", n)
	}
}

func TestWire_ResetBreaksOpenAndNewConnections(t *testing.T) {
	t.Parallel()
	w, _ := lay(t)
	old := call(t, w)
	old.works("one")
	w.Set(wire.Reset)
	broken(t, "open", old)
	if c, err := net.Dial("tcp", w.Address()); err == nil { // else it was broken at once
		defer c.Close()
		broken(t, "new", &caller{t, c, bufio.NewReader(c)})
	}
	w.Set(wire.Whole)
	call(t, w).works("two")
}

// broken wants a connection without an answer, and an end to it.
func broken(t *testing.T, what string, c *caller) {
	t.Helper()
	if got, err := c.ask("lost", time.Minute); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%s connection: answer %q (%v), want it broken", what, got, err)
	}
}

func TestWire_ABlackHoleTakesAllAndGivesNothing(t *testing.T) {
	t.Parallel()
	w, heard := lay(t)
	old := call(t, w)
	old.works("one")
	<-heard
	w.Set(wire.BlackHole)
	for what, c := range map[string]*caller{"open": old, "new": call(t, w)} {
		if got, err := c.ask("lost", 100*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s connection: answer %q (%v), want silence", what, got, err)
		}
	}
	w.Set(wire.Whole)
	if got, err := old.ask("late", time.Minute); err == nil {
		t.Errorf("a connection out of the black hole answers %q, want it broken", got)
	}
	call(t, w).works("two")
	if line := <-heard; line != "two" {
		t.Errorf("the other side heard %q, which the black hole took", line)
	}
}

func TestWire_AnAnswerIsCutAfterItsFirstBytes(t *testing.T) {
	t.Parallel()
	w, heard := lay(t)
	c := call(t, w)
	w.Set(wire.CutAnswers)
	got, err := c.ask("a long question", time.Minute)
	if err == nil || len(got) > 8 {
		t.Errorf("answer %q (%v), want less than all of it, and an end", got, err)
	}
	if line := <-heard; line != "a long question" {
		t.Errorf("the other side heard %q, want the whole question", line)
	}
}

func TestWire_SlowHoldsBackAndLosesNothing(t *testing.T) {
	t.Parallel()
	w, _ := lay(t)
	c := call(t, w)
	w.Set(wire.Slow)
	began := time.Now()
	c.works("one")
	if took := time.Since(began); took < 2*wire.Delay {
		t.Errorf("an answer came after %s, want it held back twice %s", took, wire.Delay)
	}
}

func TestWire_ATargetThatIsGoneBreaksTheConnection(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	w, err := wire.New(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if c, err := net.Dial("tcp", w.Address()); err == nil { // else it was broken at once
		defer c.Close()
		broken(t, "new", &caller{t, c, bufio.NewReader(c)})
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}
