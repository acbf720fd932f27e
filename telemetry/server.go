package telemetry

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Limits of a scrape.
const (
	headerTime  = 5 * time.Second
	scrapeTime  = 10 * time.Second
	mostScrapes = 3
)

// server shows the metrics at an address of its own, so that who scrapes reaches nothing else.
type server struct {
	address string
	http    *http.Server
	served  chan error
}

func listen(s Settings, from prometheus.Gatherer) (*server, error) {
	listener, err := net.Listen("tcp", s.MetricsAddress)
	if err != nil {
		return nil, fmt.Errorf("%s %s cannot be used (%w): end the program that has it, or choose another", s.Setting, s.MetricsAddress, err)
	}
	routes := http.NewServeMux()
	// What cannot be gathered is left out, and the rest shown.
	routes.Handle("GET /metrics", promhttp.HandlerFor(from, promhttp.HandlerOpts{MaxRequestsInFlight: mostScrapes, Timeout: scrapeTime,
		ErrorHandling: promhttp.ContinueOnError}))
	own := &server{address: listener.Addr().String(), served: make(chan error, 1),
		http: &http.Server{Handler: routes, ReadHeaderTimeout: headerTime, ReadTimeout: headerTime, WriteTimeout: 2 * scrapeTime, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10}}
	go func() { own.served <- own.http.Serve(listener) }()
	return own, nil
}

// stop ends it at once when ctx does: no scrape is worth waiting for.
func (s *server) stop(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = s.http.Close()
	}
	if served := <-s.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
