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

// Setting is the environment variable that arms a point: its name, or name:n for the n-th time that it is passed.
const Setting = "DATAWALD_FAILPOINT"

var (
	armed Point
	left  atomic.Int64
)

func init() {
	name, times, counted := strings.Cut(os.Getenv(Setting), ":")
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

// Hit kills this process at once (SIGKILL) when it passes the armed point for the last time that it was given.
func Hit(p Point) {
	if p == armed && left.Add(-1) == 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL) // ourselves, by id; there is no way to fail
		select {}                                      // nothing more happens in this goroutine
	}
}
