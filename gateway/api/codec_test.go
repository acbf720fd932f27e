package api_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"datawald/gateway/access"
	"datawald/gateway/api"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// codecKey makes a key of one letter, as it stands in the setting.
func codecKey(letter string) string {
	return letter + ":" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(letter, 32)))
}

// useKeys gives the gateway, and workers that begin from now on, these keys.
func (w *world) useKeys(keys string) {
	w.t.Helper()
	w.settings.CodecKeys, w.settings.TemporalAddress = keys, testkit.TemporalAddress(w.t)
	c, err := w.settings.Dial(w.t.Context(), log.NewStructuredLogger(testkit.Silent()))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(c.Close)
	w.temporal, w.server = c, serve(w.t, w.settings, w.db, c)
}

// temporalCLI runs Temporal's command line and gives what it prints.
func (w *world) temporalCLI(args ...string) (said string, err error) {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), filepath.Join(testkit.Root(), "bin", "temporal"), append(args, "--address", testkit.TemporalAddress(w.t), "--disable-config-file")...)
	text, err := cmd.CombinedOutput()
	return string(text), err
}

// codec are the flags of the command line for the gateway's codec.
func (w *world) codec(auth string) []string {
	return []string{"--codec-endpoint", w.server.URL + "/api/v1/codec", "--codec-auth", auth}
}

// The command line shows the history of a run that began with a key which is the second by now, with the credential of an operator and no less. A signal
// that it sends stands in Temporal encrypted, with the first key.
//
// Fails without: Decode in decodePayloads; Encode in encodePayloads; the role of both.
func TestCodec_TheCommandLineReadsAndWrites(t *testing.T) {
	w := newWorld(t)
	w.useKeys(codecKey("a"))
	w.startWorker(&shop{orders: map[string]string{"000000001": document("000000001", "21.00")}}, &company{})
	w.staged(w.key(1, "000000001"), func(d *store.Staged) { d.Status = order.Excluded })
	var started api.StartedResync
	w.post("/api/v1/resyncs", body(w.instance, "000000001")).ok(202, &started)
	if done := w.ended(started); done.State != "completed" {
		t.Fatalf("the resync is %s", done.State)
	}
	w.useKeys(codecKey("b") + "," + codecKey("a"))

	show := []string{"workflow", "show", "--workflow-id", started.WorkflowID, "--output", "json"}
	if encodings, texts := w.shown(w.temporalCLI(show...)); encodings["json/plain"] > 0 || strings.Contains(texts, `"000000001"`) {
		t.Errorf("without the codec it shows %v: %s", encodings, texts)
	}
	encodings, texts := w.shown(w.temporalCLI(append(show, w.codec(w.as(access.Operator))...)...))
	if encodings["binary/encrypted"] > 0 || !strings.Contains(texts, `"000000001"`) {
		t.Errorf("with the codec it shows %v: %s", encodings, texts)
	}
	// It tries again for ten seconds, and says then that they are over, whatever the answer was.
	if said, err := w.temporalCLI(append(show, w.codec(w.as(access.Viewer))...)...); err == nil || strings.Contains(said, "payloads") {
		t.Errorf("for a viewer: %v, %s", err, said)
	}

	run, err := w.temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: w.instance, TaskQueue: w.instance + "-nobody"}, "nobody takes it up")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = w.temporalCLI("workflow", "terminate", "--workflow-id", w.instance) })
	if said, err := w.temporalCLI(append([]string{"workflow", "signal", "--workflow-id", run.GetID(), "--name", "pause", "--input", `{"by":"ada"}`}, w.codec(w.as(access.Admin))...)...); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	p := w.signalled(run)
	if string(p.Metadata["encryption-key-id"]) != "b" || bytes.Contains(p.Data, []byte("ada")) {
		t.Errorf("the signal stands there as %s", p)
	}
	if text, _, err := w.settings.Readable(p); err != nil || text != `{"by":"ada"}` {
		t.Errorf("it reads %q, %v", text, err)
	}
}

// shown counts the payloads of a history that the command line has printed by their encoding, and gives what they say.
func (w *world) shown(said string, err error) (encodings map[string]int, texts string) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("%v: %s", err, said)
	}
	h, err := client.HistoryFromJSON(strings.NewReader(said), client.HistoryJSONOptions{})
	if err != nil {
		w.t.Fatalf("%v: %s", err, said)
	}
	encodings = map[string]int{}
	err = proxy.VisitPayloads(w.t.Context(), h, proxy.VisitPayloadsOptions{SkipSearchAttributes: true,
		Visitor: func(_ *proxy.VisitPayloadsContext, all []*commonpb.Payload) ([]*commonpb.Payload, error) {
			for _, p := range all {
				encodings[string(p.Metadata["encoding"])]++
				texts += string(p.Data) + "\n"
			}
			return all, nil
		}})
	if err != nil || len(encodings) == 0 {
		w.t.Fatalf("%v, %v", encodings, err)
	}
	return encodings, texts
}

// signalled gives what the first signal of a run brought, as it stands at the server.
func (w *world) signalled(run client.WorkflowRun) *commonpb.Payload {
	w.t.Helper()
	events := testkit.Temporal(w.t).GetWorkflowHistory(w.t.Context(), run.GetID(), run.GetRunID(), false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			w.t.Fatal(err)
		}
		if s := e.GetWorkflowExecutionSignaledEventAttributes(); s != nil {
			return s.GetInput().GetPayloads()[0]
		}
	}
	w.t.Fatal("there is no signal")
	return nil
}

// coded sends payloads to the codec.
func (w *world) coded(way string, payloads []api.Payload, headers ...string) reply {
	w.t.Helper()
	text, err := json.Marshal(map[string]any{"payloads": payloads})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.post("/api/v1/codec/"+way, string(text), append([]string{"X-Namespace", "default"}, headers...)...)
}

// number is a payload that nobody has encrypted.
var number = api.Payload{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte(`"000000001"`)}

// Fails without: the look at nil, at the namespace and at the count in mayCode; the answer for what cannot be decrypted; maxItems of payloads.
func TestCodec_Refuses(t *testing.T) {
	w := newWorld(t)
	w.coded("decode", []api.Payload{number}).problem(404, "codec-off", "TEMPORAL_CODEC_KEYS")
	w.useKeys("plain," + codecKey("a"))
	type payloads struct{ Payloads []api.Payload }
	var out payloads
	w.coded("encode", []api.Payload{number}).ok(200, &out)
	if string(out.Payloads[0].Data) != string(number.Data) {
		t.Errorf("with plain in front it is encrypted: %v", out)
	}
	w.useKeys(codecKey("a"))
	out = payloads{}
	w.coded("encode", []api.Payload{number, number}).ok(200, &out)
	locked := out.Payloads
	if bytes.Contains(locked[0].Data, number.Data) || string(locked[1].Metadata["encryption-key-id"]) != "a" {
		t.Errorf("it is not encrypted: %v", locked)
	}
	out = payloads{}
	w.coded("decode", append(slices.Clone(locked), number)).ok(200, &out)
	for _, p := range out.Payloads {
		if string(p.Data) != string(number.Data) || string(p.Metadata["encoding"]) != "json/plain" {
			t.Errorf("it comes back as %v", p)
		}
	}
	w.coded("decode", locked, "X-Namespace", "another").problem(422, "invalid-request", "X-Namespace")
	w.post("/api/v1/codec/decode", `{"payloads":[]}`).ok(200, &struct{}{})
	w.settings.TemporalNamespace = "orders"
	w.post("/api/v1/codec/decode", `{"payloads":[]}`).problem(422, "invalid-request", "X-Namespace", "orders")
	w.settings.TemporalNamespace = "default"
	w.coded("decode", make([]api.Payload, 1001)).problem(422, "invalid-request", "1000")
	w.coded("decode", []api.Payload{{Data: make([]byte, 1<<20)}}).problem(413, "request-too-large")
	w.useKeys(codecKey("b"))
	w.coded("decode", locked).problem(422, "payload-not-readable", `"a"`, "TEMPORAL_CODEC_KEYS")
	if entries, err := w.db.ListAudit(t.Context(), store.AuditFilter{Limit: 10}); err != nil || len(entries) != 0 {
		t.Errorf("reading is written down: %v, %v", entries, err)
	}
	defer api.SetCodings(3)()
	operator := w.as(access.Operator)
	for range 3 {
		w.coded("decode", []api.Payload{}, "Authorization", operator).ok(200, &out)
	}
	r := w.coded("decode", []api.Payload{}, "Authorization", operator)
	if r.problem(429, "too-many-payloads", "3 times"); r.header.Get("Retry-After") != "60" {
		t.Errorf("it is told to wait %q", r.header.Get("Retry-After"))
	}
}

// A page of an origin that the settings name may use the codec with the session of who looks at it, and nothing else of the gateway; any other page may
// not. Fails without: the look at the origin in codecOrigins; at the path, one by one; Vary; ofCodecOrigin in sameSite and in known.
func TestCodec_IsForTheOriginsOfTheSettings(t *testing.T) {
	w := newWorld(t)
	const ui = "http://127.0.0.1:8233"
	w.settings.CodecOrigins = []string{ui}
	w.useKeys(codecKey("a"))
	cookie, _ := w.signedIn("anna", access.Operator)
	from := func(origin string) []string {
		return []string{"Cookie", cookie, "Origin", origin, "Sec-Fetch-Site", "same-site"}
	}
	r := w.coded("decode", []api.Payload{number}, from(ui)...)
	if r.ok(200, &struct{}{}); r.header.Get("Access-Control-Allow-Origin") != ui || r.header.Get("Access-Control-Allow-Credentials") != "true" || r.header.Get("Vary") != "Origin" {
		t.Errorf("its headers are %v", r.header)
	}
	ask := call(t, w.server, http.MethodOptions, "/api/v1/codec/decode", "", []string{nameless, "1", "Origin", ui, "Access-Control-Request-Method", "POST"})
	if ask.status != 204 || ask.header.Get("Access-Control-Allow-Methods") != "POST" || ask.header.Get("Access-Control-Allow-Headers") != "Content-Type, X-Namespace" {
		t.Errorf("what is asked before gets %d %v", ask.status, ask.header)
	}
	for _, other := range []string{"http://127.0.0.1:8234", "https://127.0.0.1:8233", "null", "http://127.0.0.1:8233.example.com"} {
		r := w.coded("decode", []api.Payload{number}, from(other)...)
		if r.problem(403, "cross-origin"); r.header.Get("Access-Control-Allow-Origin") != "" || r.header.Get("Vary") != "Origin" {
			t.Errorf("%s gets %v", other, r.header)
		}
		if ask := call(t, w.server, http.MethodOptions, "/api/v1/codec/decode", "", []string{nameless, "1", "Origin", other}); ask.status == 204 || ask.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s may ask: %d %v", other, ask.status, ask.header)
		}
	}
	w.coded("decode", []api.Payload{number}, "Cookie", cookie).problem(403, "csrf-token-missing") // no browser sends it without an origin
	for _, path := range []string{"/api/v1/schedule/pause", "/api/v1/resyncs", "/api/v1/codec/decode/../../resyncs", "/api/v1/codec"} {
		if r := w.post(path, "{}", from(ui)...); r.status != 403 || r.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s gives the page %d %v", path, r.status, r.header)
		}
	}
	if r := call(t, w.server, http.MethodGet, "/api/v1/orders", "", from(ui)); r.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("it reads orders: %v", r.header)
	}
	viewer, _ := w.signedIn("vera", access.Viewer)
	w.coded("decode", []api.Payload{number}, "Cookie", viewer, "Origin", ui).problem(403, "not-allowed")
}
