package api

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"datawald/gateway/access"
	"datawald/store"
)

const (
	// maxKey is the longest Idempotency-Key.
	maxKey = 255
	// lostAfter is when a request that was begun and not ended cannot be under way any longer: far longer than any may take.
	lostAfter = 4 * maxTime
	// noteTime bounds how long the end of a request is written down, for which its sender does not wait in vain.
	noteTime = 5 * time.Second
)

const idempotencyHeader = "Idempotency-Key"

// errReplay ends a handler whose answer is there already. Nobody sees it: the answer takes its place.
var errReplay = errors.New("answered before")

// exchange is one request that changes something, from its beginning to its answer.
type exchange struct {
	gin   *gin.Context
	actor access.Actor
	// key is its Idempotency-Key, empty without one; request is what the store keeps of it, nil while nothing.
	key     string
	request *store.Request
	// replay is the answer that was given before.
	replay *store.Request
	// kept is what may be kept of the answer instead of all of it; nil for all.
	kept []byte
	// auditID is that of its entry, empty while there is none.
	auditID string
}

type exchangeKey struct{}

func exchangeOf(ctx context.Context) *exchange {
	e, _ := ctx.Value(exchangeKey{}).(*exchange)
	return e
}

// recorder holds an answer back until it is written down.
type recorder struct {
	gin.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader notes the status.
func (r *recorder) WriteHeader(status int) { r.status = status }

// WriteHeaderNow has nothing to do yet.
func (r *recorder) WriteHeaderNow() {}

// Write holds the body back.
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

// WriteString is Write.
func (r *recorder) WriteString(s string) (int, error) { return r.body.WriteString(s) }

// Unwrap leads to the connection, for the deadline of the body.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// Status is the one noted.
func (r *recorder) Status() int { return r.status }

// Written reports whether there is an answer.
func (r *recorder) Written() bool { return r.body.Len() > 0 }

// exchanged lets an operation that changes something be carried out once for each Idempotency-Key, and its outcome be written down before
// it is told.
func (s *server) exchanged(op huma.Operation) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		c := humagin.Unwrap(ctx)
		actor, _ := access.From(ctx.Context())
		e := &exchange{gin: c, actor: actor, key: c.GetHeader(idempotencyHeader)}
		c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), exchangeKey{}, e))
		writer, held, ended := c.Writer, &recorder{ResponseWriter: c.Writer, status: http.StatusOK}, false
		c.Writer = held
		defer func() {
			c.Writer = writer
			if !ended { // the handler panicked, and the recovery answers
				s.endAct(op, e, http.StatusInternalServerError, nil)
			}
		}()
		next(ctx)
		ended = true
		c.Writer = writer
		if e.replay != nil {
			again(c, e.replay)
			return
		}
		s.endAct(op, e, held.status, held.body.Bytes())
		c.Status(held.status)
		c.Writer.WriteHeaderNow()
		_, _ = writer.Write(held.body.Bytes()) // a broken connection is its sender's affair
	}
}

// again gives the answer that was given before.
func again(c *gin.Context, r *store.Request) {
	h := c.Writer.Header()
	for name, value := range map[string]string{"Location": r.Location, "Content-Type": r.Type} {
		if h.Del(name); value != "" {
			h.Set(name, value)
		}
	}
	c.Status(r.Status)
	c.Writer.WriteHeaderNow()
	_, _ = c.Writer.Write(r.Body)
}

// describeKey tells of the header in the OpenAPI document, where the operation does not read it itself.
func (s *server) describeKey(op huma.Operation) {
	item := s.api.OpenAPI().Paths[op.Path]
	for _, o := range []*huma.Operation{item.Post, item.Put, item.Patch, item.Delete} {
		if o == nil || o.Method != op.Method || slices.ContainsFunc(o.Parameters, func(p *huma.Param) bool { return p.Name == idempotencyHeader }) {
			continue
		}
		longest := maxKey
		o.Parameters = append(o.Parameters, &huma.Param{Name: idempotencyHeader, In: "header", Schema: &huma.Schema{Type: huma.TypeString, MaxLength: &longest},
			Description: "Any text that is new for each new request. The same request under the same key is carried out once, and answered the same again for 24 hours"})
	}
}

// beginAct finds out whether a request is to be carried out, and writes down that it is. Requests that change nothing always are.
func (s *server) beginAct(ctx context.Context, op huma.Operation, in any) error {
	e := exchangeOf(ctx)
	if e == nil {
		return nil
	}
	if e.key != "" {
		if err := s.claim(ctx, op, e, in); err != nil {
			return err
		}
	}
	return s.noteBegun(ctx, op, e, in)
}

// claim takes the key of a request, or finds the answer that was given under it.
func (s *server) claim(ctx context.Context, op huma.Operation, e *exchange, in any) error {
	if len(e.key) > maxKey {
		return invalid("header."+idempotencyHeader, fmt.Sprintf("has %d characters, want at most %d", len(e.key), maxKey))
	}
	fingerprint, err := fingerprintOf(e.key, in)
	if err != nil {
		return err
	}
	r := store.Request{ID: requestID(e.actor, e.key), Operation: op.OperationID, Fingerprint: fingerprint, Token: rand.Text()}
	repeatable, _ := op.Metadata[metaRepeatable].(bool)
	lost, abandoned := time.Now().Add(-lostAfter), time.Time{}
	if repeatable {
		abandoned = lost
	}
	first, err := s.store.BeginRequest(ctx, r, abandoned)
	switch {
	case err != nil:
		return partDown(err, "store")
	case first == nil:
		e.request = &r
		return nil
	case first.Operation != r.Operation || first.Fingerprint != r.Fingerprint:
		return keyReused.problem("It was used before for another request. Give every new request a new Idempotency-Key.")
	case first.Done:
		e.replay = first
		return errReplay
	case first.BegunAt.Before(lost):
		return outcomeUnknown.problem("A gateway began it and did not come to its end. Look what came of it (GET /api/v1/audit?action=" + op.OperationID +
			" shows its target); if it was not done, send it again with a new Idempotency-Key.")
	}
	p := requestUnderWay.problem("It was sent before with this Idempotency-Key and is not answered yet. Send it again in a second: it gets the same answer.")
	p.retryAfter = 1
	return p
}

// requestID names the key of somebody: others may use the same one for their own.
func requestID(a access.Actor, key string) string {
	sum := sha256.Sum256([]byte(string(a.Kind) + "\x00" + a.Name + "\x00" + a.KeyID + "\x00" + key))
	return hex.EncodeToString(sum[:])
}

// fingerprintOf tells requests under one key apart. It is made with the key, which is not kept: what was asked may hold a password, and
// nobody who reads the store can try words on it.
func fingerprintOf(key string, in any) (string, error) {
	asked, err := json.Marshal(in)
	if err != nil {
		return "", fmt.Errorf("fingerprint of a request: %w", err)
	}
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(asked)
	return hex.EncodeToString(mac.Sum(nil)), nil
}

// Kept is for answers of which a part must not be stored, such as a key that is shown once: it gives the body without it, which is
// answered when the request is sent again.
type Kept interface{ Kept() any }

// keepOf notes what of an answer may be kept.
func keepOf(ctx context.Context, out any) {
	e := exchangeOf(ctx)
	if k, ok := out.(Kept); ok && e != nil {
		e.kept, _ = json.Marshal(k.Kept()) // a body that can be answered can be written
	}
}

// endAct writes down what came of a request, whether its sender still waits or not. An answer that says that something failed is not kept, nor a
// refusal for what passes by itself: the same request may succeed.
func (s *server) endAct(op huma.Operation, e *exchange, status int, body []byte) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(e.gin.Request.Context()), noteTime)
	defer cancel()
	s.noteEnded(ctx, op, e, status, body)
	if e.request == nil {
		return
	}
	if err := s.keepAnswer(ctx, e, status, body); err != nil {
		s.log.Error("the answer to a request is not kept", "route", op.Path, "cause", innermost(err))
	}
}

// passing are the kinds of refusals whose cause passes without the sender's doing, beside those with Retry-After.
var passing = map[string]bool{noWorker.name: true, backfillUnderWay.name: true, reconciliationRuns.name: true}

// problemKind is the kind of a problem that was answered; empty for another answer.
func problemKind(body []byte) string {
	var p Problem
	_ = json.Unmarshal(body, &p) // without a body there is no kind of problem to tell
	return strings.TrimPrefix(p.Type, problemPrefix)
}

func (s *server) keepAnswer(ctx context.Context, e *exchange, status int, body []byte) error {
	r := *e.request
	if status >= http.StatusInternalServerError || e.gin.Writer.Header().Get("Retry-After") != "" || status >= http.StatusBadRequest && passing[problemKind(body)] {
		return s.store.DropRequest(ctx, r.ID, r.Token)
	}
	if e.kept != nil && status < http.StatusBadRequest {
		body = e.kept
	}
	h := e.gin.Writer.Header()
	r.Status, r.Body, r.Location, r.Type = status, body, h.Get("Location"), h.Get("Content-Type")
	return s.store.EndRequest(ctx, r)
}
