package telemetry

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
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
	// address is where it listens; while the port is another's, where it is to.
	address atomic.Pointer[string]
	http    *http.Server
	// served has the end of it; ended is closed when it is to end, so that nobody waits for a port any more.
	served chan error
	ended  chan struct{}
}

// listenAgain is the time between two attempts to have a port that another program has.
const listenAgain = 10 * time.Second

// listen shows the metrics. That another program has the port keeps no program from its work: it is said, and tried again until it is free. An
// address that is none is an error.
func listen(s Settings, from prometheus.Gatherer, again time.Duration) (*server, error) {
	if _, err := net.ResolveTCPAddr("tcp", s.MetricsAddress); err != nil {
		return nil, fmt.Errorf("%s %s cannot be used: %w", s.Setting, s.MetricsAddress, err)
	}
	routes := http.NewServeMux()
	// What cannot be gathered is left out, and the rest shown.
	routes.Handle("GET /metrics", promhttp.HandlerFor(from, promhttp.HandlerOpts{MaxRequestsInFlight: mostScrapes, Timeout: scrapeTime,
		ErrorHandling: promhttp.ContinueOnError}))
	own := &server{served: make(chan error, 1), ended: make(chan struct{}),
		http: &http.Server{Handler: routes, ReadHeaderTimeout: headerTime, ReadTimeout: headerTime, WriteTimeout: 2 * scrapeTime, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10}}
	own.address.Store(&s.MetricsAddress)
	listener, err := net.Listen("tcp", s.MetricsAddress)
	if err != nil {
		s.Log.Error("metrics cannot be shown: end the program that has the port, or choose another", "setting", s.Setting, "address", s.MetricsAddress, "error", err)
	} else {
		own.shown(s, listener)
	}
	go func() { own.served <- own.serve(s, listener, again) }()
	return own, nil
}

// shown says where the metrics are.
func (s *server) shown(to Settings, listener net.Listener) {
	s.address.Store(new(listener.Addr().String()))
	to.Log.Info("metrics are shown", "address", "http://"+listener.Addr().String()+"/metrics")
}

// serve serves at the listener or, without one, once the port is free.
func (s *server) serve(to Settings, listener net.Listener, again time.Duration) error {
	for listener == nil {
		select {
		case <-s.ended:
			return http.ErrServerClosed
		case <-time.After(again):
		}
		free, err := net.Listen("tcp", to.MetricsAddress)
		if err != nil {
			continue // it was said
		}
		s.shown(to, free)
		listener = free
	}
	return s.http.Serve(listener)
}

// stop ends it at once when ctx does: no scrape is worth waiting for.
func (s *server) stop(ctx context.Context) error {
	close(s.ended)
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = s.http.Close()
	}
	if served := <-s.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
