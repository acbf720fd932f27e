package alive

import (
	"context"
	"errors"
	"testing"
	"time"
)

// seen answers as it is told, then as at last, and counts the questions.
type seen struct {
	answers []bool
	asked   int
	end     context.CancelFunc // called at the last answer, where there is no end otherwise
}

func (s *seen) connected() bool {
	answer := s.answers[min(s.asked, len(s.answers)-1)]
	if s.asked++; s.asked == len(s.answers) && s.end != nil {
		s.end()
	}
	return answer
}

// A network that is gone for three looks in a row is gone, and the program ends to be started in the new one. Fails without: the count, the return
// of ErrCutOff, and with a look too few.
func TestKeepNetwork_OneThatIsGone(t *testing.T) {
	s := &seen{answers: []bool{true, false, false, true, false, false, false}}
	if err := keepNetwork(t.Context(), s.connected, time.Millisecond); !errors.Is(err, ErrCutOff) || s.asked != 7 {
		t.Errorf("%v after %d looks, want ErrCutOff after 7", err, s.asked)
	}
}

// One that comes back is no reason to end. Fails without: missing = 0.
func TestKeepNetwork_OneThatComesBack(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	s := &seen{answers: []bool{true, false, false, true, false, false, true, false, true}, end: end}
	if err := keepNetwork(ctx, s.connected, time.Millisecond); err != nil {
		t.Errorf("it ends with %v", err)
	}
}

// A machine without a network, such as one for trials, has none to lose. Fails without: the first question.
func TestKeepNetwork_NoneFromTheStart(t *testing.T) {
	ctx, end := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer end()
	if err := keepNetwork(ctx, (&seen{answers: []bool{false}}).connected, time.Millisecond); err != nil {
		t.Errorf("it ends with %v", err)
	}
}
