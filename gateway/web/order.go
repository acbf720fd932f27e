package web

import (
	"net/http"
	"net/url"

	"datawald/gateway/access"
	"datawald/gateway/api"
	"datawald/gateway/desk"
	"datawald/mapping"
)

// orderPage is one order with all that is known of it.
type orderPage struct {
	api.OrderDetail
	Buttons []orderButton
	Problem *api.Problem
	// Compared sets Magento beside B1; nil with Uncompared, which says why.
	Compared   *api.OrderComparison
	Uncompared *api.Problem
	Versions   []api.PayloadVersion
}

// orderButton is an action with the words for it.
type orderButton struct {
	desk.Choice
	Name, Asks string
	// Reasoned is true when a reason must be given.
	Reasoned bool
}

var buttonWords = map[desk.Action]orderButton{
	desk.Retry:  {Name: "Try again", Asks: "Try the order again"},
	desk.Skip:   {Name: "Skip…", Asks: "Skip the order", Reasoned: true},
	desk.Resume: {Name: "Resume", Asks: "Take the order to B1 after all"},
	desk.Settle: {Name: "Settle…", Asks: "It is settled", Reasoned: true},
}

func orderPath(key string) string { return "/api/v1/orders/" + url.PathEscape(key) }

func oneOrder(v *visit) error { return v.showOrder(http.StatusOK, v.r.PathValue("key"), nil) }

func (v *visit) showOrder(status int, key string, problem *api.Problem) error {
	p := orderPage{Problem: problem}
	if err := v.get(orderPath(key), nil, &p.OrderDetail); err != nil {
		return err
	}
	for _, c := range p.Actions {
		b := buttonWords[c.Action]
		b.Choice = c
		p.Buttons = append(p.Buttons, b)
	}
	if err := p.compare(v, key); err != nil {
		return err
	}
	var list struct {
		Payloads []api.PayloadVersion `json:"payloads"`
	}
	if err := v.get(orderPath(key)+"/payloads", nil, &list); err != nil {
		return err
	}
	p.Versions = list.Payloads
	return v.show(status, "order", "Order "+p.IncrementID, p)
}

// compare reads Magento beside B1. Where that cannot be told the page says why.
func (p *orderPage) compare(v *visit, key string) error {
	var c api.OrderComparison
	err := v.get(orderPath(key)+"/comparison", nil, &c)
	if p.Uncompared = asProblem(err); err != nil {
		if p.Uncompared != nil {
			return nil
		}
		return err
	}
	p.Compared = &c
	return nil
}

// actOnOrder retries, skips or resumes one order.
func actOnOrder(v *visit) error {
	key, action := v.r.PathValue("key"), desk.Action(v.r.PathValue("action"))
	done := acted[action]
	if done == "" {
		return nowhere(v)
	}
	body := map[string]any{}
	for _, name := range []string{"reason", "state"} {
		if value := v.r.PostFormValue(name); value != "" {
			body[name] = value
		}
	}
	if action == desk.Retry && v.r.PostFormValue("reread") != "" {
		body["reread"] = true
	}
	_, err := v.ask(v.act(orderPath(key)+"/"+string(action), nil, body), nil)
	if problem := asProblem(err); problem != nil && problem.Status != http.StatusNotFound {
		return v.showOrder(problem.Status, key, problem)
	}
	if err != nil {
		return err
	}
	v.redirect("/orders/" + url.PathEscape(key) + "?done=" + done)
	return nil
}

// acted are the codes of what is said after an action.
var acted = map[desk.Action]string{desk.Retry: "retried", desk.Skip: "skipped", desk.Resume: "resumed", desk.Settle: "settled"}

// previewPage is what B1 would get.
type previewPage struct {
	api.OrderPreview
	// Text is the document, laid out.
	Text, Asked string
}

func previewOrder(v *visit) error {
	var p previewPage
	if err := v.get(orderPath(v.r.PathValue("key"))+"/preview", nil, &p.OrderPreview); err != nil {
		return err
	}
	p.Text, p.Asked = laidOut(p.Document), asked(p.Partner)
	return v.show(http.StatusOK, "preview", "Preview of "+string(p.Key), p)
}

func asked(plan *mapping.PartnerPlan) string {
	if plan == nil {
		return ""
	}
	return laidOut(plan)
}

// payloadPage is one version of an order as Magento sent it.
type payloadPage struct{ Key, Hash, Text string }

func onePayload(v *visit) error {
	p := payloadPage{Key: v.r.PathValue("key"), Hash: v.r.PathValue("hash")}
	if !v.who.May(access.Operator) {
		return &api.Problem{Title: "That is for operators", Status: http.StatusForbidden, Detail: "The document names the buyer. Ask an admin for the role operator."}
	}
	var document any
	if err := v.get(orderPath(p.Key)+"/payloads/"+url.PathEscape(p.Hash), nil, &exact{&document}); err != nil {
		return err
	}
	p.Text = laidOut(document)
	return v.show(http.StatusOK, "payload", "Version of "+p.Key, p)
}
