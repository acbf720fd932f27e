package web

import (
	"net/http"
	"net/url"

	"datawald/gateway/desk"
)

// acted are the codes of what is said after an action.
var acted = map[desk.Action]string{desk.Retry: "retried", desk.Skip: "skipped", desk.Resume: "resumed"}

// actOnOrder retries, skips or resumes one order.
func actOnOrder(v *visit) error {
	key, action := v.r.PathValue("key"), desk.Action(v.r.PathValue("action"))
	if acted[action] == "" {
		return nowhere(v)
	}
	body := map[string]any{}
	if reason := v.r.PostFormValue("reason"); reason != "" {
		body["reason"] = reason
	}
	if saw := v.r.PostFormValue("saw"); saw != "" {
		body["saw"] = saw
	}
	_, err := v.ask(v.act(orderPath(key)+"/"+string(action), nil, body), nil)
	if problem := asProblem(err); problem != nil {
		if problem.Status == http.StatusNotFound {
			return problem
		}
		return v.showOrder(problem.Status, key, problem)
	}
	if err != nil {
		return err
	}
	v.redirect("/orders/" + url.PathEscape(key) + "?done=" + acted[action])
	return nil
}
