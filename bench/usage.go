package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
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

// peak is VmHWM of /proc/<pid>/status, in MB of 1,000,000 bytes.
func peak(pid int) float64 { return round(status(pid, "VmHWM:") / 1e6) }

// resident is VmRSS of /proc/<pid>/status, in bytes.
func resident(pid int) float64 { return status(pid, "VmRSS:") }

// status reads a line of /proc/<pid>/status that is in kB of 1,024 bytes, and gives bytes.
func status(pid int, name string) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, name); ok {
			kilobytes, _ := strconv.ParseFloat(strings.Fields(value)[0], 64)
			return kilobytes * 1024
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

// processorTimes adds up what all processes took.
func processorTimes(parts map[string]usage) (seconds float64) {
	for _, u := range parts {
		seconds += u.CPUSeconds
	}
	return seconds
}

// machineTime is the processor time of all programs of this machine, in seconds.
func machineTime() float64 {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	return busyTime(string(text))
}

// busyTime reads the first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq and steal (proc(5)). Idle, waiting and stolen time
// is nobody's.
func busyTime(text string) (seconds float64) {
	line, _, _ := strings.Cut(text, "\n")
	for n, field := range strings.Fields(line) {
		if n == 1 || n == 2 || n == 3 || n == 6 || n == 7 {
			ticks, _ := strconv.ParseFloat(field, 64)
			seconds += ticks / ticksPerSecond
		}
	}
	return seconds
}

// othersShare is the share of the machine's processors that other programs than ours took, of a time in which all together were busy so many
// seconds.
func othersShare(busy, ours float64, took time.Duration) float64 {
	return round(max(busy-ours, 0) / (took.Seconds() * float64(runtime.NumCPU())))
}

func round(f float64) float64 { return math.Round(f*100) / 100 }
