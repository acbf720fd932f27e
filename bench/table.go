package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

// table makes of the lines that measurements have printed the tables of docs/benchmark.md.
type table struct{}

// Run reads the lines from the standard input.
func (table) Run() error { return tables(os.Stdin, os.Stdout) }

func tables(lines io.Reader, to io.Writer) error {
	backlogs, singles, err := measured(lines)
	if err != nil {
		return err
	}
	if len(backlogs) > 0 {
		write(to, postingTable(backlogs))
		write(to, processTable(backlogs))
	}
	if len(singles) > 0 {
		write(to, steadyTable(singles))
	}
	if small, large, ok := twoBacklogs(backlogs); ok {
		write(to, millionTable(small, large))
	}
	return nil
}

// measured reads what the cases posting and steady have printed; other lines are none of theirs.
func measured(lines io.Reader) (backlogs []posted, singles []delays, err error) {
	scanner := bufio.NewScanner(lines)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		line := bytes.TrimSpace(scanner.Bytes())
		if !bytes.HasPrefix(line, []byte("{")) {
			continue
		}
		var of struct {
			Case string `json:"case"`
		}
		if err := json.Unmarshal(line, &of); err != nil {
			return nil, nil, err
		}
		switch of.Case {
		case "posting":
			backlogs, err = added(backlogs, line)
		case "steady":
			singles, err = added(singles, line)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return backlogs, singles, scanner.Err()
}

func added[M any](all []M, line []byte) ([]M, error) {
	var m M
	err := json.Unmarshal(line, &m)
	return append(all, m), err
}

// write prints a table of Markdown, its first row the names of the columns.
func write(to io.Writer, rows [][]string) {
	for n, row := range rows {
		fmt.Fprintln(to, "| "+strings.Join(row, " | ")+" |")
		if n == 0 {
			fmt.Fprintln(to, "|"+strings.Repeat("---|", len(row)))
		}
	}
	fmt.Fprintln(to)
}

func postingTable(all []posted) [][]string {
	rows := [][]string{{"B1", "orders", "posted", "seconds", "orders/s", "in the middle", "B1's limit", "efficiency", "in the middle", "p50", "p99", "first", "tail",
		"events", "bytes", "actions", "others' CPU"}}
	for _, m := range all {
		rows = append(rows, []string{m.kind(), grouped(m.Orders), grouped(m.Posted), short(m.Seconds), short(m.OrdersPerSecond), short(m.MiddlePerSecond),
			optional(m.B1Limit, short), optional(m.Efficiency, percent), optional(m.MiddleEfficiency, percent), short(m.P50) + " s", short(m.P99) + " s",
			short(m.First) + " s", short(m.Tail) + " s", short(m.Temporal.Events), grouped(int(m.Temporal.Bytes)), fmt.Sprintf("%.2f", m.Temporal.Actions), othersText(m.Others)})
	}
	return rows
}

func processTable(all []posted) [][]string {
	parts := []string{"worker", "store", "temporal", "shop", "company"}
	rows := [][]string{append([]string{"B1", "orders", "CPU s per 1,000"}, parts...)}
	for _, m := range all {
		row := []string{m.kind(), grouped(m.Orders), short(m.CPUPer1000)}
		for _, part := range parts {
			u := m.Parts[part]
			row = append(row, fmt.Sprintf("%s MB, %s s", short(u.PeakMB), short(u.CPUSeconds)))
		}
		rows = append(rows, row)
	}
	return rows
}

func steadyTable(all []delays) [][]string {
	rows := [][]string{{"orders a second", "B1", "orders", "p50", "p90", "p99", "longest", "events", "actions", "CPU s per 1,000", "others' CPU"}}
	for _, m := range all {
		rows = append(rows, []string{short(m.PerSecond), short(m.PerCallMS) + " ms", grouped(m.Orders), short(m.P50) + " ms", short(m.P90) + " ms", short(m.P99) + " ms",
			short(m.Longest) + " ms", short(m.Temporal.Events), fmt.Sprintf("%.2f", m.Temporal.Actions), short(m.CPUPer1000), othersText(m.Others)})
	}
	return rows
}

// kind is what was measured, but for the number of orders.
func (m *posted) kind() string {
	text := fmt.Sprintf("%s ms, %d at once", short(m.PerCallMS), m.AtOnce)
	if m.Knee > 0 {
		text += fmt.Sprintf(", slower from %d on", m.Knee)
	}
	if m.Window != usualWindow {
		text += fmt.Sprintf(", window %d", m.Window)
	}
	return text
}

// usualWindow is SYNC_WINDOW where nobody gives another.
const usualWindow = 100

// short gives three digits that count, or all of a whole number.
func short(f float64) string {
	switch size := max(f, -f); {
	case size >= 100 || f == float64(int(f)):
		return grouped(int(f + 0.5))
	case size >= 10:
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	return strconv.FormatFloat(f, 'f', 2, 64)
}

// spoiled is the share of the machine from which on other programs spoil what is measured of time.
const spoiled = 0.10

// spoiledMark is put behind what other programs spoiled; share is what they took.
func spoiledMark(share float64) string {
	if share <= spoiled {
		return ""
	}
	return " (spoiled: others took " + percent(share) + ")"
}

// othersText tells the share of others, and that it spoils the row.
func othersText(share float64) string {
	if share <= spoiled {
		return percent(share)
	}
	return "**" + percent(share) + ": spoiled**"
}

func percent(f float64) string { return fmt.Sprintf("%.0f %%", 100*f) }

func optional(f *float64, text func(float64) string) string {
	if f == nil {
		return ""
	}
	return text(*f)
}

// grouped writes 20000 as 20,000.
func grouped(n int) string {
	if n < 0 {
		return "-" + grouped(-n)
	}
	text := strconv.Itoa(n)
	var groups []string
	for len(text) > 3 {
		groups, text = append(groups, text[len(text)-3:]), text[:len(text)-3]
	}
	slices.Reverse(groups)
	return strings.Join(append([]string{text}, groups...), ",")
}
