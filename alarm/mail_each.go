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
// at the second attempt, minutes later. A mailbox that is full for days keeps what is to be told next from nobody for longer than that.
const greylisted = 15 * time.Minute

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
// are refused for good: a *Partly. While others are put off, or were not reached, it has failed, and is tried again for a while.
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
	refused, later, why := 0, 0, error(nil)
	for n, letter := range each {
		failure := cmp.Or(letter.SendError(), err)
		switch {
		case letter.IsDelivered():
			m.sent.to = append(m.sent.to, missing[n])
			continue
		case forGood(failure):
			refused++
		default:
			later++
		}
		why = m.failure(letter, failure)
	}
	return m.outcome(refused, later, why)
}

// outcome is what came of a message of which so many are refused for good and so many may get it later.
func (m *mailer) outcome(refused, later int, why error) error {
	sent := m.sent
	switch {
	case len(sent.to) == 0:
		m.sent = nil
		return fmt.Errorf("%w, for each of %d recipients", why, len(m.to))
	case later > 0 && m.now().Sub(sent.since) < greylisted:
		return fmt.Errorf("%d of %d recipients have yet to get it: %w", later, len(m.to), why)
	}
	if m.sent = nil; refused+later == 0 {
		return nil
	}
	return &Partly{Refused: refused + later, Of: len(m.to), Why: why.Error()}
}

// forGood reports whether the server does not know a recipient, or does not want him. A connection that ends while he is named has no code.
func forGood(err error) bool {
	failed, ok := errors.AsType[*mail.SendError](err)
	return ok && failed.Reason == mail.ErrSMTPRcptTo && failed.ErrorCode() >= permanent
}

// permanent is the first code of SMTP for what will not do later either.
const permanent = 500
