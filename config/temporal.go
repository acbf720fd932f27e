package config

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"
	temporalconfig "go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/log"
)

// Dial connects to the Temporal service. Address and namespace come from our settings; TLS, API keys and profiles from
// Temporal's own environment variables. with may add to the options.
func (t Temporal) Dial(ctx context.Context, logger log.Logger, with ...func(*client.Options)) (client.Client, error) {
	options, err := t.options(logger)
	if err != nil {
		return nil, err
	}
	for _, add := range with {
		add(&options)
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	c, err := client.DialContext(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("Temporal at %s does not answer: %w", t.TemporalAddress, err)
	}
	return c, nil
}

// Lazy is Dial for those who can do without an answer: it connects when something is asked.
func (t Temporal) Lazy(logger log.Logger) (client.Client, error) {
	options, err := t.options(logger)
	if err != nil {
		return nil, err
	}
	return client.NewLazyClient(options)
}

func (t Temporal) options(logger log.Logger) (client.Options, error) {
	options, err := temporalconfig.LoadDefaultClientOptions()
	if err != nil {
		return client.Options{}, fmt.Errorf("Temporal settings: %w", err)
	}
	options.HostPort, options.Namespace, options.Logger = t.TemporalAddress, t.TemporalNamespace, logger
	return options, nil
}
