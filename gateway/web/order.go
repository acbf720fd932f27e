package web

import (
	"net/http"
	"net/url"

	"datawald/gateway/api"
)

// orderPage is one order with all that is known of it.
type orderPage struct {
	api.OrderDetail
	// Preview is what the rules make of it now; nil with NoPreview, which says why.
	Preview   *api.OrderPreview
	NoPreview *api.Problem
	Back      string
}

func orderPath(key string) string { return "/api/v1/orders/" + url.PathEscape(key) }

func oneOrder(v *visit) error {
	key := v.r.PathValue("key")
	p := orderPage{}
	if err := v.get(orderPath(key), nil, &p.OrderDetail); err != nil {
		return err
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
	return v.show(http.StatusOK, "order", "Order "+p.IncrementID, p)
}
