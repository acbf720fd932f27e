package web

import (
	"net/http"
	"net/url"

	"datawald/gateway/access"
	"datawald/gateway/api"
)

// ownPath gives a path of this page; the start page for all that is none.
func ownPath(next string) string { return access.OwnPath(next) }

// loginForm is what the login page shows.
type loginForm struct {
	Name, Next string
	// Again is true when a session has ended, or a page asked for one.
	Again bool
	// Problem is why the last try failed.
	Problem *api.Problem
	// Kept is what was being written when a session ended, nil when nothing was.
	Kept *keptRules
	// Provider is the way in by an identity provider. Out is true when one has just signed out, here alone.
	Provider api.ProviderWay
	Out      bool
}

// keptRules is a text of rules that was sent without a session: it goes with the login page and comes back behind it. It is never in an address.
type keptRules struct{ Text, Expect, Reason string }

// keptIn reads what goes along from the fields of a form, whose names begin with before.
func (v *visit) keptIn(before string) *keptRules {
	k := keptRules{Text: v.r.PostFormValue(before + "text"), Expect: v.r.PostFormValue(before + "expect"), Reason: v.r.PostFormValue(before + "reason")}
	if k.Text == "" {
		return nil
	}
	return &k
}

func login(v *visit) error {
	q := v.r.URL.Query()
	return v.show(http.StatusOK, "login", "Sign in", loginForm{Next: ownPath(q.Get("next")), Again: q.Get("again") != "", Out: q.Get("out") != "",
		Problem: api.ProviderProblem(q.Get("failed")), Provider: v.settings.Provider})
}

// signIn takes name and password to the API and hands its cookie to the browser.
func signIn(v *visit) error {
	form := loginForm{Name: v.r.PostFormValue("name"), Next: ownPath(v.r.PostFormValue("next")), Kept: v.keptIn("kept."), Provider: v.settings.Provider}
	body := map[string]string{"name": form.Name, "password": v.r.PostFormValue("password")}
	answer, err := v.ask(call{method: http.MethodPost, path: "/api/v1/session", body: body}, nil)
	if err != nil {
		if form.Problem = asProblem(err); form.Problem == nil {
			return err
		}
		if after := answer.header.Get("Retry-After"); after != "" {
			v.w.Header().Set("Retry-After", after)
		}
		return v.show(form.Problem.Status, "login", "Sign in", form)
	}
	v.takeCookies(answer)
	if form.Kept != nil {
		return v.back(form, answer)
	}
	v.redirect(form.Next)
	return nil
}

// back shows the editor with the text that was kept, to who has signed in just now.
func (v *visit) back(form loginForm, answer *reply) error {
	next, err := url.Parse(form.Next)
	if err != nil {
		return err
	}
	v.r = v.r.Clone(v.r.Context())
	v.r.Method, v.r.URL = http.MethodGet, next // the page is the one that it leads to
	v.r.Header.Del("Cookie")
	for _, cookie := range (&http.Response{Header: answer.header}).Cookies() {
		v.r.AddCookie(cookie)
	}
	if err := v.whoAsks(); err != nil {
		return err
	}
	return v.edit(http.StatusOK, form.Kept, ended)
}

// signOut ends the session.
func signOut(v *visit) error {
	answer, err := v.ask(call{method: http.MethodDelete, path: "/api/v1/session"}, nil)
	if err != nil {
		return err
	}
	v.takeCookies(answer)
	if v.settings.Provider.Name != "" {
		v.redirect("/login?out=1")
		return nil
	}
	v.redirect("/login")
	return nil
}

func (v *visit) takeCookies(answer *reply) {
	for _, cookie := range answer.header.Values("Set-Cookie") {
		v.w.Header().Add("Set-Cookie", cookie)
	}
}
