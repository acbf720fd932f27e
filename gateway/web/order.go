package web

import (
	"net/http"
	"net/url"

	"datawald/gateway/api"
	"datawald/gateway/desk"
)

// orderPage is one order with all that is known of it.
type orderPage struct {
	api.OrderDetail
	Actions []desk.Choice `json:"actions"`
	// Preview is what the rules make of it now; nil with NoPreview, which says why.
	Preview   *api.OrderPreview
	NoPreview *api.Problem
	Buttons   []orderButton
	Problem   *api.Problem
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
		if b.Name == "" {
			b.Name, b.Asks = inWords(c.Action), inWords(c.Action)
		}
		p.Buttons = append(p.Buttons, b)
	}
	var preview api.OrderPreview
	switch err := v.get(orderPath(key)+"/preview", nil, &preview); {
	case err == nil:
		p.Preview = &preview
	case asProblem(err) != nil:
		p.NoPreview = asProblem(err)
	default:
		return err
	}
	return v.show(status, "order", "Order "+p.IncrementID, p)
}
