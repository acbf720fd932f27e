package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"datawald/mapping"
	"datawald/order"
	"datawald/preview"
	"datawald/rulebook"
	"datawald/store"
)

func (s *server) routePreview() {
	route(s, huma.Operation{OperationID: "preview-order", Method: http.MethodGet, Path: "/api/v1/orders/{key}/preview", Tags: []string{"orders", "rules"},
		Summary: "What B1 would get for an order by the rules in force, and why it would be held",
		Description: "Nothing is sent, and B1 is not asked: where the rules find the business partner or an item there, `partner` and `barcodes` " +
			"say what would be asked, and the document has gaps. Holds the buyer's name and addresses; viewers get them masked.",
		Errors: []int{http.StatusNotFound, http.StatusConflict}}, s.previewOrder)
}

type previewOrderOutput struct{ Body OrderPreview }

// OrderPreview is what rules make of one order.
type OrderPreview struct {
	Key     order.Key       `json:"key" example:"main:1:000000123"`
	State   order.Status    `json:"state" doc:"Where the order stands now"`
	Verdict preview.Verdict `json:"verdict" enum:"post,held,left_out" doc:"What would become of it"`
	Rule    string          `json:"rule,omitempty" doc:"The rule that leaves it out"`
	Hold    *order.Reason   `json:"hold" doc:"Why it would be held or left out; null when it would be posted"`
	// Document is free in form here: Service Layer's metadata describes it.
	Document any                  `json:"document" doc:"The body of POST Orders; null when the order cannot be mapped to its end"`
	Proof    *mapping.Proof       `json:"proof" doc:"B1's total beside Magento's, part by part; null with the document"`
	Expect   *order.Money         `json:"expect" doc:"The total at which B1 must arrive; null when the order cannot be read"`
	Trees    []string             `json:"trees,omitempty" doc:"Items that B1 must break up into their components"`
	Notes    []string             `json:"notes,omitempty" doc:"What of the order did not fit into the document"`
	Partner  *mapping.PartnerPlan `json:"partner,omitempty" doc:"What B1 would be asked about the buyer; absent where the rules fix the business partner"`
	Barcodes []string             `json:"barcodes,omitempty" doc:"Barcodes for which B1 would be asked"`
	Version  string               `json:"rules_version" doc:"Version of the rules"`
	Links    Links                `json:"links"`
}

func (s *server) previewOrder(ctx context.Context, in *getOrderInput) (*previewOrderOutput, error) {
	key, err := order.ParseKey(unescape(in.Key))
	if err != nil {
		return nil, malformedKey.problem(err.Error() + ". GET /api/v1/orders?q=<number> finds the key of an order.")
	}
	if _, err := s.instance(key.Instance()); err != nil {
		return nil, s.notStaged(key)
	}
	rules, err := s.inForce(ctx, key.Instance())
	if err != nil {
		return nil, err
	}
	subject, err := preview.Read(ctx, s.store, key, rules)
	if errors.Is(err, store.ErrNotFound) {
		return nil, s.notStaged(key)
	}
	if err != nil {
		return nil, partDown(err, "store")
	}
	out := &previewOrderOutput{Body: s.previewed(preview.Try(rules, subject, preview.At(time.Now().UTC())), rules)}
	if !seesPeople(ctx) {
		out.Body = maskedPreview(out.Body, subject.Order)
	}
	return out, nil
}

func (s *server) previewed(o preview.Outcome, rules *mapping.Rules) OrderPreview {
	p := OrderPreview{Key: o.Key, State: o.State, Verdict: o.Verdict, Rule: o.Rule, Hold: o.Hold, Proof: o.Proof, Trees: o.Trees,
		Notes: o.Notes, Partner: o.Partner, Barcodes: o.Barcodes, Version: rules.ID(), Links: s.links.order(o.Key)}
	if o.Document != nil {
		p.Document = o.Document
	}
	if o.Expect.Currency != "" {
		p.Expect = &o.Expect
	}
	return p
}

// inForce gives the rules of an instance that are in force at this moment, or says why there are none.
func (s *server) inForce(ctx context.Context, instance string) (*mapping.Rules, error) {
	f, err := s.book.Of(instance).Fresh(ctx)
	if err == nil {
		return f.Rules, nil
	}
	if unfit, ok := errors.AsType[*rulebook.Unfit](err); ok {
		return nil, noRules.problem(fmt.Sprintf("The gateway cannot use the rules of the instance %s: %v. Start a gateway of the release that activated them, "+
			"or activate others (POST %s).", instance, unfit, activatePath))
	}
	if errors.Is(err, rulebook.ErrNoRules) {
		return nil, noRules.problem(fmt.Sprintf("The gateway has no rules of the instance %s: GET /api/v1/rules says why. Activate some (POST %s), name a sound file in RULES_FILE "+
			"(RULES_<INSTANCE>_FILE) and start the gateway again, or send the rules with the request where it takes them.", instance, activatePath))
	}
	return nil, partDown(err, "store")
}
