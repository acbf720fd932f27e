package config

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"
	temporalconfig "go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/log"
	"google.golang.org/grpc"
)

// withKey is the environment for Temporal's client library, with the API key wherever it came from.
type withKey struct {
	temporalconfig.EnvLookup
	key string
}

// LookupEnv gives the API key of our settings; where they have none, what the environment has.
func (w withKey) LookupEnv(name string) (string, bool) {
	if name == "TEMPORAL_API_KEY" && w.key != "" {
		return w.key, true
	}
	return w.EnvLookup.LookupEnv(name)
}

// Dial connects to the Temporal service. Address, namespace and API key come from our settings; TLS and profiles from Temporal's own
// environment variables. with may add to the options.
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
	options, err := temporalconfig.LoadClientOptions(temporalconfig.LoadClientOptionsRequest{EnvLookup: withKey{temporalconfig.EnvLookupOS, t.APIKey}})
	if err != nil {
		return client.Options{}, fmt.Errorf("Temporal settings: %w", err)
	}
	options.HostPort, options.Namespace, options.Logger = t.TemporalAddress, t.TemporalNamespace, logger
	// gRPC would ask the name server how to use the service as well, by a TXT record that nobody has, and not connect before it knows: where
	// nobody answers that, as in containers without a way out, ten seconds are over and with them the time for connecting.
	options.ConnectionOptions.DialOptions = append(options.ConnectionOptions.DialOptions, grpc.WithDisableServiceConfig())
	return options, t.encrypting(&options)
}
