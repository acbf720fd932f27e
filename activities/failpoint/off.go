//go:build !(failpoints && unix)

package failpoint

// Hit does nothing in this build, nor on a system that has no SIGKILL.
func Hit(Point) {}
