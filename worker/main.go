// Command worker carries the orders: it runs the workflows and their activities until it is told to stop.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	temporallog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	alarming "datawald/alarm"
	"datawald/alive"
	"datawald/config"
	"datawald/magento"
	"datawald/sapb1"
	_ "datawald/standalone"
	"datawald/store"
	"datawald/telemetry"
	"datawald/version"
	"datawald/watch"
	"datawald/workflows"
)

func main() {
	if version.Asked("worker", os.Args[1:], os.Stdout) {
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

// healthy asks the worker that runs with the same settings whether it shows its figures: it listens for nothing else.
func healthy(ctx context.Context) error {
	settings, err := config.LoadWorker()
	if err != nil {
		return err
	}
	if settings.MetricsAddress == "" {
		return errors.New("a worker without WORKER_METRICS_ADDRESS cannot be asked")
	}
	return alive.Ask(ctx, settings.MetricsAddress, "/metrics", false)
}

func run() error {
	settings, err := config.LoadWorker()
	if err != nil {
		return err
	}
	log := settings.Logger("worker")
	config.WarnOfLooseSecrets(settings.InstanceNames, log)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	db, err := store.Open(ctx, settings.MongoDBURI, settings.MongoDBDatabase, store.LogTo(log))
	if err != nil {
		return err
	}
	defer closing(log, "store", db.Close)

	shown, err := telemetry.Start(ctx, telemetry.Settings{Program: telemetry.Worker, Version: version.String(), Revision: version.Revision(), MetricsAddress: settings.MetricsAddress, Setting: "WORKER_METRICS_ADDRESS", Log: log})
	if err != nil {
		return err
	}
	defer closing(log, "telemetry", shown.Stop)

	temporal, err := settings.Dial(ctx, temporallog.NewStructuredLogger(quiet(log)), shown.Client)
	if err != nil {
		return err
	}
	defer temporal.Close()

	instances, companies, err := instances(settings, db, log, shown)
	if err != nil {
		return err
	}
	for _, c := range companies {
		defer closing(log, "B1 session", c.Logout)
	}
	stopRules, err := liveRules(ctx, settings, db, instances, log)
	if err != nil {
		return err
	}
	defer stopRules()
	warnInsecure(settings, log)
	sight := watch.Sight{Temporal: temporal, Store: db, TaskQueue: settings.TaskQueue, Namespace: settings.TemporalNamespace, After: settings.SyncAlarmAfter}
	keeper, err := alarming.New(sight, settings.InstanceNames, settings.Alarms, log)
	if err != nil {
		return err
	}
	stopWatch := keepWatch(ctx, sight, keeper, settings, log)
	defer stopWatch()
	defer complete(ctx, db, settings.InstanceNames, completeEvery, log)()
	defer retain(ctx, retainerOf(db, settings, log), retainEvery)()
	return serve(ctx, temporal, settings, activities.New(db, log, instances...), log)
}

// keepWatch looks after the schedules and alarms, also while this process has orders in hand that it finishes, until stop is called.
func keepWatch(ctx context.Context, sight watch.Sight, keeper *alarming.Keeper, settings *config.Worker, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var kept sync.WaitGroup
	kept.Go(func() { sight.Keep(ctx, settings.InstanceNames, log) })
	kept.Go(func() { keeper.Keep(ctx) })
	return func() {
		cancel()
		kept.Wait()
	}
}

// serve runs one worker for the workflows and two for each B1 company, as far as this process has these lanes, until ctx
// ends; then it waits for what is in hand.
func serve(ctx context.Context, c client.Client, settings *config.Worker, a *activities.Activities, log *slog.Logger) error {
	fatal, onFatal := firstFatal()
	workers := lanes(c, settings, a, onFatal)
	for n, w := range workers {
		if err := w.Start(); err != nil {
			stopAll(workers[:n])
			return fmt.Errorf("worker does not start: %w", err)
		}
	}
	log.Info("worker started", "version", version.String(), "revision", version.Revision(), "instances", settings.InstanceNames, "task_queue", settings.TaskQueue, "lanes", settings.Lanes)
	telling, enough := context.WithCancel(ctx)
	var told sync.WaitGroup
	told.Go(func() { tellVersion(telling, c, settings, log) })
	defer func() {
		enough()
		told.Wait()
	}()
	var err error
	select {
	case <-ctx.Done():
	case err = <-fatal:
	}
	log.Info("worker stops; it finishes the orders that it has in hand", "at_most", settings.StopTimeout.String())
	stopAll(workers)
	log.Info("worker stopped")
	return err
}

// firstFatal gives the first error that is told to onFatal: the reason to stop. Those of the other workers are mostly the same, and none of
// them waits for a reader, however many there are.
func firstFatal() (fatal <-chan error, onFatal func(error)) {
	first := make(chan error, 1)
	return first, func(err error) {
		select {
		case first <- err:
		default:
		}
	}
}

func lanes(c client.Client, settings *config.Worker, a *activities.Activities, onFatal func(error)) (workers []worker.Worker) {
	if settings.Has(config.LaneSync) {
		workers = append(workers, mainWorker(c, settings, a, onFatal))
	}
	for _, i := range settings.All {
		if settings.Has(config.LaneB1) {
			workers = append(workers, b1Worker(c, settings, i, a, onFatal), atOnceWorker(c, settings, i, a, onFatal))
		}
	}
	return workers
}

// stopAll stops the workers side by side: each may wait for its own work.
func stopAll(workers []worker.Worker) {
	var wg sync.WaitGroup
	for _, w := range workers {
		wg.Go(w.Stop)
	}
	wg.Wait()
}

func mainWorker(c client.Client, settings *config.Worker, a *activities.Activities, onFatal func(error)) worker.Worker {
	w := worker.New(c, settings.TaskQueue, worker.Options{
		WorkerStopTimeout:           settings.StopTimeout,
		DisableRegistrationAliasing: true,
		DeploymentOptions:           deployment(settings),
		OnFatalError:                onFatal,
		Interceptors:                []interceptor.WorkerInterceptor{&keepAlive{}},
		WorkflowTaskPollerBehavior:  worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{}),
	})
	w.RegisterWorkflowWithOptions(workflows.SyncOrders, workflow.RegisterOptions{Name: "SyncOrders"})
	w.RegisterWorkflowWithOptions(workflows.InsertOrder, workflow.RegisterOptions{Name: "InsertOrder"})
	w.RegisterWorkflowWithOptions(workflows.ResyncOrders, workflow.RegisterOptions{Name: "ResyncOrders"})
	w.RegisterWorkflowWithOptions(workflows.BackfillOrders, workflow.RegisterOptions{Name: "BackfillOrders"})
	w.RegisterWorkflowWithOptions(workflows.PostImports, workflow.RegisterOptions{Name: "PostImports"})
	w.RegisterWorkflowWithOptions(workflows.Reconcile, workflow.RegisterOptions{Name: "Reconcile"})
	w.RegisterWorkflowWithOptions(workflows.TakeHints, workflow.RegisterOptions{Name: "TakeHints"})
	w.RegisterActivity(a)
	return w
}

// b1Worker takes orders to one B1 company, never more at once than it allows.
func b1Worker(c client.Client, settings *config.Worker, i config.Instance, a *activities.Activities, onFatal func(error)) worker.Worker {
	w := worker.New(c, workflows.B1TaskQueue(i.Name), worker.Options{
		WorkerStopTimeout:                  settings.StopTimeout,
		DisableWorkflowWorker:              true,
		DeploymentOptions:                  deployment(settings),
		MaxConcurrentActivityExecutionSize: i.B1.MaxCalls,
		TaskQueueActivitiesPerSecond:       i.B1.OrdersPerSecond,
		OnFatalError:                       onFatal,
		Interceptors:                       []interceptor.WorkerInterceptor{&keepAlive{}},
	})
	w.RegisterActivity(a)
	return w
}

// atOnceWorker runs the workflows of orders, which try them at once: as many as B1 may have in hand, and beside them those that only
// take note of an end. More wait at the server, where they cost nothing. It is a worker by itself so that both stop side by side.
func atOnceWorker(c client.Client, settings *config.Worker, i config.Instance, a *activities.Activities, onFatal func(error)) worker.Worker {
	w := worker.New(c, workflows.B1TaskQueue(i.Name), worker.Options{
		WorkerStopTimeout:                      settings.StopTimeout,
		DisableRegistrationAliasing:            true,
		LocalActivityWorkerOnly:                true,
		DeploymentOptions:                      deployment(settings),
		MaxConcurrentWorkflowTaskExecutionSize: i.B1.MaxCalls + notingTasks,
		MaxConcurrentWorkflowTaskPollers:       notingTasks,
		OnFatalError:                           onFatal,
	})
	w.RegisterWorkflowWithOptions(workflows.InsertOrder, workflow.RegisterOptions{Name: "InsertOrder"})
	w.RegisterActivity(a)
	return w
}

// notingTasks is how many tasks are asked for, or only take note of an end, while all the others take orders to B1.
const notingTasks = 4

// instances makes the clients of every shop and company.
func instances(settings *config.Worker, db *store.Store, log *slog.Logger, shown *telemetry.Telemetry) (all []activities.Instance, companies []*sapb1.Client, err error) {
	for _, i := range settings.All {
		shop, err := i.Magento.ClientWith(shown.MagentoCalls(i.Name))
		if err != nil {
			return nil, nil, err
		}
		company, err := i.B1.ClientWith(newAlarm(db, log, i.B1.Company(), i.B1.AlarmAfter).tell, shown.B1Calls(i.Name))
		if err != nil {
			return nil, nil, err
		}
		companies = append(companies, company)
		shown.WatchB1(i.Name, func() (l telemetry.Load) {
			l.InFlight, l.Concurrency, l.Open = company.Load()
			return l
		})
		reader := &magento.Reader{Client: shop, PageSize: i.Magento.PageSize, Settle: i.Magento.Settle}
		all = append(all, activities.Instance{
			Name: i.Name, Shop: shop, Writer: shop, ShopTimeout: i.Magento.Timeout, ShopSettle: i.Magento.WriteSettle,
			Pages: reader, Ranges: reader,
			// A reader of its own: what an order weighs that is read by its keys alone says nothing about whole ones.
			Accounts: &magento.Reader{Client: shop, PageSize: i.Magento.PageSize}, Books: company,
			SyncFrom: i.Magento.From(), Overlap: i.Magento.Overlap,
			AtOnce: settings.Has(config.LaneB1) && i.B1.OrdersPerSecond == 0, StopTimeout: settings.StopTimeout, Paced: i.B1.OrdersPerSecond > 0,
			Company: company, CompanyID: i.B1.Company(), LedgerTable: i.B1.LedgerTable, SeesAll: i.B1.SeesAll, Rules: i.Rules, CallTimeout: i.B1.Timeout, Settle: i.B1.Settle, Looks: i.B1.Looks,
			Posted: shown.Posted(i.Name),
		})
	}
	return all, companies, nil
}

// warnInsecure says at each start that the certificate of a B1 is not checked: what was meant for a trial must not go on unseen.
func warnInsecure(settings *config.Worker, log *slog.Logger) {
	for _, i := range settings.All {
		if i.B1.Insecure {
			log.Warn("B1_INSECURE is on: the certificate of the Service Layer is NOT checked, anybody on the way can read the password and change orders; give B1_CA_FILE instead", "instance", i.Name)
		}
	}
}

// closing runs an end-of-life call with a limit and reports when it fails.
func closing(log *slog.Logger, what string, end func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := end(ctx); err != nil && !errors.Is(err, context.Canceled) {
		log.Warn("not closed cleanly", "what", what, "error", err)
	}
}

// quiet lets only warnings and errors of the Temporal SDK through: retries and held orders are seen in Temporal and in
// the order desk.
func quiet(log *slog.Logger) *slog.Logger {
	return slog.New(&levelHandler{Handler: log.Handler(), least: slog.LevelError})
}

type levelHandler struct {
	slog.Handler
	least slog.Level
}

// Enabled drops records below the least level.
func (h *levelHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.least }

// WithAttrs keeps the level on derived handlers.
func (h *levelHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &levelHandler{Handler: h.Handler.WithAttrs(attrs), least: h.least}
}

// WithGroup keeps the level on derived handlers.
func (h *levelHandler) WithGroup(name string) slog.Handler {
	return &levelHandler{Handler: h.Handler.WithGroup(name), least: h.least}
}
