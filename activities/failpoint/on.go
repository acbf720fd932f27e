//go:build failpoints && unix

package failpoint

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// Setting is the environment variable that arms a point: its name, or name:n for the n-th time that it is passed. With an
// exclamation mark at its end the process is not killed there, but stands still (SIGSTOP) until somebody lets it go on (SIGCONT).
const Setting = "DATAWALD_FAILPOINT"

var (
	armed Point
	fate  = syscall.SIGKILL
	left  atomic.Int64
)

func init() {
	setting, stop := strings.CutSuffix(os.Getenv(Setting), "!")
	if stop {
		fate = syscall.SIGSTOP
	}
	name, times, counted := strings.Cut(setting, ":")
	armed = Point(name)
	left.Store(1)
	if counted {
		n, err := strconv.Atoi(times)
		if err != nil || n < 1 {
			fmt.Fprintf(os.Stderr, "%s: %q is no count\n", Setting, times)
			os.Exit(2)
		}
		left.Store(int64(n))
	}
}

// Hit ends this process at once, or stops it, when it passes the armed point for the last time that it was given.
func Hit(p Point) {
	if p != armed || left.Add(-1) != 0 {
		return
	}
	_ = syscall.Kill(os.Getpid(), fate) // ourselves, by id; there is no way to fail
	if fate == syscall.SIGKILL {
		select {} // nothing more happens in this goroutine
	}
}
