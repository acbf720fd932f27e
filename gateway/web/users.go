package web

import (
	"net/http"
	"net/url"
	"time"

	"datawald/gateway/access"
	"datawald/gateway/api"
)

// usersPage is who may sign in, and which keys programs have.
type usersPage struct {
	Users []api.User
	Keys  []api.APIKey
	Roles []access.Role
	// New is a key that was just made: it is shown this once.
	New *api.NewAPIKey
	// Failed is the form that was refused, with what it held and why.
	Failed  string
	Name    string
	Role    access.Role
	Problem *api.Problem
}

func users(v *visit) error { return v.showUsers(http.StatusOK, usersPage{}) }

func (v *visit) showUsers(status int, p usersPage) error {
	var list struct {
		Users []api.User   `json:"users"`
		Keys  []api.APIKey `json:"keys"`
	}
	if err := v.get("/api/v1/users", nil, &list); err != nil {
		return err
	}
	if err := v.get("/api/v1/keys", nil, &list); err != nil {
		return err
	}
	p.Users, p.Keys, p.Roles = list.Users, list.Keys, []access.Role{access.Viewer, access.Operator, access.Admin}
	if p.Role == "" {
		p.Role = access.Viewer
	}
	return v.show(status, "users", "Users and keys", p)
}

func addUser(v *visit) error {
	body := map[string]string{"name": v.r.PostFormValue("name"), "role": v.r.PostFormValue("role"), "password": v.r.PostFormValue("password")}
	_, err := v.ask(v.act("/api/v1/users", nil, body), nil)
	if problem := asProblem(err); problem != nil {
		return v.showUsers(problem.Status, usersPage{Failed: "user", Name: body["name"], Role: access.Role(body["role"]), Problem: problem})
	}
	if err != nil {
		return err
	}
	v.redirect("/users?done=user-added")
	return nil
}

// userPage is one user.
type userPage struct {
	api.User
	Roles   []access.Role
	Problem *api.Problem
}

func oneUser(v *visit) error { return v.showUser(http.StatusOK, nil) }

func (v *visit) showUser(status int, problem *api.Problem) error {
	var list struct {
		Users []api.User `json:"users"`
	}
	if err := v.get("/api/v1/users", nil, &list); err != nil {
		return err
	}
	for _, u := range list.Users {
		if u.Name == v.r.PathValue("name") {
			return v.show(status, "user", "User "+u.Name, userPage{u, []access.Role{access.Viewer, access.Operator, access.Admin}, problem})
		}
	}
	return &api.Problem{Title: "No such user", Status: http.StatusNotFound, Detail: "He may have been removed. Users and keys lists those there are."}
}

// changeUser gives a user another role or password, disables, enables or removes him.
func changeUser(v *visit) error {
	path, body, done := "/api/v1/users/"+url.PathEscape(v.r.PathValue("name")), map[string]any{}, "user-changed"
	c := call{method: http.MethodPatch, path: path, body: body, once: v.r.PostFormValue("once")}
	switch v.r.PostFormValue("do") {
	case "role":
		body["role"] = v.r.PostFormValue("role")
	case "password":
		body["password"] = v.r.PostFormValue("password")
	case "disable":
		body["disabled"] = true
	case "enable":
		body["disabled"] = false
	case "remove":
		c.method, c.body, done = http.MethodDelete, nil, "user-removed"
	}
	_, err := v.ask(c, nil)
	if problem := asProblem(err); problem != nil {
		return v.showUser(problem.Status, problem)
	}
	if err != nil {
		return err
	}
	v.redirect("/users?done=" + done)
	return nil
}

// addKey makes an API key and shows it. It is not shown again, so that there is no address that does.
func addKey(v *visit) error {
	body := map[string]any{"name": v.r.PostFormValue("name"), "role": v.r.PostFormValue("role")}
	p := usersPage{Failed: "key", Name: v.r.PostFormValue("name"), Role: access.Role(v.r.PostFormValue("role"))}
	if text := v.r.PostFormValue("expires"); text != "" {
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			p.Problem = unfit("Name the last day of the key as 2026-11-30, or leave it empty.")
			return v.showUsers(p.Problem.Status, p)
		}
		body["expires_at"] = day.AddDate(0, 0, 1)
	}
	var made api.NewAPIKey
	_, err := v.ask(v.act("/api/v1/keys", nil, body), &made)
	if p.Problem = asProblem(err); p.Problem != nil {
		return v.showUsers(p.Problem.Status, p)
	}
	if err != nil {
		return err
	}
	if made.Key == "" { // the form was sent before: then it was shown
		p.Name, p.Problem = "", &api.Problem{Title: "The key was made already", Status: http.StatusConflict,
			Detail: "This form was sent twice: the first time made the key dw_" + made.ID + "_… and showed it, and it is not shown again. If nobody copied it, revoke it and make another."}
		return v.showUsers(p.Problem.Status, p)
	}
	return v.showUsers(http.StatusCreated, usersPage{New: &made})
}

func revokeKey(v *visit) error {
	_, err := v.ask(call{method: http.MethodDelete, path: "/api/v1/keys/" + url.PathEscape(v.r.PathValue("id")), once: v.r.PostFormValue("once")}, nil)
	if problem := asProblem(err); problem != nil {
		return v.showUsers(problem.Status, usersPage{Failed: "keys", Problem: problem})
	}
	if err != nil {
		return err
	}
	v.redirect("/users?done=key-revoked")
	return nil
}

// accountPage is one's own account.
type accountPage struct{ Problem *api.Problem }

func account(v *visit) error { return v.show(http.StatusOK, "account", "Your account", accountPage{}) }

func changePassword(v *visit) error {
	body := map[string]string{"old": v.r.PostFormValue("old"), "new": v.r.PostFormValue("new")}
	if body["new"] != v.r.PostFormValue("repeat") {
		problem := unfit("The new password was not the same both times. Nothing was changed.")
		return v.show(problem.Status, "account", "Your account", accountPage{problem})
	}
	answer, err := v.ask(call{method: http.MethodPost, path: "/api/v1/session/password", body: body}, nil)
	if problem := asProblem(err); problem != nil {
		return v.show(problem.Status, "account", "Your account", accountPage{problem})
	}
	if err != nil {
		return err
	}
	v.takeCookies(answer)
	v.redirect("/account?done=password")
	return nil
}
