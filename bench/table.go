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

func tables(from io.Reader, to io.Writer) error {
	all, err := readLines(from)
	if err != nil {
		return err
	}
	if rows, ok := targetTable(all); ok {
		write(to, "Against the targets", rows)
	}
	if backlogs := all.posting(); len(backlogs) > 0 {
		write(to, "Posting", postingTable(backlogs))
		write(to, "Processes", processTable(backlogs))
	}
	if len(all.backfills) > 0 {
		write(to, "Backfills", backfillTable(all.backfills))
	}
	if len(all.singles) > 0 {
		write(to, "Single orders", steadyTable(all.singles))
	}
	if small, large, ok := twoBacklogs(all.backlogs); ok {
		write(to, "A million orders", millionTable(small, large))
	}
	return nil
}

// lines are what the cases posting, backfill and steady have printed.
type lines struct {
	backlogs  []posted
	backfills []backfilled
	singles   []delays
}

// posting is what the backlogs and the backfills have in common.
func (all lines) posting() []posted {
	both := slices.Clone(all.backlogs)
	for _, m := range all.backfills {
		both = append(both, m.posted)
	}
	return both
}

// readLines leaves out what is no line of theirs.
func readLines(from io.Reader) (all lines, err error) {
	scanner := bufio.NewScanner(from)
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
			return lines{}, err
		}
		switch of.Case {
		case "posting":
			all.backlogs, err = added(all.backlogs, line)
		case "backfill":
			all.backfills, err = added(all.backfills, line)
		case "steady":
			all.singles, err = added(all.singles, line)
		}
		if err != nil {
			return lines{}, err
		}
	}
	return all, scanner.Err()
}

func added[M any](all []M, line []byte) ([]M, error) {
	var m M
	err := json.Unmarshal(line, &m)
	return append(all, m), err
}

// write prints a table of Markdown under its title, its first row the names of the columns.
func write(to io.Writer, title string, rows [][]string) {
	fmt.Fprintf(to, "### %s\n\n", title)
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

func backfillTable(all []backfilled) [][]string {
	rows := [][]string{{"B1", "orders", "posted", "events", "its own", "of its parts", "bytes", "its own", "of its parts", "histories", "parts", "longest part",
		"fresh orders", "p50", "p99", "others' CPU"}}
	for _, m := range all {
		fresh := []string{"", "", ""}
		if f := m.Fresh; f != nil {
			fresh = []string{grouped(f.Orders), short(f.P50) + " ms", short(f.P99) + " ms"}
		}
		row := []string{m.kind(), grouped(m.Orders), grouped(m.Posted), short(m.Temporal.Events), fmt.Sprintf("%.2f", m.OwnEvents), short(m.PartEvents),
			grouped(int(m.Temporal.Bytes)), grouped(int(m.OwnBytes)), grouped(int(m.PartBytes)), grouped(m.OwnHistories), grouped(m.Begun), grouped(int(m.LongestPart)) + " events"}
		rows = append(rows, append(append(row, fresh...), othersText(m.Others)))
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
	usual := usualWindow
	if m.Case == "backfill" {
		text, usual = "backfill: "+text, usualBackfillWindow
	}
	if m.Knee > 0 {
		text += fmt.Sprintf(", slower from %d on", m.Knee)
	}
	if m.Window != usual {
		text += fmt.Sprintf(", window %d", m.Window)
	}
	return text
}

// What a run (SYNC_WINDOW) and a backfill have in hand where nobody gives another number.
const usualWindow, usualBackfillWindow = 100, 50

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
