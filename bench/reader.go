package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"time"

	"datawald/activities"
	"datawald/magento"
	"datawald/mapping"
	"datawald/order"
	"datawald/store"
)

// instance is the one shop of the measurement, database its store.
const (
	instance = "main"
	database = "bench"
)

// readerPart reads everything from the shop, stages it, and prints how long that took.
type readerPart struct {
	Shop  string
	Store string
	// Temporal is the address of the server that the workflow runs on; empty: the activities are called directly.
	Temporal string
	Page     int
	// Anew begins at the first order instead of the cut.
	Anew    bool
	Profile string
}

func (p readerPart) arguments() []string {
	return []string{"reader", "--shop", p.Shop, "--store", p.Store, "--temporal", p.Temporal,
		"--page", strconv.Itoa(p.Page), fmt.Sprintf("--anew=%t", p.Anew), "--profile", p.Profile}
}

// staged is what the reader has done, and what it took of its own process.
type staged struct {
	Seconds float64 `json:"seconds"`
	Usage   usage   `json:"usage"`
}

// Run reads to the end.
func (p *readerPart) Run(ctx context.Context) error {
	db, err := store.Open(ctx, p.Store, database)
	if err != nil {
		return err
	}
	defer db.Close(context.WithoutCancel(ctx))
	a, err := p.activities(db)
	if err != nil {
		return err
	}
	stop := profile(p.Profile, "reader")
	began := time.Now()
	if p.Temporal != "" {
		err = p.throughWorkflow(ctx, a)
	} else {
		err = p.throughActivities(ctx, a)
	}
	done := staged{Seconds: time.Since(began).Seconds(), Usage: usageOf(os.Getpid())}
	stop()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(done)
}

// activities are those of a worker, with the rules that come with the project.
func (p *readerPart) activities(db *store.Store) (*activities.Activities, error) {
	text, err := os.ReadFile("rules.example.yaml")
	if err != nil {
		return nil, fmt.Errorf("run it in the project's folder: %w", err)
	}
	rules, err := mapping.ParseRules(text)
	if err != nil {
		return nil, err
	}
	shop, err := magento.New(magento.Settings{URL: p.Shop, OAuth: magento.OAuth{ConsumerKey: credentials.ConsumerKey,
		ConsumerSecret: credentials.ConsumerSecret, AccessToken: credentials.AccessToken, AccessTokenSecret: credentials.AccessTokenSecret}})
	if err != nil {
		return nil, err
	}
	return activities.New(db, slog.New(slog.DiscardHandler), activities.Instance{Name: instance, Shop: shop, Rules: rules,
		Pages: &magento.Reader{Client: shop, PageSize: p.Page}, SyncFrom: time.Now().AddDate(-1, 0, 0), Overlap: 5 * time.Minute}), nil
}

// throughActivities does what the workflow SyncOrders does until it has read all.
func (p *readerPart) throughActivities(ctx context.Context, a *activities.Activities) error {
	began := time.Now()
	cut, err := a.GetLastCut(ctx, activities.GetLastCutInput{Instance: instance})
	if err != nil {
		return err
	}
	if p.Anew {
		cut.Start = order.Cut{}
	}
	var shopTime time.Time
	for after, done := cut.Start, false; !done; {
		page, err := a.FetchMagentoOrders(ctx, activities.FetchMagentoOrdersInput{Instance: instance, After: after, Until: shopTime})
		if err != nil {
			return err
		}
		if shopTime.IsZero() {
			shopTime = page.ShopTime
		}
		if err := stage(ctx, a, page, store.Reading{Began: began, ShopTime: shopTime, Reach: page.Next}); err != nil {
			return err
		}
		after, done = page.Next, page.Done
	}
	return nil
}

func stage(ctx context.Context, a *activities.Activities, page *activities.FetchMagentoOrdersResult, reading store.Reading) error {
	_, err := a.SyncOrder(ctx, activities.SyncOrderInput{Instance: instance, Refs: page.Refs, Cut: &page.Next, Reading: &reading, Done: page.Done})
	return err
}
