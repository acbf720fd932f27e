package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/shopspring/decimal"
	"golang.org/x/sync/errgroup"

	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
)

// simulators are both systems that DataWald connects, in this process.
type simulators struct {
	shop    *magentosim.Shop
	company *b1sim.Company
	cleanup []func() error
}

// newSimulators fills the shop and gives the company the articles that the shop sells. Articles that the shop's
// generator calls forgotten are missing in the company on purpose: their orders are held, as they would be.
func newSimulators(s *settings) (*simulators, error) {
	shop, err := magentosim.New(magentosim.Config{
		Seed: s.Seed, Orders: s.Orders, OrdersDir: s.OrdersDir, PlaceEvery: s.PlaceEvery,
		StateFile: filepath.Join(s.Dir, "magento.journal"),
		OAuth: magentosim.OAuthCredentials{ConsumerKey: magentoConsumerKey, ConsumerSecret: magentoConsumerSecret,
			AccessToken: magentoAccessToken, AccessTokenSecret: magentoAccessTokenSecret},
	})
	if err != nil {
		return nil, err
	}
	company, err := b1sim.New(b1sim.Config{
		CompanyDB: b1Company, User: b1User, Password: b1Password,
		StateFile: filepath.Join(s.Dir, "b1.journal"),
		Items:     items(shop),
		Latency:   b1sim.Latency{Read: s.B1Latency / 2, Write: s.B1Latency},
		Knee:      40,
		TaxCodes: map[string]decimal.Decimal{"Exempt": decimal.Zero, "CA825": rate("8.25"), "NY8875": rate("8.875"),
			"TX825": rate("8.25"), "MI825": rate("8.25")},
	})
	if err != nil {
		return nil, errors.Join(err, shop.Close())
	}
	return &simulators{shop: shop, company: company, cleanup: []func() error{shop.Close, company.Close}}, nil
}

func rate(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func items(shop *magentosim.Shop) []b1sim.Item {
	var all []b1sim.Item
	seen := map[string]bool{}
	for _, sku := range append(magentosim.Catalogue(), shop.DocumentSKUs()...) {
		if !seen[sku] {
			seen[sku] = true
			all = append(all, b1sim.Item{Code: sku, Name: sku, Sales: true})
		}
	}
	return all
}

// serve answers until ctx ends.
func (s *simulators) serve(ctx context.Context, magento, b1 net.Listener) error {
	web := &http.Server{Handler: s.shop, ReadHeaderTimeout: 10 * time.Second}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return ended(web.Serve(magento)) })
	g.Go(func() error { return ended(s.company.Serve(b1)) })
	g.Go(func() error { return ended(s.shop.Run(ctx)) })
	g.Go(func() error {
		<-ctx.Done()
		err := web.Close()
		for _, c := range s.cleanup {
			err = errors.Join(err, c())
		}
		return err
	})
	return g.Wait()
}

// ended leaves out the errors that mean "you told me to stop".
func ended(err error) error {
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, context.Canceled) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// runSimulators serves both systems alone.
func runSimulators(ctx context.Context, s *settings) error {
	if err := prepare(s, "SANDBOX_MAGENTO_ADDRESS", "SANDBOX_B1_ADDRESS"); err != nil {
		return err
	}
	sims, magento, b1, err := listenSimulators(s)
	if err != nil {
		return err
	}
	fmt.Printf("Magento  http://%s/rest/V1   state http://%s/state\nB1       http://%s/b1s/v2    state http://%s/state\n", s.Magento, s.Magento, s.B1, s.B1)
	return sims.serve(ctx, magento, b1)
}

func listenSimulators(s *settings) (sims *simulators, magento, b1 net.Listener, err error) {
	if sims, err = newSimulators(s); err != nil {
		return nil, nil, nil, err
	}
	if magento, err = net.Listen("tcp", s.Magento); err != nil {
		return nil, nil, nil, err
	}
	if b1, err = net.Listen("tcp", s.B1); err != nil {
		return nil, nil, nil, errors.Join(err, magento.Close())
	}
	return sims, magento, b1, nil
}
