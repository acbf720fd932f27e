package alarm

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"datawald/store"
)

// Message is what people are told: one event, or all of a moment when those are many. It has names, counts and times, never an order or a buyer.
type Message struct {
	// ID is the same whenever the message comes again.
	ID string `json:"id"`
	// Subject says it in a line, Text as a whole.
	Subject string `json:"subject"`
	Text    string `json:"text"`
	Alarms  []Item `json:"alarms"`
}

// Item is one event of a message.
type Item struct {
	// ID is the same whenever the event is told again.
	ID       string    `json:"id"`
	Event    string    `json:"event"` // raised, changed, reminder, resolved; test
	Instance string    `json:"instance"`
	Alarm    string    `json:"alarm"`
	At       time.Time `json:"at"`
	Since    time.Time `json:"since,omitzero"`
	What     string    `json:"what"`
	Todo     string    `json:"todo,omitempty"`
	Count    int64     `json:"count,omitempty"`
}

// eventTest is that of a message that was asked for to see whether it comes.
const eventTest = "test"

// titles are what people call the alarms.
var titles = map[string]string{
	NoNewOrders: "No new orders", Lag: "Magento is not read", OldestPending: "Orders wait for B1", CircuitOpen: "B1 takes no orders",
	HeldOrders: "Many orders are held", Credentials: "The connector is refused", SchedulePaused: "The schedule is paused",
	ScheduleSkipping: "A run does not get on", Reconciliation: "The books do not agree", ReconciliationLate: "The books were not compared",
	WorkerGone: "No worker",
}

// Title is what people call an alarm.
func Title(name string) string { return titles[name] }

func newMessage(events []untold, zone *time.Location) Message {
	var m Message
	var ids []string
	for _, e := range events {
		i := Item{ID: fmt.Sprintf("%s/%s/%d", e.instance, e.name, e.Seq), Event: e.Kind, Instance: e.instance, Alarm: e.name, At: e.At, Since: e.Since,
			What: e.What, Todo: e.Todo, Count: e.Count}
		m.Alarms, ids = append(m.Alarms, i), append(ids, i.ID)
	}
	m.ID = strings.Join(ids, " ")
	if len(ids) > 1 {
		sum := sha256.Sum256([]byte(m.ID))
		m.ID = "digest/" + hex.EncodeToString(sum[:12])
	}
	m.Subject = subject(m.Alarms)
	m.Text = text(m.Alarms, zone)
	return m
}

// TestMessage is one that somebody asked for to see whether it comes.
func TestMessage(now time.Time) Message {
	i := Item{ID: fmt.Sprintf("test/%d", now.UnixNano()), Event: eventTest, At: now, What: "This is a test: nothing is amiss. Alarms of DataWald come this way."}
	return Message{ID: i.ID, Subject: "DataWald: a test message", Text: i.What, Alarms: []Item{i}}
}

func subject(all []Item) string {
	if len(all) == 1 {
		i := all[0]
		word := map[string]string{store.AlarmResolved: "over: ", store.AlarmReminder: "still: ", store.AlarmChanged: "changed: "}[i.Event]
		return fmt.Sprintf("DataWald %s: %s%s", i.Instance, word, Title(i.Alarm))
	}
	count := map[string]int{}
	for _, i := range all {
		count[i.Event]++
	}
	var parts []string
	for _, kind := range []string{store.AlarmRaised, store.AlarmChanged, store.AlarmReminder, store.AlarmResolved} {
		if n := count[kind]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, map[string]string{store.AlarmRaised: "raised", store.AlarmChanged: "changed", store.AlarmReminder: "still there", store.AlarmResolved: "over"}[kind]))
		}
	}
	return "DataWald: several alarms, " + strings.Join(parts, ", ")
}

func text(all []Item, zone *time.Location) string {
	var b strings.Builder
	for n, i := range all {
		if n > 0 {
			b.WriteString("\n")
		}
		switch i.Event {
		case store.AlarmResolved:
			fmt.Fprintf(&b, "OVER: %s (%s, %s) since %s\nIt was: %s\n", Title(i.Alarm), i.Instance, i.Alarm, clock(i.At, zone), i.What)
			continue
		case store.AlarmReminder:
			b.WriteString("STILL: ")
		case store.AlarmChanged:
			b.WriteString("CHANGED: ")
		default:
			b.WriteString("ALARM: ")
		}
		fmt.Fprintf(&b, "%s (%s, %s)", Title(i.Alarm), i.Instance, i.Alarm)
		if !i.Since.IsZero() {
			fmt.Fprintf(&b, ", since %s", clock(i.Since, zone))
		}
		fmt.Fprintf(&b, "\n%s\nWhat to do: %s\n", i.What, i.Todo)
	}
	return b.String()
}

func clock(t time.Time, zone *time.Location) string { return t.In(zone).Format("2006-01-02 15:04 MST") }
