package api

import (
	"context"

	"datawald/gateway/access"
)

// actorOf names who asks, for timelines, runs and audit entries.
func actorOf(ctx context.Context) string {
	if a, ok := access.From(ctx); ok {
		return a.String()
	}
	return "gateway"
}
