package web

import (
	"net/http"

	"datawald/gateway/api"
	"datawald/preview"
)

// rulesPage shows the rules in force, and an editor to try others.
type rulesPage struct {
	Instance string
	Active   api.InstanceRules
	Editor   rulesEditor
}

// rulesEditor is a text with what was found out about it.
type rulesEditor struct {
	Text    string
	Problem *api.Problem
	// Checked is what is wrong in the text; nil when nobody asked.
	Checked *checked
	Diff    *diffed
}

type checked struct {
	Sound    bool              `json:"sound"`
	Version  string            `json:"version"`
	Problems []api.RuleProblem `json:"problems"`
}

// diffed is what other rules change on the newest orders.
type diffed struct {
	OldVersion string              `json:"old_version"`
	NewVersion string              `json:"new_version"`
	Summary    preview.DiffSummary `json:"summary"`
	Kinds      []preview.Kind      `json:"kinds"`
	Rows       []preview.Change    `json:"rows"`
	Next       string              `json:"next"`
}

func rules(v *visit) error {
	p := rulesPage{Instance: v.instance()}
	if err := v.activeRules(&p); err != nil {
		return err
	}
	return v.show(http.StatusOK, "rules", "Rules", p)
}

func (v *visit) activeRules(p *rulesPage) error {
	var list struct {
		Rules []api.InstanceRules `json:"rules"`
	}
	if err := v.get("/api/v1/rules", nil, &list); err != nil {
		return err
	}
	for _, one := range list.Rules {
		if one.Instance == p.Instance {
			p.Active = one
		}
	}
	return nil
}

func editRules(v *visit) error {
	p := rulesPage{Instance: v.instance()}
	if err := v.activeRules(&p); err != nil {
		return err
	}
	p.Editor.Text = p.Active.Text
	return v.show(http.StatusOK, "rules_edit", "Other rules", p)
}

// tryRules checks a text and, if it is sound, shows what it would change on the newest orders.
func tryRules(v *visit) error {
	p := rulesPage{Instance: v.instance(), Editor: rulesEditor{Text: v.r.PostFormValue("text")}}
	if err := v.activeRules(&p); err != nil {
		return err
	}
	if err := v.check(&p); err != nil {
		return err
	}
	return v.show(http.StatusOK, "rules_edit", "Other rules", p)
}

func (v *visit) check(p *rulesPage) error {
	e := &p.Editor
	e.Checked = &checked{}
	_, err := v.ask(call{method: http.MethodPost, path: "/api/v1/rules/check", body: e.Text, media: "application/yaml"}, e.Checked)
	if err == nil && e.Checked.Sound {
		e.Diff = &diffed{}
		body := map[string]any{"instance": p.Instance, "new": e.Text, "limit": diffOrders}
		_, err = v.ask(call{method: http.MethodPost, path: "/api/v1/rules/diff", body: body}, e.Diff)
	}
	if e.Problem = asProblem(err); err != nil && e.Problem == nil {
		return err
	}
	if e.Problem != nil {
		e.Diff = nil
	}
	return nil
}

// diffOrders is on how many of the newest orders other rules are tried.
const diffOrders = 200
