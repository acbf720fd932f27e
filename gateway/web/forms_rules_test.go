package web_test

import (
	"net/http"
	"strings"
	"testing"

	"datawald/gateway/access"
)

// A text of rules that is sent when the session has ended, or in another session, is in the editor again behind the login page, and stood in no
// address. Nothing is done with it. Fails without: keptBy in fail; the fields kept of the login page; back in signIn.
func TestTextOfRulesOutlivesItsSession(t *testing.T) {
	w := newWorld(t)
	w.user(access.Admin)
	for _, action := range []string{"/rules/try", "/rules/activate"} {
		text := "# a long night's work <&\n\nversion: 1\n"
		none := &http.Client{CheckRedirect: func(r *http.Request, _ []*http.Request) error {
			if strings.Contains(r.URL.String(), "night") {
				t.Errorf("the text is in an address: %s", r.URL)
			}
			return nil
		}}
		fresh := *w.as(access.Admin)
		edit := w.form(&fresh, "/rules/edit", "/rules/try")
		edit.Action = action + "?instance=" + w.instance
		edit.client = none
		status, at, page := edit.send("text", text, "reason", "because of the night")
		if status != 401 || !strings.HasPrefix(at, action) || !strings.Contains(page, "with the text that you sent") {
			t.Fatalf("%s without a session: %d at %s: %s", action, status, at, page)
		}
		none.Jar = newJar(w)
		in := formOf(t, none, edit, page, "/login")
		wrong, _, page := in.send("name", "admin", "password", "wrong wrong wrong")
		in = formOf(t, none, edit, page, "/login")
		status, at, page = in.send("name", "admin", "password", password(access.Admin))
		if wrong != 401 || status != 200 || at != "/login" || !strings.Contains(page, text) || !strings.Contains(page, "Your session had ended") {
			t.Errorf("%s, after signing in: %d at %s: %s", action, status, at, page)
		}
		again := formOf(t, none, edit, page, "/rules/try")
		again.comes(200, "/rules/try", "a long night's work", "problem")("text", text) // its token is that of the new session
		again.comes(403, "/rules/try", "a long night's work", "The form is out of date")("text", text, "csrf", "that of another session")
	}
	if active, err := w.db.ActiveRules(t.Context(), w.instance); err != nil || len(active) != 0 {
		t.Errorf("rules were put into force: %+v, %v", active, err)
	}
}

// Who signs in without being one who may try rules gets no editor. Fails without: the role in edit.
func TestTextOfRulesIsForOperators(t *testing.T) {
	w := newWorld(t)
	w.user(access.Viewer)
	c := &http.Client{Jar: newJar(w)}
	f := w.form(c, "/login", "/login")
	f.comes(403, "/login", "That is for operators")("name", "viewer", "password", password(access.Viewer), "kept.text", "x", "next", "/rules/edit")
}
