package api

import "context"

// actorOf names who asks.
func actorOf(context.Context) string { return "gateway" }
