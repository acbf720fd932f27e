// Command gateway serves DataWald's HTTP interface and the page of the order desk until it is told to stop.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/gin-gonic/gin"
	temporallog "go.temporal.io/sdk/log"

	"datawald/alarm"
	"datawald/alive"
	"datawald/config"
	"datawald/gateway/api"
	"datawald/gateway/figures"
	"datawald/gateway/web"
	_ "datawald/standalone"
	"datawald/store"
	"datawald/telemetry"
	"datawald/version"
	"datawald/watch"
)

// Limits of a connection. A request itself is bounded by the api.
const (
	headerTime   = 5 * time.Second
	readTime     = 15 * time.Second
	writeTime    = 30 * time.Second
	idleTime     = 2 * time.Minute
	maxHeader    = 64 << 10
	shutdownTime = 20 * time.Second // longer than any request
)

func main() {
	if version.Asked("gateway", os.Args[1:], os.Stdout) {
		return
	}
	if alive.Asked(os.Args[1:]) {
		alive.End(healthy(context.Background()))
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// healthy asks the gateway that runs with the same settings whether it is ready.
func healthy(ctx context.Context) error {
	settings, err := config.LoadGateway()
	if err != nil {
		return err
	}
	return alive.Ask(ctx, settings.Address, "/readyz", settings.TLS())
}

func run() error {
	settings, err := config.LoadGateway()
	if err != nil {
		return err
	}
	log := settings.Logger("gateway")
	config.WarnOfLooseSecrets(settings.InstanceNames, log)
	told, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, end := context.WithCancelCause(told)
	defer end(nil)

	db, err := store.Open(ctx, settings.MongoDBURI, settings.MongoDBDatabase, store.LogTo(log))
	if err != nil {
		return err
	}
	defer closing(log, "store", db.Close)

	shown, err := telemetry.Start(ctx, telemetry.Settings{Program: telemetry.Gateway, Version: version.String(), Revision: version.Revision(), MetricsAddress: settings.MetricsAddress, Setting: "GATEWAY_METRICS_ADDRESS", Log: log})
	if err != nil {
		return err
	}
	defer closing(log, "telemetry", shown.Stop)

	temporal, err := settings.Dial(ctx, temporallog.NewStructuredLogger(log), shown.Client)
	if err != nil {
		return err
	}
	defer temporal.Close()

	shown.Keep(settings.InstanceNames, figures.Questions(db, temporal)...)
	handler, err := api.New(settings, db, temporal, log)
	if err != nil {
		return err
	}
	handler = shown.Requests(handler, routes(handler))
	gate := api.Gate(settings, db)
	if err := letIn(ctx, gate, settings, os.Stdout); err != nil {
		return err
	}
	watching, enough := context.WithCancel(ctx)
	var watched sync.WaitGroup
	sight := watch.Sight{Temporal: temporal, Store: db, TaskQueue: settings.TaskQueue, Namespace: settings.TemporalNamespace, After: settings.SyncAlarmAfter}
	alarms, err := alarm.New(sight, settings.InstanceNames, settings.Alarms, log)
	if err != nil {
		enough()
		return err
	}
	watched.Go(func() { sight.Keep(watching, settings.InstanceNames, log) })
	watched.Go(func() { alarms.Keep(watching) })
	watched.Go(func() { sweep(watching, gate, log) })
	watched.Go(func() { keepNetwork(watching, settings.Listening, alive.KeepNetwork, end) })
	defer func() {
		enough()
		watched.Wait()
	}()
	page, err := web.New(handler, gate, web.Settings{Instances: settings.InstanceNames, Own: api.OwnHost(settings), Provider: api.Way(settings),
		ReconcileDays: settings.ReconcileDays, ReconcileHeal: settings.ReconcileHeal, Log: log})
	if err != nil {
		return err
	}
	listener, err := listen(settings, log)
	if err != nil {
		return err
	}
	err = serve(ctx, listener, web.Mount(handler, page), log)
	if cause := context.Cause(ctx); errors.Is(cause, alive.ErrCutOff) {
		return errors.Join(cause, err)
	}
	return err
}

// keepNetwork ends the gateway when the network is gone that it shares. One that has its own is left alone: it serves this machine without one, too.
func keepNetwork(ctx context.Context, settings config.Listening, keep func(context.Context) error, end context.CancelCauseFunc) {
	if !settings.SharesNetwork {
		return
	}
	if err := keep(ctx); err != nil {
		end(err)
	}
}

// listen opens the address of the settings, with TLS where they have a certificate.
func listen(settings *config.Gateway, log *slog.Logger) (net.Listener, error) {
	listener, err := net.Listen("tcp", settings.Address)
	if err != nil {
		return nil, fmt.Errorf("GATEWAY_ADDRESS %s cannot be used (%w): end the program that has it, or choose another", settings.Address, err)
	}
	if !settings.TLS() {
		return listener, nil
	}
	c, err := loadCertificate(settings.TLSCertFile, settings.TLSKeyFile, log)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return encrypted{tls.NewListener(listener, c.config())}, nil
}

// encrypted is a listener that says that it speaks TLS.
type encrypted struct{ net.Listener }

func scheme(l net.Listener) string {
	if _, ok := l.(encrypted); ok {
		return "https://"
	}
	return "http://"
}

// serve answers until ctx ends; then it finishes the requests in hand.
func serve(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: idleTime,
		MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	log.Info("gateway started", "version", version.String(), "revision", version.Revision(), "address", scheme(listener)+listener.Addr().String())

	select {
	case err := <-served:
		return fmt.Errorf("gateway ended: %w", err)
	case <-ctx.Done():
	}
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	err := server.Shutdown(limit)
	if serveErr := <-served; !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	log.Info("gateway stopped")
	return err
}

// closing runs an end-of-life call with a limit and reports when it fails.
func closing(log *slog.Logger, what string, end func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := end(ctx); err != nil {
		log.Warn("not closed cleanly", "what", what, "error", err)
	}
}

// routes are the addresses of the API as they are written down, for traces.
func routes(handler http.Handler) (all []telemetry.Route) {
	if router, ok := handler.(*gin.Engine); ok {
		for _, r := range router.Routes() {
			all = append(all, telemetry.Route{Method: r.Method, Pattern: r.Path})
		}
	}
	return all
}
