package b1sim

import (
	"encoding/json"
	"net/http"
	"time"
)

// rateService asks for the exchange rate of a currency on a day (API reference, SBOBobService). It is a POST with a body
// there; the metadata of OData 4 declare a function, so that version 4 answers GET with parameters as well.
const rateService = "SBOBobService_GetCurrencyRate"

// currencyRate answers the POST.
func (x *exec) currencyRate() (*outcome, error) {
	body, err := decodeObject(x.req.body)
	if err != nil {
		return nil, err
	}
	currency, _ := body["Currency"].(string)
	day, _ := body["Date"].(string)
	raw, err := x.rate(currency, day)
	return &outcome{raw: raw}, err
}

// readRate answers GET SBOBobService_GetCurrencyRate(Currency='EUR',Date='20300131').
func (c *Company) readRate(req *request, res resource) *response {
	given := map[string]string{}
	for _, part := range res.keys {
		given[part.name] = part.value
	}
	var raw []byte
	err := c.transact(func(tx *transaction) (err error) {
		raw, err = (&exec{c: c, tx: tx, req: req}).rate(given["Currency"], given["Date"])
		return err
	})
	if err != nil {
		return c.failed(req, err)
	}
	return c.jsonAnswer(req, http.StatusOK, raw)
}

// rate is the answer for one currency: a bare number in version 3, an object in version 4. Without a rate B1 answers as it
// answers a document that needs one. A missing_rate that is ordered for this call strikes it.
func (x *exec) rate(currency, day string) ([]byte, error) {
	if _, err := time.Parse("20060102", day); err != nil {
		if _, err := time.Parse(dateForm, day); err != nil {
			return nil, fail(codeBadValue, msgBadValue, day, "Date")
		}
	}
	if x.c.faults.take(MissingRate, x.req.call) != nil {
		return nil, fail(codeRate, msgRate, currency)
	}
	rate, err := x.exchangeRate(currency)
	if err != nil {
		return nil, err
	}
	if x.req.version == v1 {
		return []byte(rate.String()), nil
	}
	return mustJSON(map[string]any{"@odata.context": x.req.base + "/$metadata#Edm.Double", "value": json.Number(rate.String())}), nil
}
