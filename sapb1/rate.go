package sapb1

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"datawald/order"
)

// codeNoRate is B1's "Update the exchange rate" as an answer to the question for one. Of other programs it is known that B1
// answers a document by this or by the catch-all -10; that it is always this one here is not confirmed.
const codeNoRate = "-4006"

const rateService = "SBOBobService_GetCurrencyRate"

// HasRate reports whether B1 knows the exchange rate of a currency (B1's own code for it) on a day. The API reference has the
// question as a POST; the metadata of OData 4 declare it a function, which a GET asks. So whichever B1 takes will do: it is a
// read both times. No rate is -4006, zero, or nothing. A failure means that it is not known.
func (c *Client) HasRate(ctx context.Context, currency string, on Date) (bool, error) {
	day := on.Format("20060102")
	known, err := c.rate(ctx, request{method: http.MethodPost, op: "POST " + rateService, path: rateService,
		body: map[string]string{"Currency": currency, "Date": day}})
	if !refusesMethod(err) {
		return known, err
	}
	return c.rate(ctx, request{method: http.MethodGet, op: "GET " + rateService,
		path: fmt.Sprintf("%s(Currency=%s,Date=%s)", rateService, url.PathEscape(Quote(currency)), Quote(day))})
}

// refusesMethod reports whether B1, or what stands before it, may know the question in the other form only.
func refusesMethod(err error) bool {
	f, ok := errors.AsType[*order.Failure](err)
	return ok && (f.Kind == order.Permanent || f.Code == "404" || f.Code == "405" || f.Code == "501")
}

// rate asks one of the two questions.
func (c *Client) rate(ctx context.Context, r request) (bool, error) {
	var answer rateAnswer
	err := c.call(ctx, r, &answer)
	if f, ok := errors.AsType[*order.Failure](err); ok && f.Code == codeNoRate {
		return false, nil
	}
	return err == nil && answer.IsPositive(), err
}

// rateAnswer is a bare number or {"value": number}.
type rateAnswer struct{ Amount }

// UnmarshalJSON reads either form; null is no rate.
func (a *rateAnswer) UnmarshalJSON(b []byte) error {
	if !bytes.HasPrefix(b, []byte("{")) {
		return a.Amount.UnmarshalJSON(b)
	}
	var wrapped struct {
		Value json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(b, &wrapped); err != nil {
		return err
	}
	if wrapped.Value == nil {
		return errors.New("the answer has no value")
	}
	return a.Amount.UnmarshalJSON(wrapped.Value)
}
