package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"
)

// welcome tells what runs and what to try.
func (b *sandbox) welcome(took time.Duration) string {
	s := b.settings
	var text strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&text, format+"\n", args...) }
	line("started in %.1f s\n", took.Seconds())
	line("  Order desk   http://%s   (user admin, password %s; programs: Authorization: Bearer %s)", s.Gateway, s.AdminPassword, s.Key)
	if s.TemporalAddress == "" {
		line("  Temporal UI  http://%s", s.TemporalUI)
	}
	line("  Magento      http://%s/state   (simulator)", s.Magento)
	line("  B1           http://%s/state   (simulator)", s.B1)
	line("  Logs         %s", b.logs)
	line("\nTry in another terminal:")
	line("  bin/starter status                            how many orders are in which state")
	line("  curl -sH 'Authorization: Bearer %s' 'http://%s/api/v1/orders?state=held'", s.Key, s.Gateway)
	line("                                                the orders that need a person")
	line("  bin/temporal workflow list                    every order's way into B1")
	line("  bin/temporal workflow show -w insert-order:main:1:000000001")
	for _, p := range b.started {
		if p.Name == "worker" {
			line("  kill -9 %-37dthe worker; watch nothing get lost", p.ID())
		}
	}
	line("\nSettings for programs started by hand: %s. Ctrl-C stops everything.\n", filepath.Join(s.Dir, "sandbox.env"))
	return text.String()
}

// counter shows the counts by state whenever they change.
type counter struct {
	url, key string
	last     string
}

func newCounter(gateway, key string) *counter {
	return &counter{url: "http://" + gateway + "/api/v1/status", key: key}
}

// line is the new line to print, empty when nothing has changed or the gateway does not answer.
func (c *counter) line(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url, nil)
	if err != nil {
		return ""
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return ""
	}
	defer res.Body.Close()
	var status struct {
		Orders map[string]int `json:"orders"`
	}
	if json.NewDecoder(res.Body).Decode(&status) != nil || status.Orders == nil {
		return ""
	}
	o := status.Orders
	text := fmt.Sprintf("pending %d, posted %d, held %d, excluded %d, cancelled %d, draft %d",
		o["pending"], o["posted"], o["held"], o["excluded"], o["cancelled"], o["draft"])
	if text == c.last {
		return ""
	}
	c.last = text
	return time.Now().Format("15:04:05") + "  " + text
}
