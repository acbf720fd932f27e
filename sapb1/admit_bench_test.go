package sapb1_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

// BenchmarkKnee takes orders, three calls each, to a B1 that bears 4 calls at once and gets slower beyond: with 16 at once,
// and with as many of 16 as the client finds right. Compare orders/s, and what a call takes.
//
//	go test ./sapb1 -run XXX -bench Knee -benchtime 500x
func BenchmarkKnee(b *testing.B) {
	for name, admitted := range map[string]bool{"16 at once": false, "as B1 bears": true} {
		b.Run(name, func(b *testing.B) {
			company := start(b, b1sim.Config{Knee: 4, Latency: b1sim.Latency{Read: 25 * time.Millisecond, Write: 150 * time.Millisecond}})
			client := company.client("v2", func(s *sapb1.Settings) { s.MaxCalls = 16 })
			var taken atomic.Int64
			post := func(n int) {
				if admitted {
					release, err := client.Admit(b.Context())
					if err != nil {
						b.Error(err)
						return
					}
					defer release()
				}
				began := time.Now()
				ref := sapb1.Reference{NumAtCard: fmt.Sprint(n)}
				_, first := client.FindDrafts(b.Context(), ref)
				_, second := client.FindOrders(b.Context(), ref)
				_, third := client.CreateOrder(b.Context(), anOrder(ref.NumAtCard))
				if first != nil || second != nil || third != nil {
					b.Error(first, second, third)
				}
				taken.Add(int64(time.Since(began)))
			}
			var next atomic.Int64
			b.ResetTimer()
			var all sync.WaitGroup
			for range 16 {
				all.Go(func() {
					for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
						post(int(n))
					}
				})
			}
			all.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "orders/s")
			b.ReportMetric(float64(taken.Load())/float64(b.N)/3/1e6, "ms/call")
			b.ReportMetric(0, "ns/op")
		})
	}
}
