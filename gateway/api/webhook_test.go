package api_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"datawald/gateway/api"
	"datawald/sandbox/testkit"
	"datawald/workflows"
)

const shopSecret = "correct-horse-battery"

// hooked is a world whose webhook is on, with what the gateway logs.
type hooked struct {
	*world
	log *bytes.Buffer
}

func newHooked(t *testing.T) hooked {
	t.Helper()
	w := newWorld(t)
	w.settings.WebhookSecrets = map[string]string{w.instance: shopSecret}
	return hooked{w, w.logged(w.temporal)}
}

// logged serves the gateway anew, on a Temporal client, and gives what it logs.
func (w *world) logged(temporal client.Client) *bytes.Buffer {
	w.t.Helper()
	var text bytes.Buffer
	handler, err := api.New(w.settings, w.db, temporal, slog.New(slog.NewTextHandler(&text, nil)))
	if err != nil {
		w.t.Fatal(err)
	}
	w.server = listen(w.t, handler)
	return &text
}

func (w *world) hook() string { return "/webhooks/magento/" + w.instance }

// say delivers a body with the secret and more headers.
func (w *world) say(body string, headers ...string) reply {
	w.t.Helper()
	return w.post(w.hook(), body, append([]string{"X-Webhook-Secret", shopSecret}, headers...)...)
}

// counted wants a delivery to be accepted with these counts.
func (r reply) counted(accepted, ignored int) {
	r.t.Helper()
	var got struct{ Accepted, Ignored int }
	r.ok(http.StatusOK, &got)
	if got.Accepted != accepted || got.Ignored != ignored {
		r.t.Errorf("accepted %d, ignored %d; want %d and %d", got.Accepted, got.Ignored, accepted, ignored)
	}
}

func TestWebhookIsOffUntilItHasASecret(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{w.hook(), "/webhooks/magento/nowhere"} {
		w.post(path, `{"entity_id":12}`).problem(404, "webhook-off", "MAGENTO_WEBHOOK_SECRET", "MAGENTO_EU_WEBHOOK_SECRET")
		w.get(path+"?challenge=x").problem(404, "webhook-off", "MAGENTO_WEBHOOK_SECRET")
		w.post(path, `{"entity_id":12}`, "X-Webhook-Secret", "").problem(404, "webhook-off")
	}
}

func TestWebhookAsksForTheSecret(t *testing.T) {
	w := newHooked(t)
	var first reply
	for name, headers := range map[string][]string{
		"none": nil, "wrong": {"X-Webhook-Secret", "wrong"}, "wrong bearer": {"Authorization", "Bearer wrong"},
		"wrong signature": {"X-Hub-Signature-256", "sha256=00"}, "old": {"X-Webhook-Signature", "t=1,v1=00"},
	} {
		r := w.post(w.hook(), `{"entity_id":12}`, headers...)
		r.problem(401, "unauthorized", "/openapi.json")
		if first.body == nil {
			first = r
		}
		if !bytes.Equal(r.body, first.body) || r.header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: %s with WWW-Authenticate %q; want every refusal alike", name, r.body, r.header.Get("WWW-Authenticate"))
		}
	}
	w.get(w.hook()+"?challenge=x").problem(401, "unauthorized")
	w.get(w.hook()+"?challenge=x&secret=wrong").problem(401, "unauthorized")
	w.post(w.hook()+"?secret=wrong", `{"entity_id":12}`).problem(401, "unauthorized")
	if _, err := w.temporal.DescribeWorkflowExecution(t.Context(), workflows.TakeHintsID(w.instance), ""); err == nil {
		t.Error("a request without the secret started something")
	}
}

// A stranger who guesses shuts nobody out but those who guess.
func TestWebhookTakesTheRightSecretHoweverManyAreWrong(t *testing.T) {
	w := newHooked(t)
	for range 30 {
		w.post(w.hook(), `{}`, "X-Webhook-Secret", "guess").problem(401, "unauthorized")
	}
	for range 40 {
		r := w.post(w.hook(), `{"entity_id":12}`, "X-Webhook-Secret", "guess")
		r.problem(429, "too-many-wrong-secrets", "secret")
		if after := r.header.Get("Retry-After"); after == "" || after == "0" {
			t.Errorf("Retry-After %q, want the rest of the minute", after)
		}
		w.say(`{"entity_id":12}`).counted(1, 0)
	}
	if w.get(w.hook()+"?secret="+shopSecret+"&challenge=x").status != 200 || w.get("/api/v1/status").status != 200 {
		t.Error("the challenge or the rest of the gateway is refused too")
	}
	if text := w.log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "do not know the secret") || strings.Contains(text, "guess") {
		t.Errorf("log %q, want one line without the guess", text)
	}
}

func TestWebhookAnswersTheChallengeOfAdobe(t *testing.T) {
	w := newHooked(t)
	r := w.get(w.hook() + "?secret=" + shopSecret + "&challenge=8ec8d794-e0ab-42df-9017-e3dada8e84f7")
	var got struct{ Challenge string }
	r.ok(200, &got)
	if got.Challenge != "8ec8d794-e0ab-42df-9017-e3dada8e84f7" || r.header.Get("Content-Type") != "application/json" {
		t.Errorf("%s as %q, want the challenge back as JSON", r.body, r.header.Get("Content-Type"))
	}
	w.get(w.hook()+"?secret="+shopSecret).problem(422, "invalid-request", "query.challenge")
	w.get(w.hook()+"?secret="+shopSecret+"&challenge="+strings.Repeat("x", 501)).problem(422, "invalid-request", "query.challenge")
}

func TestWebhookRefusesBadDeliveries(t *testing.T) {
	w := newHooked(t)
	w.say(`entity_id=12`).problem(400, "unreadable-request", "not JSON")
	w.say(``).problem(400, "unreadable-request", "body")
	w.say(`{"email":"jane@example.com"}`).problem(422, "invalid-request", "real_order_id", "increment_id", "event, data, value, order")
	w.say(`{"pad":"`+strings.Repeat("x", 64<<10)+`","entity_id":12}`).problem(413, "request-too-large", "64 KB")
	w.say(`{"entity_id":12,"pad":"`+strings.Repeat("x", (64<<10)-26)+`"}`).counted(1, 0)
	if text := w.log.String(); text != "" {
		t.Errorf("log %q, want nothing", text)
	}
}

func TestWebhookStaysBehindTheGuards(t *testing.T) {
	w := newHooked(t)
	const body = `{"entity_id":12}`
	for name, tc := range map[string]struct {
		headers []string
		status  int
	}{
		"as JSON":                    {[]string{"Content-Type", "application/json; charset=utf-8"}, 200},
		"as Adobe I/O delivers":      {[]string{"Content-Type", "application/cloudevents+json; charset=UTF-8"}, 200},
		"as Adobe I/O delivers many": {[]string{"Content-Type", "application/cloudevents-batch+json"}, 200},
		"by a proxy":                 {[]string{"Content-Type", "application/json", "Host", "localhost"}, 200},
		"form":                       {[]string{"Content-Type", "application/x-www-form-urlencoded"}, 415},
		"other JSON":                 {[]string{"Content-Type", "application/merge-patch+json"}, 415},
		"without a type":             {nil, 415},
		"page of another site":       {[]string{"Content-Type", "application/json", "Sec-Fetch-Site", "cross-site"}, 403},
		"foreign host":               {[]string{"Content-Type", "application/json", "Host", "shop.example.com"}, 421},
	} {
		if r := call(t, w.server, http.MethodPost, w.hook(), body, append(tc.headers, "X-Webhook-Secret", shopSecret)); r.status != tc.status {
			t.Errorf("%s: status %d, want %d: %s", name, r.status, tc.status, r.body)
		}
	}
	elsewhere := call(t, w.server, http.MethodPost, "/api/v1/resyncs", `{}`, []string{"Content-Type", "application/cloudevents+json"})
	elsewhere.problem(415, "wrong-content-type")
}

func TestWebhookCountsWhatItTakes(t *testing.T) {
	w := newHooked(t)
	w.say(`[{"entity_id":12},{"increment_id":"000000013"},{"type":"com.adobe.commerce.observer.customer_login","id":1},{"state":"new"}]`).counted(2, 2)
	w.say(`{"type":"com.adobe.commerce.observer.catalog_product_save_after","data":{"value":{"entity_id":"3"}}}`).counted(0, 1)
	w.say(`[]`).counted(0, 0)
	signed := w.hook() + "?secret=" + shopSecret + "&store=1"
	w.post(signed, `{"entity_id":12}`).counted(1, 0)
}

func TestWebhookTakesAnEventOnce(t *testing.T) {
	w := newHooked(t)
	const body = `{"entity_id":12}`
	w.say(body, "X-Adobe-Event-Id", "a0f3").counted(1, 0)
	w.say(body, "X-Adobe-Event-Id", "a0f3", "X-Adobe-Retry-Count", "1").counted(0, 1)
	w.say(body, "X-Event-Id", "b1").counted(1, 0)
	w.say(body, "X-Event-Id", "b1").counted(0, 1)
	w.say(`[{"event_id":"a0f3","entity_id":12},{"event_id":"c2","entity_id":12}]`).counted(1, 1)
	w.say(body).counted(1, 0)
	w.say(body).counted(1, 0) // the same words may tell of another change
}

func TestWebhookAnswersAtOnceAndStartsOneWorkflow(t *testing.T) {
	w := newHooked(t) // no worker: nothing is read, and nobody waits for that
	for n := range 10 {
		began := time.Now()
		w.say(fmt.Sprintf(`{"entity_id":%d}`, n+1)).counted(1, 0)
		if took := time.Since(began); took > 10*time.Second { // whoever waits does so for all the time that a request has, and more
			t.Errorf("delivery %d takes %s", n+1, took)
		}
	}
	d, err := w.temporal.DescribeWorkflowExecution(t.Context(), workflows.TakeHintsID(w.instance), "")
	if err != nil {
		t.Fatal(err)
	}
	if info := d.GetWorkflowExecutionInfo(); info.GetType().GetName() != "TakeHints" || info.GetTaskQueue() != w.settings.TaskQueue {
		t.Errorf("started %s on %s", info.GetType().GetName(), info.GetTaskQueue())
	}
	w.hasSource(workflows.TakeHintsID(w.instance), "webhook")
	if text := w.log.String(); text != "" {
		t.Errorf("log %q, want nothing for events", text)
	}
}

func TestWebhookAsksToBeToldAgainWhenTemporalIsDown(t *testing.T) {
	w := newHooked(t)
	gone := httptest.NewServer(http.NotFoundHandler())
	address := gone.Listener.Addr().String()
	gone.Close()
	temporal, err := client.NewLazyClient(client.Options{HostPort: address, Logger: log.NewStructuredLogger(testkit.Silent())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(temporal.Close)
	text := w.logged(temporal)
	for range 2 { // it was not taken, so that it is not remembered
		r := w.say(`{"entity_id":12}`, "X-Event-Id", "e-1")
		r.problem(503, "unavailable", "temporal")
		if r.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	}
	if strings.Contains(text.String(), shopSecret) || strings.Contains(text.String(), w.instance) {
		t.Errorf("log %q tells what was sent", text)
	}
}

func TestOpenAPIDescribesTheWaysToShowTheSecret(t *testing.T) {
	doc := document31(t)
	var names []string
	for _, p := range doc.Paths["/webhooks/magento/{instance}"]["post"].Parameters {
		names = append(names, p.Name)
	}
	for _, want := range []string{"X-Webhook-Secret", "secret", "X-Hub-Signature-256", "X-Webhook-Signature", "X-Adobe-Event-Id"} {
		if !slices.Contains(names, want) {
			t.Errorf("parameters %v, want %s among them", names, want)
		}
	}
}
