package testkit

import "log/slog"

// Silent is a logger that says nothing.
func Silent() *slog.Logger { return slog.New(slog.DiscardHandler) }
