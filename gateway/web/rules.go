package web

import (
	"net/http"
	"net/url"
	"strings"

	"datawald/gateway/access"
	"datawald/gateway/api"
	"datawald/preview"
)

// rulesPage shows the rules in force and what was in force before.
type rulesPage struct {
	Instance string
	Active   api.InstanceRules
	Versions []api.RulesVersion
	Older    string
}

func rules(v *visit) error {
	p := rulesPage{Instance: v.instance()}
	var err error
	if p.Active, err = v.activeRules(); err != nil {
		return err
	}
	q := v.ofInstance()
	if cursor := v.r.URL.Query().Get("cursor"); cursor != "" {
		q.Set("cursor", cursor)
	}
	var list struct {
		Versions []api.RulesVersion `json:"versions"`
		Next     string             `json:"next"`
	}
	if err := v.get("/api/v1/rules/versions", q, &list); err != nil {
		return err
	}
	if p.Versions = list.Versions; list.Next != "" {
		p.Older = "/rules?" + url.Values{"instance": {p.Instance}, "cursor": {list.Next}}.Encode()
	}
	return v.show(http.StatusOK, "rules", "Rules", p)
}

// activeRules are those of the instance of the visit.
func (v *visit) activeRules() (active api.InstanceRules, err error) {
	var list struct {
		Rules []api.InstanceRules `json:"rules"`
	}
	if err := v.get("/api/v1/rules", nil, &list); err != nil {
		return active, err
	}
	for _, one := range list.Rules {
		if one.Instance == v.instance() {
			return one, nil
		}
	}
	return active, &api.Problem{Title: "No such instance", Status: http.StatusNotFound, Detail: "There is no instance of this name here: " + strings.Join(v.settings.Instances, ", ") + " there are."}
}

// versionPage is the text of rules that were in force.
type versionPage struct {
	Instance string `json:"instance"`
	Version  string `json:"version"`
	Text     string `json:"text"`
	// Active is the version in force now.
	Active  string `json:"-"`
	Problem *api.Problem
}

func oneVersion(v *visit) error { return v.showVersion(http.StatusOK, v.r.PathValue("id"), nil) }

func (v *visit) showVersion(status int, id string, problem *api.Problem) error {
	p := versionPage{Problem: problem}
	if err := v.get("/api/v1/rules/versions/"+url.PathEscape(id), v.ofInstance(), &p); err != nil {
		return err
	}
	active, err := v.activeRules()
	if err != nil {
		return err
	}
	p.Active = active.Version
	return v.show(status, "rules_version", "Rules "+p.Version, p)
}

// editorPage is the editor for other rules, with what was found out about its text.
type editorPage struct {
	Instance string
	// Active is the version in force, Expect the one that was when the text was begun.
	Active, Expect string
	Text, Reason   string
	Problem        *api.Problem
	// Checked is what is wrong in the text, nil when nobody asked; Diff what it would change.
	Checked *checked
	Diff    *diffed
}

type checked struct {
	Sound    bool              `json:"sound"`
	Version  string            `json:"version"`
	Problems []api.RuleProblem `json:"problems"`
}

// diffed is what other rules change on recent orders.
type diffed struct {
	Summary preview.DiffSummary `json:"summary"`
	Kinds   []preview.Kind      `json:"kinds"`
	Rows    []preview.Change    `json:"rows"`
	// Next is there when there are more orders than were tried.
	Next string `json:"next"`
	// Held is the same for held orders alone, which the rules are to let through.
	Held *preview.DiffSummary `json:"-"`
}

func editRules(v *visit) error { return v.edit(http.StatusOK, nil, nil) }

// ended says why a text that was sent is back in the editor.
var ended = &api.Problem{Title: "Your session had ended", Detail: "Nothing was done with the text, which is here again. Go on where you were."}

// edit shows the editor: with the rules in force, or with a text that was kept.
func (v *visit) edit(status int, kept *keptRules, why *api.Problem) error {
	if !v.who.May(access.Operator) {
		return &api.Problem{Title: "That is for operators", Status: http.StatusForbidden, Detail: "The text of the rules is for who may try others. Ask an admin for the role operator."}
	}
	active, err := v.activeRules()
	if err != nil {
		return err
	}
	p := editorPage{Instance: active.Instance, Active: active.Version, Expect: active.Version, Text: active.Text, Problem: why}
	if kept != nil {
		p.Text, p.Expect, p.Reason = unix(kept.Text), kept.Expect, kept.Reason
	}
	return v.show(status, "rules_edit", "Other rules", p)
}

// tryRules checks a text and, if it is sound, shows what it would change on recent orders and on the held ones.
func tryRules(v *visit) error { return v.tried(http.StatusOK, nil) }

func (v *visit) tried(status int, refused *api.Problem) error {
	active, err := v.activeRules()
	if err != nil {
		return err
	}
	p := editorPage{Instance: active.Instance, Active: active.Version, Expect: v.r.PostFormValue("expect"), Text: unix(v.r.PostFormValue("text")),
		Reason: v.r.PostFormValue("reason"), Problem: refused}
	if p.Checked, err = v.check(p.Text); err != nil {
		return err
	}
	if p.Checked.Sound {
		p.Diff, err = v.diff(p.Instance, p.Text)
		if problem := asProblem(err); problem != nil && p.Problem == nil {
			p.Problem = problem
		} else if err != nil && problem == nil {
			return err
		}
	}
	return v.show(status, "rules_edit", "Other rules", p)
}

func (v *visit) check(text string) (*checked, error) {
	var c checked
	_, err := v.ask(call{method: http.MethodPost, path: "/api/v1/rules/check", body: text, media: "application/yaml"}, &c)
	return &c, err
}

// diffOrders is on how many of the newest orders other rules are tried.
const diffOrders = 200

func (v *visit) diff(instance, text string) (*diffed, error) {
	var d diffed
	path := "/api/v1/rules/diff"
	if _, err := v.ask(call{method: http.MethodPost, path: path, body: map[string]any{"instance": instance, "new": text, "limit": diffOrders}}, &d); err != nil {
		return nil, err
	}
	var held diffed
	body := map[string]any{"instance": instance, "new": text, "limit": diffOrders, "state": "held"}
	if _, err := v.ask(call{method: http.MethodPost, path: path, body: body}, &held); err != nil {
		return nil, err
	}
	d.Held = &held.Summary
	return &d, nil
}

// unix gives a text its own line ends back: forms send others.
func unix(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

// activateRules puts a text, or a version that was in force, into force.
func activateRules(v *visit) error {
	body := map[string]string{"instance": v.instance(), "reason": v.r.PostFormValue("reason"), "expect": v.r.PostFormValue("expect")}
	version := v.r.PostFormValue("version")
	if version != "" {
		body["version"] = version
	} else {
		body["text"] = unix(v.r.PostFormValue("text"))
	}
	if body["expect"] == "" {
		delete(body, "expect")
	}
	var activated api.ActivatedRules
	_, err := v.ask(v.act("/api/v1/rules/activate", nil, body), &activated)
	switch problem := asProblem(err); {
	case problem != nil && version != "":
		return v.showVersion(problem.Status, version, problem)
	case problem != nil:
		return v.tried(problem.Status, problem)
	case err != nil:
		return err
	}
	return v.show(http.StatusOK, "rules_activated", "Rules are in force", activated)
}
