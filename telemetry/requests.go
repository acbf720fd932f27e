package telemetry

import (
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Route is an address of the gateway as it is written down, such as /api/v1/orders/:key.
type Route struct{ Method, Pattern string }

// silentRoutes have no spans: questions after its health, and streams that last for hours.
var silentRoutes = []string{"/healthz", "/readyz", "/api/v1/events"}

// Requests makes a span of each request, by its route: never by its address, in which keys, names and questions stand. A trace begins here, whatever
// the caller says.
func (t *Telemetry) Requests(next http.Handler, routes []Route) http.Handler {
	if t == nil || t.tracer == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, silent := range silentRoutes {
			if r.URL.Path == silent {
				next.ServeHTTP(w, r)
				return
			}
		}
		method, route := patternOf(r, routes)
		ctx, span := t.tracer.Start(r.Context(), method+" "+route, trace.WithSpanKind(trace.SpanKindServer), trace.WithNewRoot(),
			trace.WithAttributes(attribute.String("http.request.method", method), attribute.String("http.route", route)))
		defer span.End()
		answer := &answer{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(answer, r.WithContext(ctx))
		span.SetAttributes(attribute.Int("http.response.status_code", answer.status))
		if answer.status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, "")
		}
	})
}

// patternOf is the first route that fits; those that name a segment go before those that take any.
func patternOf(r *http.Request, routes []Route) (method, pattern string) {
	path, best := r.URL.EscapedPath(), -1
	method, pattern = "_OTHER", other
	for _, known := range routes {
		if known.Method != r.Method {
			continue
		}
		method = known.Method
		if words, ok := fits(known.Pattern, path); ok && words > best {
			pattern, best = known.Pattern, words
		}
	}
	return method, pattern
}

// fits reports whether a path is of a route, and how many of its segments the route names.
func fits(pattern, path string) (words int, ok bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return 0, false
	}
	for i, segment := range want {
		switch {
		case strings.HasPrefix(segment, ":"):
		case segment != got[i]:
			return 0, false
		default:
			words++
		}
	}
	return words, true
}

// answer remembers the status of an answer.
type answer struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status; those before the final one do not count.
func (a *answer) WriteHeader(status int) {
	if status >= http.StatusOK {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Flush sends what is written so far, where the server can.
func (a *answer) Flush() { _ = http.NewResponseController(a.ResponseWriter).Flush() }

// Unwrap leads http.ResponseController to the server's own writer.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
