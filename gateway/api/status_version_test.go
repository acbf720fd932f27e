package api_test

import (
	"testing"

	"datawald/version"
)

// Fails without: Version in statusOf.
func TestStatusSaysTheVersion(t *testing.T) {
	w := newWorld(t)
	var got struct{ Version string }
	w.get("/api/v1/status").ok(200, &got)
	if got.Version == "" || got.Version != version.String() {
		t.Errorf("version %q, want %q", got.Version, version.String())
	}
}
