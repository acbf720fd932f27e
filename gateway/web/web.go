// Package web is the page on which a clerk runs the order desk. It is a client of the API in the same process: it shows
// what the API answers, and what a person does goes there as a request of his. So rights, checks, audit and idempotency
// live in the API alone. Nothing here comes from another host, and everything but live updates works without JavaScript.
package web

import (
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"datawald/gateway/access"
	"datawald/gateway/api"
)

// Settings are what the page needs to know beside the API.
type Settings struct {
	// Instances are the names of the instances, in the order in which they are shown.
	Instances []string
	// Own reports whether a request names this gateway, and not a name that somebody else pointed at it.
	Own func(*http.Request) bool
	// Provider is the way in by an identity provider; without a name there is none.
	Provider api.ProviderWay
	// ReconcileDays and ReconcileHeal are what the form of a reconciliation begins with.
	ReconcileDays int
	ReconcileHeal bool
	// Log gets failures of the page, by route, and never what was asked or answered.
	Log *slog.Logger
}

// maxForm is the largest form, in bytes: a rules file of 200 KB as a form may write it.
const maxForm = 1 << 20

// site is the page.
type site struct {
	settings Settings
	gate     *access.Gate
	api      http.Handler
	assets   *assets
	pages    map[string]*template.Template
	origins  *http.CrossOriginProtection
}

// New makes the handler of all pages and of their static files. handler is the API; gate knows who asks, as the API's own does.
func New(handler http.Handler, gate *access.Gate, settings Settings) (http.Handler, error) {
	if settings.Own == nil {
		return nil, errors.New("the page is not told its names")
	}
	s := &site{settings: settings, gate: gate, api: handler, origins: http.NewCrossOriginProtection()}
	var err error
	if s.assets, err = loadAssets(); err != nil {
		return nil, err
	}
	if s.pages, err = loadPages(s.assets); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET "+staticPath, s.assets)
	for pattern, p := range s.routes() {
		mux.HandleFunc(pattern, s.serve(pattern, p))
	}
	return s.guarded(mux), nil
}

// guarded puts the headers on every answer, also on those that are no page, and refuses what is asked under foreign names.
func (s *site) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header())
		if s.gate.Secure(r) {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		}
		if !s.settings.Own(r) {
			http.Error(w, "The gateway does not answer under this name. Use one of those in its setting GATEWAY_HOSTS, or localhost on its own machine.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// page answers a visit, or says why it cannot.
type page func(*visit) error

func (s *site) routes() map[string]page {
	return map[string]page{
		"GET /":      nowhere,
		"GET /{$}":   today,
		"GET /login": login, "POST /login": signIn, "POST /logout": signOut,
		"GET /account": account, "POST /account/password": changePassword,

		"GET /orders": orders, "POST /orders/do": bulk,
		"GET /orders/{key}": oneOrder, "POST /orders/{key}/{action}": actOnOrder,
		"GET /orders/{key}/preview": previewOrder, "GET /orders/{key}/payloads/{hash}": onePayload,

		"GET /work": moved, "GET /work/resyncs/{id}": moved, "GET /work/backfills/{id}": moved,
		"GET /resync": work, "POST /resync/orders": startResync, "GET /resync/orders/{id}": oneResync,
		"POST /resync/backfill": startBackfill, "GET /resync/backfills/{id}": oneBackfill, "POST /resync/backfills/{id}/{action}": steerBackfill,

		"GET /rules": rules, "GET /rules/edit": editRules, "POST /rules/try": tryRules, "POST /rules/activate": activateRules, "GET /rules/versions/{id}": oneVersion,

		"GET /runs": runs, "GET /runs/{id}": oneRun, "POST /schedule/{action}": steerSchedule,
		"GET /reconciliation": reconciliation, "POST /reconciliation": startReconciliation, "GET /reconciliation/{id}": reconciliation,
		"GET /reconciliation/force": forceReconciliation, "POST /reconciliation/force": startForced,
		"GET /audit": audit,
		"GET /users": users, "POST /users": addUser, "GET /users/{name}": oneUser, "POST /users/{name}": changeUser, "POST /keys": addKey, "POST /keys/{id}/revoke": revokeKey,
	}
}

// visit is one request for a page, with who asks.
type visit struct {
	*site
	w http.ResponseWriter
	r *http.Request
	// who is nil before he has signed in; pass is what he showed.
	who  *person
	pass access.Pass
	// began is when it was asked for: all that it shows is of then or later.
	began time.Time
}

// open are the patterns that need nobody to have signed in.
var open = map[string]bool{"GET /login": true, "POST /login": true}

// serve runs a page for whoever may see it.
func (s *site) serve(pattern string, p page) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := &visit{site: s, w: w, r: r, began: time.Now()}
		defer v.recovered(pattern)
		if err := v.admit(pattern); err != nil {
			v.fail(pattern, err)
			return
		}
		if err := p(v); err != nil {
			v.fail(pattern, err)
		}
	}
}

// admit lets in who has signed in, and forms of this page alone.
func (v *visit) admit(pattern string) error {
	if v.r.Method == http.MethodPost {
		v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxForm)
		if err := v.origins.Check(v.r); err != nil {
			v.r.PostForm = url.Values{} // nothing of it is read, to show the refusal either
			return &api.Problem{Title: "The request comes from another site", Status: http.StatusForbidden,
				Detail: "Changes are not taken from pages of other sites. Open this page itself and do it there."}
		}
		if err := v.r.ParseForm(); err != nil {
			v.r.PostForm = url.Values{}
			return &api.Problem{Title: "The form cannot be read", Status: http.StatusBadRequest, Detail: "It may have at most 1 MB. Make it smaller and send it again."}
		}
	}
	if err := v.private(); err != nil || open[pattern] {
		return err
	}
	return v.whoAsks()
}

// private refuses what others on the way can read: there nobody is to type a password either.
func (v *visit) private() error {
	if !v.gate.Private(v.r) {
		return &api.Problem{Title: "The connection is not encrypted", Status: http.StatusForbidden,
			Detail: "Sessions are taken over TLS alone. Use https in the address; behind a proxy that ends TLS, it must say so and be one of GATEWAY_TRUSTED_PROXIES."}
	}
	return nil
}

// whoAsks finds out whose session it is. Changes show its token as well.
func (v *visit) whoAsks() error {
	pass, err := v.gate.Request(v.r)
	if errors.Is(err, access.ErrCredential) {
		return errNobody
	}
	if err != nil {
		return &api.Problem{Title: "The store does not answer", Status: http.StatusServiceUnavailable,
			Detail: "Without it nobody can be let in. No order is lost. Try again in some seconds; if it lasts, look at that server."}
	}
	v.pass, v.who = pass, &person{Name: pass.Actor.Name, Role: pass.Actor.Role, CSRF: pass.CSRF, Provided: pass.Provided}
	if v.r.Method == http.MethodPost && !pass.Shows(v.r.PostFormValue(access.CSRFField)) {
		return &api.Problem{Title: "The form is out of date", Status: http.StatusForbidden,
			Detail: "It was made for another session. Nothing was done. Open the page again and repeat what you did."}
	}
	return nil
}

// errNobody leads to the login page.
var errNobody = errors.New("nobody has signed in")

// recovered answers for a page that panicked. The panic's value may quote data, so that only its place is logged.
func (v *visit) recovered(pattern string) {
	cause := recover()
	if cause == nil {
		return
	}
	if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(cause)
	}
	v.settings.Log.Error("page failed", "route", pattern, "panic", string(debug.Stack()))
	v.instead(pattern, http.StatusInternalServerError, "problem", "The page failed", failedPage())
}

// instead shows a page in place of the one that was asked for. When it cannot be made either, the log and a bare line say so.
func (v *visit) instead(pattern string, status int, name, title string, body any) {
	if err := v.show(status, name, title, body); err != nil {
		v.settings.Log.Error("page failed", "route", pattern, "cause", fmt.Sprintf("%T", err))
		http.Error(v.w, failedPage().Detail, http.StatusInternalServerError)
	}
}

func failedPage() *api.Problem {
	return &api.Problem{Title: "The page failed", Status: http.StatusInternalServerError,
		Detail: "The page was not made because of a fault in the gateway. Nothing is lost; try again, and report it with the time and the address if it stays."}
}

// fail shows a problem; who has not signed in, or no longer, comes to the login page and back to where he was.
func (v *visit) fail(pattern string, err error) {
	kept := v.keptBy(pattern)
	if errors.Is(err, errNobody) && kept != nil {
		v.instead(pattern, http.StatusUnauthorized, "login", "Sign in", loginForm{Next: v.editor(), Again: true, Kept: kept, Provider: v.settings.Provider})
		return
	}
	if errors.Is(err, errNobody) {
		v.toLogin()
		return
	}
	if p := asProblem(err); kept != nil && v.who != nil && p != nil && v.edit(p.Status, kept, p) == nil {
		return
	}
	p, ok := errors.AsType[*api.Problem](err)
	if !ok {
		v.settings.Log.Error("page failed", "route", pattern, "cause", fmt.Sprintf("%T", err))
		p = failedPage()
	}
	v.instead(pattern, p.Status, "problem", p.Title, p)
}

// keptBy is what a form brought that cannot be sent again from the page it came from: a text of rules. nil for all others, and for a request that
// could not be read.
func (v *visit) keptBy(pattern string) *keptRules {
	if pattern != "POST /rules/try" && pattern != "POST /rules/activate" {
		return nil
	}
	return v.keptIn("")
}

// editor is the address of the editor for the instance of the visit.
func (v *visit) editor() string {
	return "/rules/edit?" + url.Values{"instance": {v.instance()}}.Encode()
}

// toLogin leads to the login page. A form that was sent is not sent again: one comes back to the page that had it.
func (v *visit) toLogin() {
	next := v.r.URL.RequestURI()
	if v.r.Method != http.MethodGet {
		next = ownPath(v.r.PostFormValue("back"))
	}
	v.redirect("/login?" + url.Values{"next": {next}, "again": {"1"}}.Encode())
}

func (v *visit) redirect(to string) {
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
}

// moved leads from where the pages of resyncs and backfills were before: bookmarks and mails name them.
func moved(v *visit) error {
	to := *v.r.URL
	to.Path = "/resync" + strings.Replace(strings.TrimPrefix(to.EscapedPath(), "/work"), "/resyncs/", "/orders/", 1)
	if to.RawQuery != "" {
		to.Path += "?" + to.RawQuery
	}
	v.redirect(to.Path)
	return nil
}

// nowhere answers for addresses that lead to nothing.
func nowhere(v *visit) error {
	return &api.Problem{Title: "There is nothing at this address", Status: http.StatusNotFound, Detail: "The links above lead to what there is."}
}

// secure sets the headers of every page. Pages hold customers' data: nobody keeps or embeds them, and nothing on them
// runs that is not of this gateway.
func secure(h http.Header) {
	access.PageHeaders(h)
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "same-origin") // with none at all, browsers send forms with "Origin: null", which says nothing of where they come from
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
}
