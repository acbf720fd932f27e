package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"datawald/gateway/access"
)

// What an operation says of itself in huma.Operation.Metadata:
//
//   - "role" (access.Role): what somebody must be to use it. Without it reading needs a viewer and everything else an operator.
//   - "reads" (true): it changes nothing although its method is not GET. It is neither audited nor remembered by its Idempotency-Key.
//   - "repeatable" (true): the same Idempotency-Key a second time does nothing that the first has done, by the operation's own doing. It may be
//     carried out again when the gateway died over it.
const (
	metaRole       = "role"
	metaReads      = "reads"
	metaRepeatable = "repeatable"
)

// roleOf is what an operation needs.
func roleOf(op *huma.Operation) access.Role {
	if role, told := op.Metadata[metaRole]; told {
		return role.(access.Role) // a role of another type would be passed over in silence, and the operation be open to more people
	}
	if safe(op.Method) {
		return access.Viewer
	}
	return access.Operator
}

// changes reports whether an operation changes something on behalf of somebody.
func changes(op *huma.Operation) bool {
	reads, _ := op.Metadata[metaReads].(bool)
	return !safe(op.Method) && !reads && roleOf(op) != access.Anyone
}

// openTo reports whether a route needs no credential: it asks for a secret of its own, or tells nothing.
func (s *server) openTo(c *gin.Context) bool { return s.open[c.Request.Method+" "+c.FullPath()] }

type requestKey struct{}

// requestOf gives the request of a handler's context, for what depends on the connection.
func requestOf(ctx context.Context) *http.Request {
	r, _ := ctx.Value(requestKey{}).(*http.Request)
	return r
}

// known lets nobody in who does not show who he is. What a handler of this process asks for bears its actor already: then the page that
// asks has seen the credential and the token.
func (s *server) known(c *gin.Context) {
	ctx := context.WithValue(c.Request.Context(), requestKey{}, c.Request)
	c.Request = c.Request.WithContext(ctx)
	if _, inside := access.From(ctx); inside || s.openTo(c) {
		return
	}
	if !s.gate.Private(c.Request) {
		notEncrypted.problem("Credentials are taken over TLS alone. Use https; behind a proxy that ends TLS, it must say so (X-Forwarded-Proto: https) and " +
			"be one of GATEWAY_TRUSTED_PROXIES.").send(c)
		return
	}
	pass, err := s.gate.Request(c.Request)
	switch {
	case errors.Is(err, access.ErrCredential) && c.Request.URL.Path == docsPath && strings.Contains(c.GetHeader("Accept"), "text/html"):
		c.Redirect(http.StatusSeeOther, "/login?again=1&next="+url.QueryEscape(docsPath)) // a person with a browser
		c.Abort()
		return
	case errors.Is(err, access.ErrCredential):
		notSignedIn.problem("Show who you are: sign in (POST /api/v1/session, or the page /login), or send an API key in the header Authorization: Bearer dw_…. " +
			"One that worked before may have expired, or been revoked. An admin makes keys with POST /api/v1/keys or starter key add.").send(c)
		return
	case err != nil:
		s.report(ctx, huma.Operation{Method: c.Request.Method, Path: c.FullPath()}, partDown(err, "store")).send(c)
		return
	}
	if !safe(c.Request.Method) && !pass.Shows(c.GetHeader(access.CSRFHeader)) && !c.GetBool(ofCodecOrigin) {
		csrfMissing.problem("A change by session has to show the session's token in the header " + access.CSRFHeader + "; GET /api/v1/session tells it. " +
			"Programs use an API key, which needs none.").send(c)
		return
	}
	c.Request = c.Request.WithContext(access.WithPass(ctx, pass))
}

// allowed lets an operation go on for those who may use it, and writes down who tried to change something without.
func (s *server) allowed(op huma.Operation) func(huma.Context, func(huma.Context)) {
	need := roleOf(&op)
	return func(ctx huma.Context, next func(huma.Context)) {
		actor, _ := access.From(ctx.Context())
		if actor.Role.Allows(need) {
			next(ctx)
			return
		}
		p := notAllowed.problem(fmt.Sprintf("This needs the role %s; %s is %s. Ask an admin for it, or use the key or the account of somebody who has it.",
			need, actor, actor.Role))
		if changes(&op) {
			s.noteRefused(ctx, op, p)
		}
		p.send(humagin.Unwrap(ctx))
	}
}
