package main

import (
	"context"
	"io"
	"log/slog"
	"slices"
)

// newLogger writes lines from a level on, and with verbose all.
func newLogger(w io.Writer, level slog.Level, verbose bool) *slog.Logger {
	if verbose {
		level = slog.LevelInfo
	}
	return slog.New(&idleHandler{Handler: slog.NewTextHandler(w, &slog.HandlerOptions{Level: level})})
}

// idleHandler formats nothing before there is a line to write. FerretDB gives the arguments of each statement, whole
// documents, to its logger in case it should write a line; slog's own handlers format them at once, which was a seventh of
// the store's time.
type idleHandler struct {
	slog.Handler
	attrs []slog.Attr
}

// Handle writes a line with all that was given before.
func (h *idleHandler) Handle(ctx context.Context, r slog.Record) error {
	return h.Handler.WithAttrs(h.attrs).Handle(ctx, r)
}

// WithAttrs keeps the attributes for later.
func (h *idleHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &idleHandler{Handler: h.Handler, attrs: append(slices.Clip(h.attrs), attrs...)}
}

// WithGroup opens a group behind the attributes given so far.
func (h *idleHandler) WithGroup(name string) slog.Handler {
	return &idleHandler{Handler: h.Handler.WithAttrs(h.attrs).WithGroup(name)}
}
