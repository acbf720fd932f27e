package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// profiler is added to a program that is built to be profiled. The programs of every day have nothing of it.
//
//go:embed profiler.go.txt
var profiler []byte

// profiled are the programs that are built so: the part that each becomes, and where it stands: module and folder, from the project's.
var profiled = []struct{ part, program, module, folder string }{
	{"worker", "worker", ".", "worker"},
	{"store", "mongod", "tools", "tools/mongod"},
}

// profileTo is what tells the profiler the folder, by the environment that all programs of a measurement have from this one.
const profileTo = "BENCH_PROFILE"

// buildProfiled makes a folder of programs in which those in profiled have the profiler, and the others are those of every day.
func (w *workshop) buildProfiled(ctx context.Context) error {
	bin := filepath.Join(w.Dir, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		return err
	}
	source := filepath.Join(w.Dir, "profiler.go")
	if err := os.WriteFile(source, profiler, 0o644); err != nil {
		return err
	}
	for _, p := range profiled {
		if err := os.RemoveAll(w.profileOf(p.program)); err != nil { // that of the measurement before
			return err
		}
		if err := build(ctx, source, p.module, p.folder, filepath.Join(bin, p.program)); err != nil {
			return err
		}
	}
	temporal, err := filepath.Abs(filepath.Join(w.Bin, "temporal"))
	if err != nil {
		return err
	}
	w.Bin = bin
	if err := os.Setenv(profileTo, w.profile); err != nil {
		return err
	}
	return os.Symlink(temporal, filepath.Join(bin, "temporal"))
}

// build builds a program with one source more, by go's -overlay.
func build(ctx context.Context, source, module, folder, to string) error {
	added, err := filepath.Abs(filepath.Join(folder, "bench_profiler.go"))
	if err != nil {
		return err
	}
	text, err := json.Marshal(map[string]map[string]string{"Replace": {added: source}})
	if err != nil {
		return err
	}
	overlay := to + ".overlay"
	if err := os.WriteFile(overlay, text, 0o644); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-overlay", overlay, "-o", to, filepath.Dir(added))
	cmd.Dir = module
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s to be profiled: %w\n%s", folder, err, said)
	}
	return nil
}

func (w *workshop) profileOf(program string) string { return filepath.Join(w.profile, program+".cpu") }

// endProfiles has all write what they took down until now, and waits until it is there.
func (w *workshop) endProfiles(ctx context.Context) error {
	if w.profile == "" {
		return nil
	}
	for _, p := range profiled {
		if err := syscall.Kill(w.Parts()[p.part].ID(), syscall.SIGUSR1); err != nil {
			return err
		}
		for {
			_, err := os.Stat(w.profileOf(p.program))
			if err == nil {
				break
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("no profile of the %s: %w", p.part, err)
			case <-time.After(20 * time.Millisecond): // it is looked for again
			}
		}
	}
	return nil
}
