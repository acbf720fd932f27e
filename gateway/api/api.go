// Package api is the HTTP interface of DataWald: JSON under /api/v1, described by /openapi.json, with problems in the
// form of RFC 9457. It reads the store, starts and watches workflows, and acts
// on orders for those who may (package desk); into B1 it writes nothing itself.
package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"datawald/config"
	"datawald/gateway/access"
	"datawald/rulebook"
	"datawald/store"
	"datawald/visibility"
)

func init() {
	gin.SetMode(gin.ReleaseMode)
	huma.NewError = fromFramework
}

// server answers the requests.
type server struct {
	settings *config.Gateway
	gate     *access.Gate
	store    *store.Store
	temporal client.Client
	log      *slog.Logger
	api      huma.API
	links    links
	labels   *visibility.Labels
	webhooks map[string]*webhook
	// trials bounds how many requests try rules on many orders at once: each uses all processors.
	trials chan struct{}
	// exports bounds how many exports are read at once.
	exports chan struct{}
	book    *rulebook.Book
	tally   *tally
	// refusals bounds what is written down of those who ask for what they may not.
	refusals minutely
	// codec decrypts what Temporal keeps, nil without keys; codings bounds how often one actor has it done.
	codec   converter.PayloadCodec
	codings minutely
	// open are the routes that need no credential, by method and path.
	open map[string]bool
}

// Gate makes what knows users, keys and sessions of a store, by the settings of the gateway. Several of one store know the same; each
// counts wrong passwords for itself.
func Gate(settings *config.Gateway, db *store.Store) *access.Gate {
	return access.New(db, access.Settings{Idle: settings.SessionIdle, Life: settings.SessionLife, Proxies: settings.Proxies()})
}

// New makes the handler of all routes. log gets failures of the gateway and of the servers behind it, by route and
// status, and never what was asked or answered.
func New(settings *config.Gateway, db *store.Store, temporal client.Client, log *slog.Logger) (http.Handler, error) {
	s := &server{settings: settings, gate: Gate(settings, db), store: db, temporal: temporal, log: log, open: map[string]bool{},
		links:    links{temporalUI: strings.TrimRight(settings.TemporalUI, "/"), namespace: settings.TemporalNamespace},
		labels:   visibility.New(temporal, settings.TemporalNamespace, func(err error) { log.Warn("runs are started without search attributes", "error", err) }),
		webhooks: newWebhooks(settings.WebhookSecrets), trials: make(chan struct{}, maxTrials), exports: make(chan struct{}, maxExports), book: newBook(settings, db, log), tally: newTally(db)}
	var err error
	if s.codec, err = settings.Codec(); err != nil {
		return nil, err
	}
	router := s.newRouter()
	s.api = humagin.New(router, description())
	s.routeHealth()
	s.routeSession()
	s.routeUsers()
	s.routeKeys()
	s.routeAudit()
	s.routeOrders()
	s.routeResyncs()
	s.routeBackfills()
	s.routeReconciliations()
	s.routePreview()
	s.routeRules()
	s.routeStatus()
	s.routeWebhooks()
	s.routeCodec()
	if err := s.routeProvider(router); err != nil {
		return nil, err
	}
	if err := routeDocs(router, s.api.OpenAPI()); err != nil {
		return nil, err
	}
	document, err := json.Marshal(s.api.OpenAPI())
	if err != nil {
		return nil, fmt.Errorf("OpenAPI document: %w", err)
	}
	text := index(s.api.OpenAPI())
	router.GET("/openapi.json", func(c *gin.Context) { c.Data(http.StatusOK, "application/json", document) })
	router.GET("/api", func(c *gin.Context) { c.Data(http.StatusOK, "text/plain; charset=utf-8", text) })
	return router, nil
}

func (s *server) newRouter() *gin.Engine {
	router := gin.New()
	router.RedirectTrailingSlash = false
	router.HandleMethodNotAllowed = true
	// Order keys may hold any printable character: parameters are taken as they were sent and decoded by unescape.
	router.UseEscapedPath, router.UnescapePathValues = true, false
	router.Use(recovery(s.log), s.secure, s.ownHosts(), s.codecOrigins, sameSite(), limited, s.known)
	router.NoRoute(func(c *gin.Context) {
		noSuchRoute.problem("GET /api lists what there is.").send(c)
	})
	router.NoMethod(func(c *gin.Context) {
		wrongMethod.problem("It takes " + c.Writer.Header().Get("Allow") + "; GET /api lists what there is.").send(c)
	})
	return router
}

// description is the frame of the OpenAPI document. huma's own routes stay off: they fetch scripts from elsewhere.
func description() huma.Config {
	c := huma.DefaultConfig("DataWald", "1")
	c.Info.Description = "Orders on their way from Magento 2 into SAP Business One. Times are RFC 3339, UTC; amounts are decimal " +
		"numbers written as strings, with their currency. Every answer that is not the one asked for is a problem (RFC 9457) whose detail names the next step."
	c.OpenAPIPath, c.DocsPath, c.SchemasPath, c.CreateHooks = "", "", "", nil
	c.RejectUnknownQueryParameters = true
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key":     {Type: "http", Scheme: "bearer", Description: "An API key, dw_<id>_<secret>: for programs"},
		"session": {Type: "apiKey", In: "cookie", Name: access.Cookie, Description: "The cookie of POST /api/v1/session: for browsers. Changes show the session's token in the header " + access.CSRFHeader + " as well"},
	}
	return c
}

// route registers a handler and sees to it that whatever fails is answered as a problem, that nobody uses it who may not, and that what
// changes something is written down and done once.
func route[In, Out any](s *server, op huma.Operation, handler func(context.Context, *In) (*Out, error)) {
	if op.MaxBodyBytes == 0 {
		op.MaxBodyBytes = maxBody
	}
	op.Errors = append(op.Errors, http.StatusUnprocessableEntity, http.StatusServiceUnavailable)
	if roleOf(&op) == access.Anyone {
		s.open[op.Method+" "+ginPath(op.Path)] = true
	} else {
		op.Errors = append(op.Errors, http.StatusUnauthorized, http.StatusForbidden)
		op.Security = []map[string][]string{{"key": {}}, {"session": {}}}
		op.Description = strings.TrimSpace(op.Description + " Needs the role " + string(roleOf(&op)) + ".")
	}
	op.Middlewares = append(op.Middlewares, s.allowed(op))
	if changes(&op) {
		op.Errors = append(op.Errors, http.StatusConflict)
		op.Middlewares = append(op.Middlewares, s.exchanged(op))
	}
	op.Errors = slices.Compact(slices.Sorted(slices.Values(op.Errors)))
	huma.Register(s.api, op, func(ctx context.Context, in *In) (*Out, error) {
		err := s.beginAct(ctx, op, in)
		if errors.Is(err, errReplay) {
			return nil, failure() // the first answer takes its place
		}
		if err != nil {
			return nil, s.report(ctx, op, err)
		}
		out, err := handler(ctx, in)
		if err != nil {
			return nil, s.report(ctx, op, err)
		}
		keepOf(ctx, out)
		return out, nil
	})
	if changes(&op) {
		s.describeKey(op)
	}
}

// report logs what is the gateway's fault or that of a server behind it.
func (s *server) report(ctx context.Context, op huma.Operation, err error) *Problem {
	p, ok := errors.AsType[*Problem](err)
	if !ok {
		p = failure()
	}
	gone := errors.Is(ctx.Err(), context.Canceled) // nobody waits for the answer any more
	if p.Status >= http.StatusInternalServerError && !gone {
		s.log.Error("request failed", "method", op.Method, "route", op.Path, "status", p.Status, "problem", p.Type, "cause", innermost(err))
	}
	return p
}

// innermost is the type of the first cause: its text may quote what was asked.
func innermost(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return fmt.Sprintf("%T", err)
		}
		err = inner
	}
}

// instance checks the name of an instance; empty means the only one.
func (s *server) instance(name string) (string, error) {
	names := s.settings.InstanceNames
	switch {
	case name == "" && len(names) == 1:
		return names[0], nil
	case name == "":
		return "", unknownInstance.problem("The request names no instance and there are several. Name one of: " + strings.Join(names, ", ") + ".")
	case !slices.Contains(names, name):
		return "", unknownInstance.problem(fmt.Sprintf("There is no instance %q here. Name one of: %s (the setting INSTANCES).", name, strings.Join(names, ", ")))
	}
	return name, nil
}

// index lists the routes for people.
func index(doc *huma.OpenAPI) []byte {
	lines := []string{}
	for path, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				lines = append(lines, fmt.Sprintf("%-6s %-40s %s", op.Method, path, op.Summary))
			}
		}
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[7:], b[7:]) })
	text := "DataWald: orders from Magento 2 into SAP Business One\n\n" + strings.Join(lines, "\n") +
		fmt.Sprintf("\n%-6s %-40s %s\n", "GET", "/openapi.json", "All of this as OpenAPI 3.1")
	return []byte(text)
}
