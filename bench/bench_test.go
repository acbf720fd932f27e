package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"datawald/sandbox/testkit"
)

// The benchmark is run as `make bench` runs it, on a small backlog, both ways.
func TestReadingIsMeasured(t *testing.T) {
	program := filepath.Join(t.TempDir(), "bench")
	build := exec.Command("go", "build", "-o", program, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for through, flags := range map[string][]string{"activities": nil, "workflow": {"--temporal"}, "activities, again": {"--again"}} {
		t.Run(through, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
			defer cancel()
			var said bytes.Buffer
			cmd := exec.CommandContext(ctx, program, append([]string{"reading", "--orders", "250"}, flags...)...)
			cmd.Dir, cmd.Stderr = testkit.Root(), &said
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v\n%s", err, said.String())
			}
			var m measurement
			if err := json.Unmarshal(out, &m); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if m.Case != "reading" || m.Through != through || m.Orders != 250 || m.OrdersPerSecond <= 0 || m.BytesPerOrder < 7000 {
				t.Errorf("measured %+v", m)
			}
			for _, part := range []string{"reader", "store", "shop"} {
				if u := m.Parts[part]; u.PeakMB <= 0 && runtime.GOOS == "linux" {
					t.Errorf("of the %s it says %+v", part, u)
				}
			}
		})
	}
}
