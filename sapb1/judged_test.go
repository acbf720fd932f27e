package sapb1_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"datawald/sapb1"
)

// What B1 says inside the answer to a batch counts as what it says outside. Fails without: reading the answer before it is judged
// (once).
func TestLane_HearsWhatIsInsideABatch(t *testing.T) {
	const own = `{"error":{"code":"-1","message":"x"}}`
	for name, c := range map[string]struct {
		answer   string
		troubled bool
	}{
		"503 of a proxy":     {plain("503 Service Unavailable", "<html></html>"), true},
		"500 without a word": {plain("500 Internal Server Error", ""), true},
		"500 of B1":          {plain("500 Internal Server Error", own), true},
		"429":                {plain("429 Too Many Requests", ""), true},
		"a refusal":          {plain("400 Bad Request", own), false},
		"done":               {madeAnswer, false},
	} {
		client, _ := scripted(t, 200, multipartAnswer, c.answer)
		for n := range 5 {
			row := ledgerRow
			row.Code = strconv.Itoa(n)
			_, _ = client.CreateOrderOnce(t.Context(), anOrder(row.Code), row)
		}
		if got := client.Troubled(time.Now()); got != c.troubled {
			t.Errorf("%s five times: troubled %v, want %v", name, got, c.troubled)
		}
	}
}

// A page with a good status is the word of what stands before B1: it does not answer. What B1 itself answers and we cannot read is
// an answer. Fails without: reading before judging, or isPage.
func TestLane_TakesAPageForNoAnswer(t *testing.T) {
	for body, want := range map[string]bool{
		" <!DOCTYPE html><html>Down for maintenance</html>": true, `{"value":7}`: false, "": false,
	} {
		client := answering(t, http.StatusOK, nil, body)
		for range 5 {
			if _, err := client.FindOrders(t.Context(), sapb1.Reference{NumAtCard: "1"}); err == nil {
				t.Fatalf("%q is taken for a list", body)
			}
		}
		if got := client.Troubled(time.Now()); got != want {
			t.Errorf("%q five times: troubled %v, want %v", body, got, want)
		}
	}
	client := answering(t, http.StatusOK, nil, "<html></html>")
	if err := client.AddContact(t.Context(), "C1", sapb1.ContactEmployee{Name: "Jane"}); err == nil {
		t.Error("a page is taken for the answer to a change")
	}
}
