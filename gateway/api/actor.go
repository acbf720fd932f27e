package api

import "context"

// actorOf is whom timelines, notes and records name for what the request asks.
func actorOf(context.Context) string { return actor }
