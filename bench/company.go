package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
)

// companyPart serves a B1 company until it is told to stop.
type companyPart struct {
	// PerCall is how long each call takes, up to Knee calls at once: 0 for any number.
	PerCall time.Duration
	Knee    int
	Profile string
}

func (p companyPart) arguments() []string {
	return []string{"company", "--per-call", p.PerCall.String(), "--knee", strconv.Itoa(p.Knee), "--profile", p.Profile}
}

// Run opens the company, prints where its Service Layer is, and serves.
func (p *companyPart) Run(ctx context.Context) error {
	cfg := b1sim.Config{Seed: 1, Knee: p.Knee, Latency: b1sim.Latency{Read: p.PerCall, Write: p.PerCall}}
	for _, sku := range magentosim.Catalogue() {
		cfg.Items = append(cfg.Items, b1sim.Item{Code: sku, Name: sku, Sales: true})
	}
	company, err := b1sim.New(cfg)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(opened{URL: fmt.Sprintf("http://%s", listener.Addr())}); err != nil {
		return err
	}
	defer profile(p.Profile, "company")()
	context.AfterFunc(ctx, func() { _ = company.Close() })
	if err := company.Serve(listener); ctx.Err() == nil && !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// companyState reads what the company holds and was asked.
func companyState(ctx context.Context, url string) (*b1sim.State, error) {
	var s b1sim.State
	return &s, getJSON(ctx, url+"/state?summary=1", &s)
}

func getJSON(ctx context.Context, url string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, res.Status)
	}
	return json.NewDecoder(res.Body).Decode(into)
}
