package alarm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/wneessen/go-mail"
)

// greylisted is for how long those are tried again who did not get a letter that others got, and whom the server has not refused for good: it lets many in
// at the second attempt, minutes later. Meanwhile the others wait for what is to be told next.
const greylisted = 15 * time.Minute

// lasting is for how long one who was tried again in vain counts as refused. A mailbox that is full for days, or a name that is no server's, keeps
// the others waiting for a quarter of an hour a day, and not with each message.
const lasting = 24 * time.Hour

// partlySent is a message that some have. A process that tells it again sends it to the others; another process, which does not know, to all.
type partlySent struct {
	id    string
	since time.Time
	to    []string
}

// missing are those who have yet to get a message.
func (m *mailer) missing(message Message) (to []string) {
	if m.sent == nil || m.sent.id != message.ID {
		m.sent = nil
		return m.to
	}
	return slices.DeleteFunc(slices.Clone(m.to), func(to string) bool { return slices.Contains(m.sent.to, to) })
}

// sendEach sends a letter to each of some, so that one whom the server refuses silences nobody. The message is sent when somebody has it and all others
// are refused for good, or given up: a *Partly. While others are put off, or were not reached, it has failed, and is tried again for a while.
func (m *mailer) sendEach(ctx context.Context, message Message, missing []string) error {
	var each []*mail.Msg
	for _, to := range missing {
		letter, err := m.letter(message, to)
		if err != nil {
			return err
		}
		each = append(each, letter)
	}
	err := m.deliver(ctx, each...)
	if m.sent == nil {
		m.sent = &partlySent{id: message.ID, since: m.now()}
	}
	refused, later, why := 0, []string(nil), error(nil)
	for n, letter := range each {
		failure := cmp.Or(letter.SendError(), err)
		switch {
		case letter.IsDelivered():
			m.sent.to = append(m.sent.to, missing[n])
			delete(m.lost, missing[n])
			continue
		case forGood(failure) || m.isLost(missing[n]):
			refused++
		default:
			later = append(later, missing[n])
		}
		why = m.failure(letter, failure)
	}
	return m.outcome(refused, later, why)
}

// isLost reports whether one was given up, and not long ago.
func (m *mailer) isLost(to string) bool {
	at, lost := m.lost[to]
	return lost && m.now().Sub(at) < lasting
}

// outcome is what came of a message of which so many are refused and some may get it later.
func (m *mailer) outcome(refused int, later []string, why error) error {
	sent := m.sent
	switch {
	case len(sent.to) == 0:
		m.sent = nil
		return fmt.Errorf("%w, for each of %d recipients", why, len(m.to))
	case len(later) > 0 && m.now().Sub(sent.since) < greylisted:
		return fmt.Errorf("%d of %d recipients have yet to get it: %w", len(later), len(m.to), why)
	}
	for _, to := range later {
		m.lost[to] = m.now()
	}
	if m.sent = nil; refused+len(later) == 0 {
		return nil
	}
	return &Partly{Refused: refused + len(later), Of: len(m.to), Why: why.Error()}
}

// forGood reports whether the server does not know a recipient, or does not want him. A connection that ends while he is named has no code.
func forGood(err error) bool {
	failed, ok := errors.AsType[*mail.SendError](err)
	return ok && failed.Reason == mail.ErrSMTPRcptTo && failed.ErrorCode() >= permanent
}

// permanent is the first code of SMTP for what will not do later either.
const permanent = 500
