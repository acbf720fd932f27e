package web

import (
	"net/http"

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
	// Provider is the way in by an identity provider. Out is true when one has just signed out, here alone.
	Provider api.ProviderWay
	Out      bool
}

func login(v *visit) error {
	q := v.r.URL.Query()
	return v.show(http.StatusOK, "login", "Sign in", loginForm{Next: ownPath(q.Get("next")), Again: q.Get("again") != "", Out: q.Get("out") != "",
		Problem: api.ProviderProblem(q.Get("failed")), Provider: v.settings.Provider})
}

// signIn takes name and password to the API and hands its cookie to the browser.
func signIn(v *visit) error {
	form := loginForm{Name: v.r.PostFormValue("name"), Next: ownPath(v.r.PostFormValue("next")), Provider: v.settings.Provider}
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
	v.redirect(form.Next)
	return nil
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
