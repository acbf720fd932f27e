package b1sim

import "encoding/json"

// documentSeries answers SeriesService_GetDocumentSeries for sales orders (17) and business partners (2): numbering series are
// no entity set.
func (x *exec) documentSeries() (*outcome, error) {
	var body struct {
		DocumentTypeParams *struct{ Document string }
	}
	if json.Unmarshal(x.req.body, &body) != nil || body.DocumentTypeParams == nil {
		return nil, fail(codeInvalid, msgJSON)
	}
	rows := []map[string]any{}
	add := func(number int, name string) {
		rows = append(rows, map[string]any{"Document": body.DocumentTypeParams.Document, "Series": number, "Name": name, "Locked": no})
	}
	switch body.DocumentTypeParams.Document {
	case orderObjectCode:
		for _, number := range x.c.cfg.Series {
			add(number, "Primary")
		}
	case partnerObjectCode:
		for _, s := range x.c.cfg.PartnerSeries {
			add(s.Number, s.Prefix)
		}
	}
	return &outcome{raw: mustJSON(map[string]any{"value": rows})}, nil
}

// partnerObjectCode is the object type of business partners.
const partnerObjectCode = "2"
