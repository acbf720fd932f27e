package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sort"
	"strings"
)

// parts names what listens at an address, by its setting.
var parts = map[string]string{
	"SANDBOX_MONGODB_ADDRESS":     "the store",
	"SANDBOX_TEMPORAL_ADDRESS":    "Temporal",
	"SANDBOX_TEMPORAL_UI_ADDRESS": "the Temporal UI",
	"SANDBOX_MAGENTO_ADDRESS":     "the Magento simulator",
	"SANDBOX_B1_ADDRESS":          "the B1 simulator",
	"GATEWAY_ADDRESS":             "the gateway",
}

// prepare makes the folder for the state and checks that every address is free, before anything is started. only limits
// the check to some settings.
func prepare(s *settings, only ...string) error {
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return fmt.Errorf("SANDBOX_DIR: %w", err)
	}
	var taken []string
	for name, address := range s.addresses() {
		if len(only) > 0 && !slices.Contains(only, name) {
			continue
		}
		l, err := net.Listen("tcp", address)
		if err != nil {
			taken = append(taken, fmt.Sprintf("%s (%s) cannot be used: %v. Set %s to another, for example %s=127.0.0.1:%d.",
				address, parts[name], rootCause(err), name, name, suggestion()))
			continue
		}
		l.Close()
	}
	if len(taken) == 0 {
		return nil
	}
	sort.Strings(taken)
	return fmt.Errorf("The sandbox cannot start:\n  %s", strings.Join(taken, "\n  "))
}

func rootCause(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err
	}
	return err
}

// suggestion is a port that is free now.
func suggestion() int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 18080
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
