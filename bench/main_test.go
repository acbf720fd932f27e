package main

import (
	"bufio"
	"context"
	"errors"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"datawald/sandbox/testkit"
)

// A program that is stopped says so, and does not end as one that has measured all; nor does an error that only has the end of some context in it. Fails
// without: the look at ctx, the code of any other error.
func TestExitCode(t *testing.T) {
	alive := t.Context()
	over, cancel := context.WithCancel(alive)
	cancel()
	for _, c := range []struct {
		ctx  context.Context
		err  error
		code int
		says string
	}{
		{alive, nil, 0, ""},
		{over, nil, 0, ""}, // it had ended when the signal came
		{alive, errors.New("no shop"), 1, "bench: no shop\n"},
		{alive, errors.Join(errors.New("steady: no shop"), context.Canceled), 1, "bench: steady: no shop\ncontext canceled\n"},
		{over, context.Canceled, 130, "bench: stopped before all was measured: context canceled\n"},
		{over, errors.New("worker: signal: killed"), 130, "bench: stopped before all was measured: worker: signal: killed\n"},
	} {
		var said strings.Builder
		if code := exitCode(c.ctx, &said, c.err); code != c.code || said.String() != c.says {
			t.Errorf("of %v it says %q and ends with %d, want %q and %d", c.err, said.String(), code, c.says, c.code)
		}
	}
}

// Ctrl-C while a case is measured. Fails without: the code in main.
func TestIsStopped(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, built(t), "all", "--quick")
	cmd.Dir = testkit.Root()
	says, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for lines := bufio.NewScanner(says); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if strings.HasPrefix(lines.Text(), "bench: 1 of ") { // it has begun
			if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 130 || !strings.Contains(said.String(), "stopped before all was measured") || strings.Contains(said.String(), "2 of ") {
		t.Errorf("it ends with %v, and says %q", err, said.String())
	}
}

// A measurement that others spoiled says so beside its line, a quiet one does not. Fails without: the bound in tell; the share of any case.
func TestTell_WhatOthersSpoiled(t *testing.T) {
	for _, m := range []struct{ quiet, spoiled result }{
		{&posted{Others: 0.1}, &posted{Others: 0.41}},
		{&backfilled{}, &backfilled{posted: posted{Others: 0.41}}},
		{&delays{Others: 0.1}, &delays{Others: 0.41}},
		{&measurement{Others: 0.1}, &measurement{Others: 0.41}},
	} {
		var line, said strings.Builder
		if err := tell(&line, &said, m.quiet); err != nil || said.Len() > 0 || !strings.HasPrefix(line.String(), "{") {
			t.Errorf("of a quiet %T it says %q beside %q: %v", m.quiet, said.String(), line.String(), err)
		}
		if err := tell(&line, &said, m.spoiled); err != nil || !strings.HasPrefix(said.String(), "bench: other programs took 41 % of the processors") || strings.Contains(line.String(), "bench:") {
			t.Errorf("of a spoiled %T it says %q beside %q: %v", m.spoiled, said.String(), line.String(), err)
		}
	}
}
