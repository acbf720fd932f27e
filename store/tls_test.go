package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"datawald/sandbox/testkit"
	"datawald/store"
)

// The store is reached behind TLS by the options of its connection string, and a client that does not know the authority, or has no certificate, is refused.
// Fails without: the options reaching the driver (ApplyURI).
func TestTLS_MongoDBBehindIt(t *testing.T) {
	server := strings.TrimSuffix(strings.TrimPrefix(testkit.MongoURI(t), "mongodb://"), "/")
	for _, c := range []struct {
		name    string
		mutual  bool
		options func(testkit.TLSProxy) string
		fails   bool
	}{
		{"in the clear", false, func(testkit.TLSProxy) string { return "" }, true},
		{"of no known authority", false, func(testkit.TLSProxy) string { return "&tls=true" }, true},
		{"of a known authority", false, func(p testkit.TLSProxy) string { return "&tls=true&tlsCAFile=" + p.CA }, false},
		{"without a certificate", true, func(p testkit.TLSProxy) string { return "&tls=true&tlsCAFile=" + p.CA }, true},
		{"with a certificate", true, func(p testkit.TLSProxy) string {
			return "&tls=true&tlsCAFile=" + p.CA + "&tlsCertificateKeyFile=" + p.Both
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			proxy := testkit.BehindTLS(t, server, c.mutual)
			patience := time.Minute
			if c.fails {
				patience = 2 * time.Second // the driver tries again and again
			}
			uri := fmt.Sprintf("mongodb://%s/?serverSelectionTimeoutMS=%d%s", proxy.Address, (patience / 2).Milliseconds(), c.options(proxy))
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			db, err := store.Connect(ctx, uri, testkit.Name(t))
			if (err != nil) != c.fails {
				t.Errorf("it ends with %v", err)
			}
			if err == nil {
				_ = db.Close(ctx)
			}
		})
	}
}
