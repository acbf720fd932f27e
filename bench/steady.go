package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"time"

	"datawald/order"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/process"
	"datawald/store"
)

// steady is the case: orders come one by one, at a steady rate, and the shop says so by webhook. It measures how long each takes from
// the moment in which Magento shows it until B1 has it.
type steady struct {
	Orders    int           `default:"300" help:"Orders that are placed."`
	PerSecond float64       `default:"5" help:"Orders a second."`
	PerCall   time.Duration `default:"0s" help:"How long B1 takes for each call."`
	Calls     int           `default:"8" help:"Orders at B1 at once (B1_MAX_CALLS)."`
	Rules     string        `default:"rules.example.yaml" help:"Rules file." type:"path"`
	Limit     time.Duration `default:"10m" help:"How long the measurement may take."`
}

// delays is the result. All times are in milliseconds, from visible in Magento to verified in B1, less B1's own time.
type delays struct {
	Case      string  `json:"case"`
	Orders    int     `json:"orders"`
	Posted    int     `json:"posted"`
	PerSecond float64 `json:"per_second"`
	PerCallMS float64 `json:"per_call_ms"`
	// CallsPerOrder are B1's. What they take by themselves is taken off the times.
	CallsPerOrder float64          `json:"calls_per_order"`
	P50           float64          `json:"p50_ms"`
	P90           float64          `json:"p90_ms"`
	P99           float64          `json:"p99_ms"`
	Longest       float64          `json:"longest_ms"`
	Temporal      cost             `json:"temporal"`
	CPUPer1000    float64          `json:"cpu_seconds_per_1000"`
	Parts         map[string]usage `json:"parts"`
	// Others is the share of this machine's processors that other programs took meanwhile.
	Others float64 `json:"others_share"`
}

func (m *delays) others() float64 { return m.Others }

// webhookSecret is the shop's, on the loopback and for this measurement.
const webhookSecret = "for-the-measurement-only"

// Run measures, and prints a line.
func (c *steady) Run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.Limit)
	defer cancel()
	m, err := c.measure(ctx)
	if err != nil {
		return fmt.Errorf("steady: %w", err)
	}
	return tell(os.Stdout, os.Stderr, m)
}

func (c *steady) measure(ctx context.Context) (*delays, error) {
	if c.Orders < 1 || c.PerSecond <= 0 {
		return nil, errors.New("want at least one order, and a rate above 0")
	}
	w, err := newWorkshop(ctx, "")
	if err != nil {
		return nil, err
	}
	defer w.close()
	s, err := (&posting{PerCall: c.PerCall, Calls: c.Calls, Rules: c.Rules}).open(ctx, w, 0)
	if err != nil {
		return nil, err
	}
	defer s.close(ctx)
	hook, err := s.startGateway(ctx, w)
	if err != nil {
		return nil, err
	}
	if _, err := c.sell(ctx, s, hook, warmUp); err != nil { // connections, caches, sign-ins
		return nil, err
	}
	before, busy, began := w.usages(), machineTime(), time.Now()
	sold, err := c.sell(ctx, s, hook, c.Orders)
	if err != nil {
		return nil, err
	}
	parts := since(before, w.usages())
	others := othersShare(machineTime()-busy, processorTimes(parts), time.Since(began))
	b1, err := companyState(ctx, s.b1)
	if err != nil {
		return nil, err
	}
	spent, err := s.cost(ctx, b1.Count)
	if err != nil {
		return nil, err
	}
	m := &delays{Case: "steady", Orders: c.Orders, PerSecond: c.PerSecond, PerCallMS: ms(c.PerCall), Temporal: *spent, Parts: parts, Others: others}
	m.CallsPerOrder = round(float64(businessCalls(b1.Calls)) / float64(b1.Count))
	m.reckon(sold, time.Duration(m.CallsPerOrder*float64(c.PerCall)))
	return m, nil
}

// warmUp is how many orders go before those that are measured.
const warmUp = 20

// sale is an order of the shop, with the moment in which Magento showed it and that in which B1 had it; zero where the rules
// leave it out.
type sale struct {
	key         order.Key
	visible, in time.Time
}

// sell places orders at the rate, says of each that it is there, and waits until all have an end.
func (c *steady) sell(ctx context.Context, s *scene, hook string, orders int) ([]sale, error) {
	every := time.NewTicker(time.Duration(float64(time.Second) / c.PerSecond))
	defer every.Stop()
	sold := make([]sale, orders)
	for n := range sold {
		var answer struct {
			Placed []magentosim.Placed `json:"placed"`
		}
		if err := send(ctx, s.shop+"/control/place", map[string]any{"kind": magentosim.KindSimple, "store_id": 1}, &answer); err != nil {
			return nil, err
		}
		p := answer.Placed[0]
		key, err := order.NewKey(instance, p.StoreID, p.IncrementID)
		if err != nil {
			return nil, err
		}
		sold[n] = sale{key: key, visible: time.Now()}
		if err := send(ctx, hook, map[string]any{"entity_id": p.EntityID}, nil); err != nil {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-every.C:
		}
	}
	for n := range sold {
		if err := s.settled(ctx, &sold[n]); err != nil {
			return nil, err
		}
	}
	return sold, nil
}

// settled waits for the end of an order, which may have come long ago.
func (s *scene) settled(ctx context.Context, of *sale) error {
	for {
		doc, err := s.db.Get(ctx, of.key)
		switch {
		case errors.Is(err, store.ErrNotFound), err == nil && doc.Status == order.Pending:
		case err != nil:
			return err
		case doc.Status == order.Held:
			return fmt.Errorf("%s is held: %w", of.key, doc.Reason)
		default:
			of.in = verified(doc)
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s has no end yet: %w", of.key, ctx.Err())
		case <-time.After(100 * time.Millisecond): // it is asked again, and measured by the order's own times
		}
	}
}

// reckon works out how long the orders took that came into B1.
func (m *delays) reckon(sold []sale, own time.Duration) {
	var took []time.Duration
	for _, o := range sold {
		if !o.in.IsZero() {
			took = append(took, o.in.Sub(o.visible)-own)
		}
	}
	if m.Posted = len(took); m.Posted == 0 {
		return
	}
	m.CPUPer1000 = round(processorTimes(m.Parts) * 1000 / float64(m.Posted))
	slices.Sort(took)
	at := func(share float64) float64 { return ms(quantile(took, share)) }
	m.P50, m.P90, m.P99, m.Longest = at(0.5), at(0.9), at(0.99), at(1)
}

func ms(d time.Duration) float64 { return round(float64(d) / float64(time.Millisecond)) }

// startGateway serves the webhook, and gives its address.
func (s *scene) startGateway(ctx context.Context, w *workshop) (string, error) {
	port, err := process.FreePort()
	if err != nil {
		return "", err
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	env := append(slices.Clone(s.env), "GATEWAY_ADDRESS="+address, "MAGENTO_WEBHOOK_SECRET="+webhookSecret)
	p, err := w.StartProgram("gateway", "gateway", env)
	if err != nil {
		return "", err
	}
	if err := p.WaitFor(ctx, process.Listening(address)); err != nil {
		return "", err
	}
	return "http://" + address + "/webhooks/magento/" + instance, nil
}

// send posts JSON, with the secret of the webhook.
func send(ctx context.Context, url string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(text))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Webhook-Secret", webhookSecret)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, res.Status)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(res.Body).Decode(into)
}
