package api

import "context"

// actorOf names who asks, for timelines and runs.
func actorOf(context.Context) string { return actor }

// operatorsOnly marks operations that show personal data, and so are not for viewers.
var operatorsOnly = map[string]any{"role": "operator"}
