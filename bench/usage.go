package main

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
)

// usage is what a process has taken.
type usage struct {
	// PeakMB is the most memory that it ever had resident, in MB of 1,000,000 bytes.
	PeakMB float64 `json:"peak_mb"`
	// CPUSeconds is the time of all its threads, in user and system mode.
	CPUSeconds float64 `json:"cpu_seconds"`
}

// ticksPerSecond is the unit of /proc/<pid>/stat, the same on all Linux systems that Go runs on (proc(5), sysconf(3)).
const ticksPerSecond = 100

// usageOf reads the figures of a process from /proc; where there is none they are zero.
func usageOf(pid int) usage {
	return usage{PeakMB: peak(pid), CPUSeconds: processorTime(pid)}
}

// peak is VmHWM of /proc/<pid>/status, which is in kB of 1,024 bytes.
func peak(pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kilobytes, _ := strconv.ParseFloat(strings.Fields(value)[0], 64)
			return round(kilobytes * 1024 / 1e6)
		}
	}
	return 0
}

// processorTime adds utime and stime of /proc/<pid>/stat: the 12th and 13th field behind the name, which ends in ")".
func processorTime(pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / ticksPerSecond
}

// usages are the figures of all processes that run now.
func (w *workshop) usages() map[string]usage {
	all := map[string]usage{}
	for name, p := range w.Parts() {
		all[name] = usageOf(p.ID())
	}
	return all
}

// since leaves out the processor time that was spent before.
func since(before, after map[string]usage) map[string]usage {
	for name, u := range after {
		u.CPUSeconds = round(u.CPUSeconds - before[name].CPUSeconds)
		after[name] = u
	}
	return after
}

func round(f float64) float64 { return math.Round(f*100) / 100 }
