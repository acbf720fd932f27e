package alive

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

// What the kernel makes in each network, what a container has in its own, and that one as it is while it is down.
var (
	tunnel   = link{index: 2}
	own      = link{index: 7, inUse: true}
	ownDown  = link{index: 7}
	another  = link{index: 9, inUse: true}
	there    = []link{tunnel, own}
	gone     = []link{tunnel}
	untold   = []link(nil) // the system does not tell
	errAsked = errors.New("the system does not tell")
)

// seen answers as it is told, then as at last, and counts the questions.
type seen struct {
	answers [][]link
	asked   int
	end     context.CancelFunc // called at the last answer, where there is no end otherwise
}

func (s *seen) links() ([]link, error) {
	answer := s.answers[min(s.asked, len(s.answers)-1)]
	if s.asked++; s.asked == len(s.answers) && s.end != nil {
		s.end()
	}
	if answer == nil {
		return nil, errAsked
	}
	return slices.Clone(answer), nil
}

// A network that is gone for three looks in a row is gone, and the program ends to be started in the new one. What the kernel makes by itself is no
// network. Fails without: the count, the return of ErrCutOff, inUse, and with a look too few.
func TestKeepNetwork_OneThatIsGone(t *testing.T) {
	s := &seen{answers: [][]link{there, gone, gone, there, gone, gone, gone}}
	ctx, end := context.WithTimeout(t.Context(), time.Minute)
	defer end()
	if err := keepNetwork(ctx, s.links, time.Millisecond); !errors.Is(err, ErrCutOff) || s.asked != 7 {
		t.Errorf("%v after %d looks, want ErrCutOff after 7", err, s.asked)
	}
}

// One that comes back is no reason to end, nor is one that is unplugged, another one, or a system that does not tell. Fails without: missing = 0, the
// index, inUse and err in the question whether it is there.
func TestKeepNetwork_OneThatIsThere(t *testing.T) {
	down, other := []link{tunnel, ownDown}, []link{tunnel, another}
	for what, answers := range map[string][][]link{
		"it comes back":           {there, gone, gone, there, gone, gone, there, gone, there},
		"it is down":              {there, down, down, down, down, there},
		"there is another":        {there, other, other, other, other, there},
		"the system does not say": {there, untold, untold, untold, untold, there},
	} {
		ctx, end := context.WithCancel(t.Context())
		if err := keepNetwork(ctx, (&seen{answers: answers, end: end}).links, time.Millisecond); err != nil {
			t.Errorf("%s: it ends with %v", what, err)
		}
		end()
	}
}

// A machine without a network, such as one for trials, has none to lose, nor has one of which nothing is known. Fails without: the first question.
func TestKeepNetwork_NoneFromTheStart(t *testing.T) {
	for _, first := range [][]link{{}, gone, untold} {
		ctx, end := context.WithTimeout(t.Context(), 100*time.Millisecond)
		if err := keepNetwork(ctx, (&seen{answers: [][]link{first, {}}}).links, time.Millisecond); err != nil {
			t.Errorf("%v: it ends with %v", first, err)
		}
		end()
	}
}
