package api

import (
	"context"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"datawald/config"
)

const (
	// maxBody is the largest request body, in bytes.
	maxBody = 1 << 20
	// maxTime is how long one request may take.
	maxTime = 15 * time.Second
)

// recovery answers for a handler that panicked. The panic's value may quote data, so that only its place is logged.
func recovery(log *slog.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(cause)
			}
			log.Error("request failed", "method", c.Request.Method, "route", c.FullPath(), "status", http.StatusInternalServerError, "panic", string(debug.Stack()))
			c.Abort()
			if !c.Writer.Written() {
				failure().send(c)
			}
		}()
		c.Next()
	}
}

// secure sets the headers that every answer has. Answers hold customers' data: nobody keeps or embeds them.
func (s *server) secure(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Frame-Options", "DENY")
	if s.gate.Secure(c.Request) {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// OwnHost reports whether a request names this gateway. A page in the user's browser may point its own name at this machine (DNS rebinding), but
// cannot change the Host header.
func OwnHost(settings *config.Gateway) func(*http.Request) bool {
	return func(r *http.Request) bool { return settings.Answers(r.Host) }
}

// probes are asked by the address of a container, which nobody knows before. They tell nothing.
var probes = map[string]bool{"/healthz": true, "/readyz": true}

// ownHosts refuses requests under foreign names.
func (s *server) ownHosts() gin.HandlerFunc {
	own := OwnHost(s.settings)
	return func(c *gin.Context) {
		if own(c.Request) || probes[c.Request.URL.Path] {
			return
		}
		foreignHost.problem("The gateway answers under localhost, a loopback address, its listen address and the names in GATEWAY_HOSTS. " +
			"Use one of these in the address, or add the name to GATEWAY_HOSTS and start the gateway again.").send(c)
	}
}

// sameSite refuses changes that a page of another site asks for: by the browser's own word, and by demanding a content
// type that a form cannot have.
func sameSite() gin.HandlerFunc {
	protection := http.NewCrossOriginProtection()
	return func(c *gin.Context) {
		if safe(c.Request.Method) {
			return
		}
		if err := protection.Check(c.Request); err != nil && !c.GetBool(ofCodecOrigin) {
			crossOrigin.problem("Changes are not taken from pages of other sites. Send the request from this gateway's own page or from a program.").send(c)
			return
		}
		if c.Request.ContentLength == 0 && len(c.Request.Header.Values("Content-Type")) == 0 && bodiless(c) {
			return // it has no body to have a type; a form names one even then
		}
		media, _, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
		if err != nil || media != "application/json" && !slices.Contains(otherMedia[c.FullPath()], media) {
			notJSON().send(c)
		}
	}
}

// bodiless reports whether a route may be called without a body.
func bodiless(c *gin.Context) bool {
	return c.Request.Method == http.MethodDelete || strings.HasPrefix(c.FullPath(), ginPath(backfillPaths)) || strings.HasPrefix(c.FullPath(), schedulePaths)
}

// otherMedia are the content types beside JSON that a route takes. A form cannot have any of them.
var otherMedia = map[string][]string{ginPath(webhookPath): cloudEvents, checkPath: yamlMedia}

// yamlMedia are the content types under which programs send YAML (RFC 9512 and before).
var yamlMedia = []string{"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"}

// cloudEvents are the content types in which Adobe I/O Events delivers. A form cannot have them either.
var cloudEvents = []string{"application/cloudevents+json", "application/cloudevents-batch+json"}

// ginPath is a path of huma as gin writes it.
func ginPath(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}

func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

func notJSON() *Problem {
	return wrongContentType.problem("Send the body as JSON, with the header Content-Type: application/json.")
}

// limited bounds the size of a request and the time it may take.
func limited(c *gin.Context) {
	if c.Request.ContentLength > maxBody {
		bodyTooLarge().send(c)
		return
	}
	if endless[c.FullPath()] {
		return
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), maxTime)
	defer cancel()
	c.Request = c.Request.WithContext(ctx)
	c.Next()
}

func bodyTooLarge() *Problem {
	return tooLarge.problem("The body may have at most 1 MB, that of a webhook 64 KB. Split it into several requests.")
}
