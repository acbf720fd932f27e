package api

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"datawald/gateway/access"
	"datawald/store"
)

// Audited is for inputs that say more for the audit than their path does: what they act on, an order key or a name of ours and never
// personal data, and the reason that was given.
type Audited interface{ Audit() (target, why string) }

// OfInstance is for inputs that may leave the instance out where there is only one: the audit names it all the same.
type OfInstance interface{ OfInstance() string }

// The longest target and reason of an entry, in characters.
const (
	maxTarget = 300
	maxWhy    = 1000
)

const problemPrefix = "urn:datawald:problem:"

// entry is what is known of an act before it is done.
func entry(actor access.Actor, op huma.Operation, target, why string) store.AuditEntry {
	return store.AuditEntry{Actor: actor.String(), Role: string(actor.Role), By: string(actor.Kind), KeyID: actor.KeyID, Action: op.OperationID,
		Target: cut(target, maxTarget), Why: cut(why, maxWhy), State: store.AuditBegun}
}

func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

// pathKey is how routes name the key of an order in their paths.
const pathKey = "key"

// pathTarget is what the address of a request names: /orders/{key}/retry acts on the key.
func pathTarget(c *gin.Context) string {
	var named []string
	for _, p := range c.Params {
		text, err := url.PathUnescape(p.Value)
		if p.Key == pathKey {
			text = keyOf(text)
		}
		if err == nil {
			named = append(named, text)
		}
	}
	return strings.Join(named, " ")
}

// noteBegun writes the entry of an act before it is done. Without an entry nothing is done.
func (s *server) noteBegun(ctx context.Context, op huma.Operation, e *exchange, in any) error {
	target, why := "", ""
	if a, ok := in.(Audited); ok {
		target, why = a.Audit()
	}
	if target == "" {
		target = pathTarget(e.gin)
	}
	if a, ok := in.(aboutOrders); ok && why != "" {
		var err error
		if why, err = s.withoutBuyers(ctx, a.orders(), why); err != nil {
			return err
		}
		if cut(target, maxTarget) != target { // an erasure finds words by the orders that their entry names
			why = inTimelines
		}
	}
	if o, ok := in.(OfInstance); ok && o.OfInstance() == "" && len(s.settings.InstanceNames) == 1 {
		target = strings.TrimSuffix(s.settings.InstanceNames[0]+": "+target, ": ")
	}
	id, err := s.store.WriteAudit(ctx, entry(e.actor, op, target, why))
	if err != nil {
		return partDown(err, "store")
	}
	e.auditID = id
	return nil
}

// noteEnded writes what came of an act. When the store does not take it the entry stays as it was begun, which says that the outcome
// has to be looked up.
func (s *server) noteEnded(ctx context.Context, op huma.Operation, e *exchange, status int, body []byte) {
	if e.auditID == "" {
		return
	}
	state, problem := store.AuditDone, ""
	if status >= http.StatusBadRequest {
		state, problem = store.AuditRefused, problemKind(body)
	}
	if status >= http.StatusInternalServerError {
		state = store.AuditFailed
	}
	if err := s.store.EndAudit(ctx, e.auditID, state, status, problem); err != nil {
		s.log.Error("the outcome of an act is not written down", "action", op.OperationID, "entry", e.auditID, "cause", innermost(err))
	}
}

// noteRefused writes down that somebody asked for what he may not.
func (s *server) noteRefused(ctx huma.Context, op huma.Operation, p *Problem) {
	actor, _ := access.From(ctx.Context())
	now := time.Now().UTC()
	if s.refusals.count(actor.String(), now) > refusalsNoted {
		return
	}
	e := entry(actor, op, pathTarget(humagin.Unwrap(ctx)), "")
	e.State, e.Status, e.Problem, e.EndedAt = store.AuditRefused, p.Status, strings.TrimPrefix(p.Type, problemPrefix), &now
	if _, err := s.store.WriteAudit(ctx.Context(), e); err != nil {
		s.log.Error("a refusal is not written down", "action", op.OperationID, "cause", innermost(err))
	}
}

// refusalsNoted is how many refusals of one actor are written down in a minute: who may not act must not fill the store by asking.
const refusalsNoted = 60

// minutely counts what each actor does in a minute.
type minutely struct {
	mu    sync.Mutex
	since time.Time
	of    map[string]int
}

// count adds one, and gives how many there are in this minute.
func (m *minutely) count(actor string, now time.Time) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now.Sub(m.since) >= time.Minute {
		m.since, m.of = now, map[string]int{}
	}
	m.of[actor]++
	return m.of[actor]
}
