package b1sim

import (
	"fmt"
	"strconv"
)

// Approve approves the oldest pending draft with a customer reference number and makes it a sales order with the same
// number. The draft stays, closed.
func (c *Company) Approve(key string) error {
	return c.decide(key, func(x *exec, draft row) { x.generate(draft, "dasGeneratedbyAuthorizer") })
}

// ApproveOnly approves the draft and leaves it to its author to make the order with DraftsService_SaveDraftToDocument.
func (c *Company) ApproveOnly(key string) error {
	return c.decide(key, func(x *exec, draft row) { x.settle(draft, "dasApproved", "bost_Open") })
}

// Reject rejects the draft, which stays.
func (c *Company) Reject(key string) error {
	return c.decide(key, func(x *exec, draft row) { x.settle(draft, "dasRejected", "bost_Open") })
}

// Cancel cancels every open order with a customer reference number, as a person in B1 would.
func (c *Company) Cancel(key string) error {
	return c.transact(func(tx *transaction) error {
		x, found := &exec{c: c, tx: tx}, false
		orders := tx.named(setOrders)
		for _, i := range orders.indexes["NumAtCard"][key] {
			if orders.rows[i].text("DocumentStatus") == "bost_Open" {
				found = true
				if _, err := x.action(orders.set, orders.rows[i], "Cancel"); err != nil {
					return err
				}
			}
		}
		if !found {
			return fmt.Errorf("b1sim: no open order with NumAtCard %q", key)
		}
		return nil
	})
}

// decide settles the oldest pending draft with a key.
func (c *Company) decide(key string, settle func(*exec, row)) error {
	return c.transact(func(tx *transaction) error {
		var pending row
		tx.named(setDrafts).eachEqual("NumAtCard", key, func(draft row) bool {
			if draft.text("AuthorizationStatus") == "dasPending" {
				pending = draft
			}
			return pending == nil
		})
		if pending == nil {
			return fmt.Errorf("b1sim: no pending draft with NumAtCard %q", key)
		}
		settle(&exec{c: c, tx: tx}, pending)
		return nil
	})
}

// settle writes the decision into the draft.
func (x *exec) settle(draft row, authorization, status string) {
	next := draft.clone()
	next["AuthorizationStatus"] = authorization
	setStatus(next, status)
	x.save(x.c.tables[setDrafts].set, next)
}

// generate makes an order of a draft.
func (x *exec) generate(draft row, authorization string) row {
	order := draft.clone()
	for _, name := range []string{"DocEntry", "DocNum", "DataVersion"} {
		delete(order, name)
	}
	order["DocumentLines"] = renumber(draft.list("DocumentLines"))
	order["AuthorizationStatus"] = authorization
	x.settle(draft, authorization, "bost_Close")
	return x.file(x.c.tables[setOrders].set, order)
}

// service answers POST on a service method. OrdersService_Preview prices and validates without storing (Service Layer
// manual 3.6).
func (x *exec) service(name string) (*outcome, error) {
	switch name {
	case "OrdersService_Preview":
		return x.preview()
	case "DraftsService_SaveDraftToDocument":
		return x.saveDraft()
	case "CompanyService_GetAdminInfo":
		return &outcome{raw: x.adminInfo()}, nil
	case "UsersService_GetCurrentUser":
		return &outcome{raw: x.currentUser()}, nil
	case rateService:
		return x.currencyRate()
	case "SeriesService_GetDocumentSeries":
		return x.documentSeries()
	}
	return nil, fail(codePath, msgPath)
}

// documentParam reads the document of a service body {"Document": {...}}.
func (x *exec) documentParam(rd reader) (row, error) {
	body, err := decodeObject(x.req.body)
	if err != nil {
		return nil, err
	}
	object, ok := body["Document"].(map[string]any)
	if !ok {
		return nil, fail(codeInvalid, msgJSON)
	}
	return rd.row(types["Document"], object)
}

func (x *exec) preview() (*outcome, error) {
	in, err := x.documentParam(x.reader())
	if err != nil {
		return nil, err
	}
	doc, err := x.newDocument(in)
	if err != nil {
		return nil, err
	}
	return &outcome{set: x.c.tables[setOrders].set, row: doc}, nil
}

// saveDraft makes an order of an approved draft, or of one that needed no approval.
func (x *exec) saveDraft() (*outcome, error) {
	in, err := x.documentParam(reader{fields: x.reader().fields, trusted: true})
	if err != nil {
		return nil, err
	}
	draft := x.tx.named(setDrafts).get(strconv.FormatInt(in.integer("DocEntry"), 10))
	if draft == nil {
		return nil, fail(codeNoMatch, msgNoMatch)
	}
	status := draft.text("AuthorizationStatus")
	if status != "dasApproved" && status != "dasWithout" || draft.text("DocumentStatus") != "bost_Open" {
		return nil, fail(codeDI, msgClosed)
	}
	if status == "dasApproved" {
		status = "dasGenerated"
	}
	x.generate(draft, status)
	return &outcome{}, nil
}

// adminInfo answers CompanyService_GetAdminInfo: currencies and accuracies.
func (x *exec) adminInfo() []byte {
	cfg := x.c.cfg
	return mustJSON(map[string]any{
		"Code": 1, "CompanyName": cfg.CompanyDB, "LocalCurrency": cfg.LocalCurrency, "SystemCurrency": cfg.LocalCurrency,
		"TotalsAccuracy": x.c.money.decimals(cfg.LocalCurrency), "PriceAccuracy": cfg.PriceDecimals,
		"PercentageAccuracy": cfg.PercentDecimals, "AccuracyofQuantities": cfg.PriceDecimals,
	})
}
