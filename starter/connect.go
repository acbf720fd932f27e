package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/kelseyhightower/envconfig"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	temporallog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"

	"datawald/config"
	"datawald/store"
	"datawald/visibility"
)

// instanceFlag chooses one of the shops that INSTANCES names.
type instanceFlag struct {
	Instance string `placeholder:"NAME" help:"The instance, one of INSTANCES. Default: main, or the only one there is."`
}

// choose gives the instance that the flag names, or the one that goes without saying.
func (f instanceFlag) choose(names []string) (string, error) {
	switch {
	case f.Instance != "" && slices.Contains(names, f.Instance):
		return f.Instance, nil
	case f.Instance != "":
		return "", badInput("--instance: %q is not one of INSTANCES (%s)", f.Instance, strings.Join(names, ", "))
	case slices.Contains(names, "main"):
		return "main", nil
	case len(names) == 1:
		return names[0], nil
	}
	return "", badInput("name one of the instances %s with --instance", strings.Join(names, ", "))
}

// instanceNames reads INSTANCES alone, for commands that must work without the other settings.
func instanceNames() ([]string, error) {
	var i config.Instances
	if err := envconfig.Process("", &i); err != nil {
		return nil, badInput("INSTANCES: %w", err)
	}
	return i.InstanceNames, nil
}

// loadSettings reads and checks the settings; each problem has a line of its own.
func loadSettings() (*config.Starter, error) {
	s, err := config.LoadStarter()
	if err != nil {
		return nil, &exitError{exitInput, err}
	}
	return s, nil
}

// dial connects to Temporal; its library's own log stays silent, because errors come back as such.
func dial(ctx context.Context, s *config.Starter) (client.Client, error) {
	return s.Dial(ctx, temporallog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
}

// labels gives runs their search attributes, and warns when the namespace has none.
func labels(a *app, c client.Client, s *config.Starter) *visibility.Labels {
	return visibility.New(c, s.TemporalNamespace, func(err error) { a.warn("%v", err) })
}

// openStore connects to the store, and leaves its indexes to worker and gateway. done ends the connection.
func openStore(ctx context.Context, s *config.Starter) (db *store.Store, done func(), err error) {
	db, err = store.Connect(ctx, s.MongoDBURI, s.MongoDBDatabase)
	if err != nil {
		return nil, nil, fmt.Errorf("%w (see MONGODB_URI)", err)
	}
	return db, func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = db.Close(ctx) // nothing was written that could be lost
	}, nil
}

// refused says what an answer of Temporal means for the operator.
func refused(s *config.Starter, what string, err error) error {
	if _, ok := errors.AsType[*exitError](err); ok {
		return err
	}
	if _, ok := errors.AsType[*serviceerror.NamespaceNotFound](err); ok {
		return badInput("%s: Temporal has no namespace %q: create it, or correct TEMPORAL_NAMESPACE", what, s.TemporalNamespace)
	}
	return fmt.Errorf("%s: %w", what, err)
}

func isTerminated(err error) bool {
	_, ok := errors.AsType[*temporal.TerminatedError](err)
	return ok
}

func isNotFound(err error) bool {
	_, ok := errors.AsType[*serviceerror.NotFound](err)
	return ok
}
