// Package testkit gives tests the real parts: a Temporal server, and the MongoDB driver on a store. With
// TEST_TEMPORAL_ADDRESS or TEST_MONGODB_URI set it uses those servers; otherwise it starts bin/temporal and bin/mongod
// once for each test process. Tests share servers and stay apart by names: Name gives a new one.
package testkit

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"google.golang.org/protobuf/types/known/durationpb"

	"datawald/sandbox/process"
	"datawald/sandbox/workshop"
	"datawald/store"
)

// startLimit bounds the start of a server on a busy machine.
const startLimit = 90 * time.Second

var (
	mongoOnce, temporalOnce sync.Once
	mongoURI, temporalAddr  string
	mongoErr, temporalErr   error
	cleanups                []func()
	cleanupLock             sync.Mutex
)

// Main runs the tests of a package and ends the servers it started. Call it from TestMain.
func Main(m *testing.M) {
	code := m.Run()
	cleanupLock.Lock()
	for i := len(cleanups) - 1; i >= 0; i-- {
		cleanups[i]()
	}
	cleanupLock.Unlock()
	os.Exit(code)
}

// AtEnd has f called when the tests of the package have ended.
func AtEnd(f func()) {
	cleanupLock.Lock()
	defer cleanupLock.Unlock()
	cleanups = append(cleanups, f)
}

// Name gives a name that no other test has: fit for an instance, a task queue or a database.
func Name(t testing.TB) string {
	t.Helper()
	return "t" + strconv.FormatInt(time.Now().UnixNano(), 36)
}

// MongoURI is the address of the store.
func MongoURI(t testing.TB) string {
	t.Helper()
	mongoOnce.Do(func() { mongoURI, mongoErr = startMongo() })
	if mongoErr != nil {
		t.Fatal(mongoErr)
	}
	return mongoURI
}

// Store opens a database of its own for the test, and drops it at the end.
func Store(t testing.TB) *store.Store {
	t.Helper()
	s, _ := Database(t)
	return s
}

// Database is Store with the database's name, for tests that start processes.
func Database(t testing.TB) (*store.Store, string) {
	t.Helper()
	s, name, drop := Open(t)
	t.Cleanup(drop)
	return s, name
}

// Open is Database for tests that need many of them, one after the other; drop ends one.
func Open(t testing.TB) (s *store.Store, name string, drop func()) {
	t.Helper()
	uri, name := MongoURI(t), Name(t)
	s, err := store.Open(t.Context(), uri, name)
	if err != nil {
		t.Fatal(err)
	}
	return s, name, func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Log("close store:", err)
		}
		dropDatabase(ctx, t, uri, name)
	}
}

func dropDatabase(ctx context.Context, t testing.TB, uri, name string) {
	c, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Log("drop database:", err)
		return
	}
	defer c.Disconnect(ctx)
	if err := c.Database(name).Drop(ctx); err != nil {
		t.Log("drop database:", err)
	}
}

// TemporalAddress is host:port of the Temporal server.
func TemporalAddress(t testing.TB) string {
	t.Helper()
	temporalOnce.Do(func() { temporalAddr, temporalErr = startTemporal() })
	if temporalErr != nil {
		t.Fatal(temporalErr)
	}
	return temporalAddr
}

// Temporal connects to the Temporal server.
func Temporal(t testing.TB) client.Client {
	t.Helper()
	return dial(t, TemporalAddress(t))
}

// Namespace makes a namespace of its own for the test on the Temporal server, with nothing in it, and connects to it.
func Namespace(t testing.TB) (c client.Client, name string) {
	t.Helper()
	name = Name(t)
	_, err := Temporal(t).WorkflowService().RegisterNamespace(t.Context(), &workflowservice.RegisterNamespaceRequest{
		Namespace: name, WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	c = dialTo(t, TemporalAddress(t), name)
	for deadline := time.Now().Add(startLimit); ; time.Sleep(100 * time.Millisecond) { // the server hears of it by and by
		if _, err = c.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{}); err == nil {
			return c, name
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

func dial(t testing.TB, address string) client.Client {
	t.Helper()
	return dialTo(t, address, client.DefaultNamespace)
}

func dialTo(t testing.TB, address, namespace string) client.Client {
	t.Helper()
	c, err := client.DialContext(t.Context(), client.Options{HostPort: address, Namespace: namespace, Logger: log.NewStructuredLogger(Silent())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// TemporalWith starts a Temporal server of its own with these flags of start-dev more, for a test that needs other limits.
func TemporalWith(t testing.TB, flags ...string) client.Client {
	t.Helper()
	address, err := launchTemporal(flags...)
	if err != nil {
		t.Fatal(err)
	}
	return dial(t, address)
}

func startMongo() (string, error) {
	if uri := os.Getenv("TEST_MONGODB_URI"); uri != "" {
		return uri, nil
	}
	dir, err := os.MkdirTemp("", "datawald-store-")
	if err != nil {
		return "", err
	}
	portFile := filepath.Join(dir, "port")
	address := func(context.Context) error {
		b, err := os.ReadFile(portFile)
		if err == nil && strings.TrimSpace(string(b)) == "" {
			err = fmt.Errorf("no port yet")
		}
		return err
	}
	err = start("mongod", dir, address, "--dbpath", filepath.Join(dir, "db"), "--port", "0", "--portfile", portFile)
	if err != nil {
		return "", err
	}
	b, err := os.ReadFile(portFile)
	if err != nil {
		return "", err
	}
	return "mongodb://" + strings.TrimSpace(string(b)) + "/", nil
}

func startTemporal() (string, error) {
	if address := os.Getenv("TEST_TEMPORAL_ADDRESS"); address != "" {
		return address, nil
	}
	return launchTemporal()
}

func launchTemporal(flags ...string) (string, error) {
	dir, err := os.MkdirTemp("", "datawald-temporal-")
	if err != nil {
		return "", err
	}
	port, err := process.FreePort()
	if err != nil {
		return "", err
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	ready := func(ctx context.Context) error {
		c, err := client.DialContext(ctx, client.Options{HostPort: address, Logger: log.NewStructuredLogger(Silent())})
		if err != nil {
			return err
		}
		c.Close()
		return nil
	}
	args := append([]string{"server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", strconv.Itoa(port), "--log-level", "never"}, append(workshop.OneShard(), flags...)...)
	err = start("temporal", dir, ready, args...)
	return address, err
}

// start runs one of our binaries until the tests end.
func start(name, dir string, ready func(context.Context) error, args ...string) error {
	path := filepath.Join(Root(), "bin", name)
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("bin/%s is missing: run make build first (%w)", name, err)
	}
	out, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		return err
	}
	p, err := process.Start(process.Spec{Name: name, Path: path, Args: args, Output: out})
	if err != nil {
		return err
	}
	AtEnd(func() {
		p.Stop(10 * time.Second)
		out.Close()
		os.RemoveAll(dir)
	})
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	if err := p.WaitFor(ctx, ready); err != nil {
		text, _ := os.ReadFile(out.Name())
		return fmt.Errorf("%w\n%s", err, text)
	}
	return nil
}

// Root is the folder of the project, found by its go.mod.
func Root() string {
	dir, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module datawald\n") {
			return dir
		}
		if parent := filepath.Dir(dir); parent != dir {
			dir = parent
			continue
		}
		panic("no go.mod of datawald above " + dir)
	}
}
