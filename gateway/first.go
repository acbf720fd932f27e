package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"datawald/config"
	"datawald/gateway/access"
)

// letIn sees to it that somebody can get in: it creates the first admin, and stores the key of the settings. A password that was chosen by
// chance is printed once on out, and nowhere else.
func letIn(ctx context.Context, gate *access.Gate, settings *config.Gateway, out io.Writer) error {
	chosen, created, err := gate.FirstAdmin(ctx, settings.AdminPassword)
	if err != nil {
		return fmt.Errorf("the first user: %w", err)
	}
	if created && chosen != "" {
		fmt.Fprintf(out, "\nThere was no user. The user admin was created with the password\n\n    %s\n\n"+
			"It is shown this once. Sign in with it and change it; starter user password admin sets another.\n\n", chosen)
	}
	if settings.Key == "" {
		return nil
	}
	if err := gate.KeepKey(ctx, settings.Key, "from the settings", access.Role(settings.KeyRole)); err != nil {
		return fmt.Errorf("GATEWAY_KEY: %w", err)
	}
	return nil
}

// sweepEvery is how often sessions and answers that are over are removed.
const sweepEvery = 10 * time.Minute

// sweep removes them until ctx ends. Nothing depends on when: what is over is not taken for valid.
func sweep(ctx context.Context, gate *access.Gate, log *slog.Logger) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := gate.Sweep(ctx); err != nil && ctx.Err() == nil {
			log.Warn("sessions that are over are not removed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
