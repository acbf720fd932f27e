package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"datawald/sandbox/process"
	"datawald/sandbox/testkit"
)

// visitor is somebody who has typed `make run`, on ports and in a folder of their own.
type visitor struct {
	t      *testing.T
	dir    string
	env    []string
	ports  map[string]string
	output *output
	run    *process.Process
}

// output is what a program has printed so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func newVisitor(t *testing.T) *visitor {
	t.Helper()
	v := &visitor{t: t, dir: t.TempDir(), ports: map[string]string{}}
	for name := range parts {
		port, err := process.FreePort()
		if err != nil {
			t.Fatal(err)
		}
		v.ports[name] = fmt.Sprintf("127.0.0.1:%d", port)
		v.env = append(v.env, name+"="+v.ports[name])
	}
	root := testkit.Root()
	v.env = append(v.env, "SANDBOX_DIR="+v.dir, "SANDBOX_BIN="+filepath.Join(root, "bin"), "RULES_FILE="+filepath.Join(root, "rules.example.yaml"),
		"SANDBOX_ORDERS=60", "SANDBOX_PLACE_EVERY=0s", "SYNC_INTERVAL=1s", "MONGODB_URI=", "TEMPORAL_ADDRESS=")
	return v
}

func (v *visitor) program(name string) string { return filepath.Join(testkit.Root(), "bin", name) }

// start types `make run` and waits for "started".
func (v *visitor) start() {
	v.t.Helper()
	v.output = &output{}
	var err error
	v.run, err = process.Start(process.Spec{Name: "sandbox", Path: v.program("sandbox"), Args: []string{"run"}, Env: v.env, Output: v.output})
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(v.stop)
	ctx, cancel := context.WithTimeout(v.t.Context(), 2*time.Minute)
	defer cancel()
	err = v.run.WaitFor(ctx, func(context.Context) error {
		if strings.Contains(v.output.String(), "started in") {
			return nil
		}
		return fmt.Errorf("not started yet")
	})
	if err != nil {
		v.t.Fatalf("%v\n%s", err, v.output)
	}
}

// stop presses Ctrl-C.
func (v *visitor) stop() {
	select {
	case <-v.run.Done():
		return
	default:
	}
	v.run.Stop(90 * time.Second)
	if err := v.run.Err(); err != nil {
		v.t.Errorf("sandbox ended with %v\n%s", err, v.output)
	}
}

// counts are the orders by state, as the command line says.
func (v *visitor) counts() map[string]int {
	v.t.Helper()
	cmd := exec.CommandContext(v.t.Context(), v.program("starter"), "status", "--json")
	cmd.Env = append(append(os.Environ(), v.env...), "MONGODB_URI=mongodb://"+v.ports["SANDBOX_MONGODB_ADDRESS"]+"/",
		"TEMPORAL_ADDRESS="+v.ports["SANDBOX_TEMPORAL_ADDRESS"])
	out, err := cmd.Output()
	if err != nil {
		v.t.Fatalf("starter status: %v\n%s", err, out)
	}
	var status struct{ Orders map[string]int }
	if err := json.Unmarshal(out, &status); err != nil {
		v.t.Fatalf("%v in %s", err, out)
	}
	return status.Orders
}

// get reads JSON from one of the parts.
func (v *visitor) get(setting, path string, into any) {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, "http://"+v.ports[setting]+path, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	if setting == "GATEWAY_ADDRESS" {
		req.Header.Set("Authorization", v.bearer())
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		v.t.Fatalf("GET %s: %s %v\n%s", path, res.Status, err, body)
	}
	if err := json.Unmarshal(body, into); err != nil {
		v.t.Fatal(err)
	}
}

// bearer is the header that the welcome tells programs to send.
func (v *visitor) bearer() string {
	v.t.Helper()
	m := bearerLine.FindStringSubmatch(v.output.String())
	if m == nil {
		v.t.Fatalf("the welcome does not tell the key:\n%s", v.output)
	}
	return m[1]
}

var bearerLine = regexp.MustCompile(`Authorization: (Bearer dw_\w+)`)

// settled waits until every order of the shop is in a state that is not pending, and the three books agree.
func (v *visitor) settled() map[string]int {
	v.t.Helper()
	var shop struct{ Orders int }
	v.get("SANDBOX_MAGENTO_ADDRESS", "/state", &shop)
	deadline := time.Now().Add(90 * time.Second)
	for {
		c := v.counts()
		total := 0
		for _, n := range c {
			total += n
		}
		if total == shop.Orders && c["pending"] == 0 {
			return c
		}
		if time.Now().After(deadline) {
			v.t.Fatalf("after 90 s: %v of %d orders\n%s", c, shop.Orders, v.output)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func (v *visitor) checkBooks(counts map[string]int) {
	v.t.Helper()
	var b1 struct {
		Count         int      `json:"count"`
		DuplicateKeys []string `json:"duplicate_keys"`
	}
	v.get("SANDBOX_B1_ADDRESS", "/state?summary=1", &b1)
	if b1.Count != counts["posted"] || len(b1.DuplicateKeys) != 0 {
		v.t.Errorf("B1 has %d orders, twice: %v; the store says %v", b1.Count, b1.DuplicateKeys, counts)
	}
	var gateway struct{ Orders map[string]int }
	v.get("GATEWAY_ADDRESS", "/api/v1/status", &gateway)
	for state, n := range counts {
		if gateway.Orders[state] != n {
			v.t.Errorf("the gateway says %d %s, the command line %d", gateway.Orders[state], state, n)
		}
	}
}

func TestRun_OrdersFlowThroughAKillAndARestart(t *testing.T) {
	v := newVisitor(t)
	v.start()
	v.killWorker()
	counts := v.settled()
	v.checkBooks(counts)
	if counts["posted"] < 40 {
		t.Errorf("counts %v, want most of 60 posted", counts)
	}
	v.stop()
	if !strings.Contains(v.output.String(), "stopped; the next run carries on") {
		t.Errorf("Ctrl-C ended with:\n%s", v.output)
	}
	v.start()
	again := v.settled()
	v.checkBooks(again)
	for state, n := range counts {
		if again[state] != n {
			t.Errorf("after a restart %d orders are %s, before %d", again[state], state, n)
		}
	}
}

var workerLine = regexp.MustCompile(`kill -9 (\d+)`)

// killWorker does what the welcome text proposes.
func (v *visitor) killWorker() {
	v.t.Helper()
	m := workerLine.FindStringSubmatch(v.output.String())
	if m == nil {
		v.t.Fatalf("the welcome does not name the worker's process:\n%s", v.output)
	}
	id, err := strconv.Atoi(m[1])
	if err != nil {
		v.t.Fatal(err)
	}
	if err := syscall.Kill(id, syscall.SIGKILL); err != nil {
		v.t.Fatal(err)
	}
}

func TestRun_APortInUseIsNamedWithItsSetting(t *testing.T) {
	v := newVisitor(t)
	for _, name := range []string{"SANDBOX_TEMPORAL_UI_ADDRESS", "GATEWAY_ADDRESS"} {
		l, err := net.Listen("tcp", v.ports[name])
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
	}
	cmd := exec.CommandContext(t.Context(), v.program("sandbox"), "run")
	cmd.Env = append(os.Environ(), v.env...)
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatalf("started all the same:\n%s", out)
	}
	for _, name := range []string{"SANDBOX_TEMPORAL_UI_ADDRESS", "GATEWAY_ADDRESS"} {
		if !strings.Contains(string(out), v.ports[name]) || !strings.Contains(string(out), "Set "+name) {
			t.Errorf("the message does not name %s and %s:\n%s", v.ports[name], name, out)
		}
	}
}

func TestSettings_AllProblemsAtOnce(t *testing.T) {
	v := newVisitor(t)
	cmd := exec.CommandContext(t.Context(), v.program("sandbox"), "run")
	cmd.Env = append(append(os.Environ(), v.env...), "GATEWAY_ADDRESS=0.0.0.0:0", "SANDBOX_MAGENTO_ADDRESS=nowhere", "SANDBOX_ORDERS=-1", "SANDBOX_B1_VERSION=3")
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatalf("started all the same:\n%s", out)
	}
	for _, name := range []string{"GATEWAY_ADDRESS", "SANDBOX_MAGENTO_ADDRESS", "SANDBOX_ORDERS", "SANDBOX_B1_VERSION"} {
		if !strings.Contains(string(out), name) {
			t.Errorf("the message does not name %s:\n%s", name, out)
		}
	}
}
