// Package config reads the settings of each process from the environment. A process that starts has settings that were
// checked, all of them, before it did anything else.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kelseyhightower/envconfig"

	"datawald/order"
)

// Store says where MongoDB is.
type Store struct {
	// MongoDBURI is a connection string, mongodb://host:27017/?replicaSet=rs0.
	MongoDBURI string `envconfig:"MONGODB_URI" default:"mongodb://127.0.0.1:27027/" secret:"MONGODB_URI"`
	// MongoDBDatabase is the name of the database.
	MongoDBDatabase string `envconfig:"MONGODB_DATABASE" default:"datawald"`
}

func (s Store) check() (problems []string) {
	if !strings.HasPrefix(s.MongoDBURI, "mongodb://") && !strings.HasPrefix(s.MongoDBURI, "mongodb+srv://") {
		problems = append(problems, "MONGODB_URI: want a connection string such as mongodb://host:27017/")
	}
	if s.MongoDBDatabase == "" {
		problems = append(problems, "MONGODB_DATABASE: is empty, want a name such as datawald")
	}
	return problems
}

// Temporal says where the Temporal service is, and how to get in. TLS comes from Temporal's own environment variables (TEMPORAL_TLS…,
// TEMPORAL_PROFILE), read by its client library.
type Temporal struct {
	// TemporalAddress is host:port of the frontend.
	TemporalAddress string `envconfig:"TEMPORAL_ADDRESS" default:"127.0.0.1:7233"`
	// TemporalNamespace holds the workflows; it must exist.
	TemporalNamespace string `envconfig:"TEMPORAL_NAMESPACE" default:"default"`
	// TaskQueue is where the workflows run; deployments that share a namespace need different ones.
	TaskQueue string `envconfig:"TEMPORAL_TASK_QUEUE" default:"datawald"`
	// APIKey lets in where the service asks for one, as Temporal Cloud does. With one the connection is by TLS.
	APIKey string `envconfig:"TEMPORAL_API_KEY" secret:"TEMPORAL_API_KEY"`
}

func (t Temporal) check() (problems []string) {
	if !strings.Contains(t.TemporalAddress, ":") {
		problems = append(problems, fmt.Sprintf("TEMPORAL_ADDRESS: is %q, want host:port", t.TemporalAddress))
	}
	if t.TemporalNamespace == "" {
		problems = append(problems, "TEMPORAL_NAMESPACE: is empty, want a name such as default")
	}
	if t.TaskQueue == "" {
		problems = append(problems, "TEMPORAL_TASK_QUEUE: is empty, want a name such as datawald")
	}
	return problems
}

// Logging is how a process speaks.
type Logging struct {
	// LogFormat is text or json.
	LogFormat string `envconfig:"LOG_FORMAT" default:"text"`
	// LogLevel is debug, info, warn or error.
	LogLevel string `envconfig:"LOG_LEVEL" default:"info"`
}

func (l Logging) check() (problems []string) {
	if l.LogFormat != "text" && l.LogFormat != "json" {
		problems = append(problems, fmt.Sprintf("LOG_FORMAT: is %q, want text or json", l.LogFormat))
	}
	var level slog.Level
	if level.UnmarshalText([]byte(l.LogLevel)) != nil {
		problems = append(problems, fmt.Sprintf("LOG_LEVEL: is %q, want debug, info, warn or error", l.LogLevel))
	}
	return problems
}

// Logger makes the process's logger; name says which process speaks.
func (l Logging) Logger(name string) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(l.LogLevel)) // checked when the settings were loaded
	options := &slog.HandlerOptions{Level: level}
	var h slog.Handler = slog.NewTextHandler(os.Stderr, options)
	if l.LogFormat == "json" {
		h = slog.NewJSONHandler(os.Stderr, options)
	}
	return slog.New(h).With("process", name)
}

// Instances names the shops; each has settings of its own.
type Instances struct {
	// InstanceNames lists the instances, separated by commas. The plain MAGENTO_… and B1_… settings serve the
	// instance main; another, say eu, has MAGENTO_EU_… and B1_EU_….
	InstanceNames []string `envconfig:"INSTANCES" default:"main"`
}

func (i Instances) check() (problems []string) {
	if len(i.InstanceNames) == 0 {
		problems = append(problems, "INSTANCES: is empty, want a name such as main")
	}
	seen := map[string]string{}
	for _, name := range i.InstanceNames {
		if !order.ValidInstance(name) {
			problems = append(problems, fmt.Sprintf("INSTANCES: %q: want 1 to 32 of a-z, 0-9, '-', '_'", name))
		}
		// '-' and '_' are one in the names of settings: two instances would be the same shop and the same company.
		settings := prefix("B1", name)
		switch other, taken := seen[settings]; {
		case taken && other == name:
			problems = append(problems, fmt.Sprintf("INSTANCES: %q is named twice", name))
		case taken:
			problems = append(problems, fmt.Sprintf("INSTANCES: %q has the same settings as %q, %s_…: want another name", name, other, settings))
		}
		seen[settings] = name
	}
	return problems
}

// checker is a group of settings that knows its own limits.
type checker interface{ check() []string }

// load fills spec from the environment, and its secrets from their files, and collects every problem in one error, a line each. prefix is empty for the
// plain names.
func load(prefix string, spec any) []string {
	problems := append(process(prefix, spec), readSecrets(prefix, spec)...)
	v := reflect.ValueOf(spec).Elem()
	for i := range v.NumField() {
		if c, ok := v.Field(i).Interface().(checker); ok {
			problems = append(problems, c.check()...)
		}
	}
	return problems
}

// process runs envconfig until every value that cannot be read has been reported: envconfig itself stops at the first.
// A value at fault is set aside for the next round and put back at the end.
func process(prefix string, spec any) (problems []string) {
	type was struct{ name, value string }
	var aside []was
	defer func() {
		for _, w := range aside {
			os.Setenv(w.name, w.value)
		}
	}()
	for range 100 {
		err := envconfig.Process(prefix, spec)
		if err == nil {
			return problems
		}
		var parse *envconfig.ParseError
		if !errors.As(err, &parse) {
			return append(problems, err.Error())
		}
		problems = append(problems, fmt.Sprintf("%s: is %q, want %s", parse.KeyName, shown(parse.KeyName, parse.Value), wanted(parse.TypeName)))
		aside = append(aside, was{parse.KeyName, parse.Value})
		os.Unsetenv(parse.KeyName)
	}
	return problems
}

var secretName = regexp.MustCompile(`PASSWORD|SECRET|TOKEN|KEY`)

// shown keeps secrets out of messages.
func shown(name, value string) string {
	if secretName.MatchString(name) {
		return "(hidden)"
	}
	return value
}

func wanted(typeName string) string {
	switch {
	case typeName == "time.Duration":
		return "a duration such as 30s, 5m or 1h"
	case strings.HasPrefix(typeName, "[]int"):
		return "whole numbers separated by commas"
	case strings.HasPrefix(typeName, "int"), strings.HasPrefix(typeName, "uint"):
		return "a whole number"
	case strings.HasPrefix(typeName, "float"):
		return "a number"
	case typeName == "bool":
		return "true or false"
	}
	return "a " + typeName
}

func problemsError(process string, problems []string) error {
	if len(problems) == 0 {
		return nil
	}
	return fmt.Errorf("%s cannot start, its settings have %d problem(s):\n  %s", process, len(problems), strings.Join(problems, "\n  "))
}

// address checks host:port.
func address(name, v string) []string {
	_, port, err := net.SplitHostPort(v)
	if _, portErr := strconv.ParseUint(port, 10, 16); err != nil || portErr != nil {
		return []string{fmt.Sprintf("%s: is %q, want host:port such as 127.0.0.1:8080", name, v)}
	}
	return nil
}

// optional checks host:port that may be left out.
func optional(name, v string) []string {
	if v == "" {
		return nil
	}
	return address(name, v)
}

// each makes a problem of every line of err.
func each(prefix string, err error) (problems []string) {
	if err == nil {
		return nil
	}
	for line := range strings.Lines(err.Error()) {
		problems = append(problems, fmt.Sprintf("%s_…: %s", prefix, strings.TrimSpace(line)))
	}
	return problems
}

// missing reports settings that must be given.
func missing(values map[string]string) (problems []string) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if values[name] == "" {
			problems = append(problems, name+": is missing")
		}
	}
	return problems
}

// notNegative checks a duration that may be zero.
func notNegative(name string, d time.Duration) []string {
	if d < 0 {
		return []string{fmt.Sprintf("%s: is %s, want zero or more", name, d)}
	}
	return nil
}

// positive checks a duration that must be more than zero.
func positive(name string, d time.Duration) []string {
	if d <= 0 {
		return []string{fmt.Sprintf("%s: is %s, want more than zero", name, d)}
	}
	return nil
}

// between checks a number against its range.
func between(name string, n, low, high int) []string {
	if n < low || n > high {
		return []string{fmt.Sprintf("%s: is %d, want %d to %d", name, n, low, high)}
	}
	return nil
}
