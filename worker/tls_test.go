package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/log"

	"datawald/order"
	"datawald/sandbox/testkit"
)

// An order goes its way through a Temporal behind TLS that asks who calls, and a client that does not know the server's authority, or has no certificate of its
// own, is refused with words that say why.
// Fails without: the environment of Temporal's library in options; the API key that switches TLS on (withKey).
func TestTLS_TemporalBehindIt(t *testing.T) {
	w := newWorld(t, 0)
	p := w.place("simple", 1)
	server := w.settings.TemporalAddress
	for _, c := range []struct {
		name   string
		mutual bool
		env    func(testkit.TLSProxy) map[string]string
		key    string
		want   string
	}{
		{"in the clear", false, func(testkit.TLSProxy) map[string]string { return nil }, "", "does not answer"},
		{"of no known authority", false, func(testkit.TLSProxy) map[string]string { return map[string]string{"TEMPORAL_TLS": "true"} }, "", "certificate"},
		{"by key, of no known authority", false, func(testkit.TLSProxy) map[string]string { return nil }, "a-key", "certificate"},
		{"without a certificate", true, func(p testkit.TLSProxy) map[string]string {
			return map[string]string{"TEMPORAL_TLS_SERVER_CA_CERT_PATH": p.CA}
		}, "", "does not answer"},
		{"of a known authority", false, func(p testkit.TLSProxy) map[string]string {
			return map[string]string{"TEMPORAL_TLS_SERVER_CA_CERT_PATH": p.CA}
		}, "", ""},
		{"by key", false, func(p testkit.TLSProxy) map[string]string {
			return map[string]string{"TEMPORAL_TLS_SERVER_CA_CERT_PATH": p.CA}
		}, "a-key", ""},
		{"with a certificate", true, func(p testkit.TLSProxy) map[string]string {
			return map[string]string{"TEMPORAL_TLS": "true", "TEMPORAL_TLS_SERVER_CA_CERT_PATH": p.CA, "TEMPORAL_TLS_CLIENT_CERT_PATH": p.Cert, "TEMPORAL_TLS_CLIENT_KEY_PATH": p.Key}
		}, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			proxy := testkit.BehindTLS(t, server, c.mutual)
			for name, value := range c.env(proxy) {
				t.Setenv(name, value)
			}
			settings := w.settings.Temporal
			settings.TemporalAddress, settings.APIKey = proxy.Address, c.key
			patience := time.Minute
			if c.want != "" {
				patience = 10 * time.Second // the client tries again and again
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			client, err := settings.Dial(ctx, log.NewStructuredLogger(testkit.Silent()))
			if c.want != "" {
				if err == nil {
					client.Close()
				}
				if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), proxy.Address) {
					t.Errorf("it is told %v, want %q", err, c.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			if !c.mutual {
				return
			}
			part := *w
			part.t, part.temporal = t, client
			stop := part.startWorker()
			part.sync()
			stop()
			if doc := part.get(p); doc.Status != order.Posted {
				t.Errorf("the order is %s", doc.Status)
			}
		})
	}
}
