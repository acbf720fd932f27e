package deploy_test

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"datawald/config"
)

// How hard B1 is pressed is B1_MAX_CALLS times the workers with its lane, so there must be a way to more workers without it; and
// what is started by default has both lanes, or orders would stay where they are. Fails without: WORKER_LANES of sync-worker, its
// profile, anything else that the worker has, and with WORKER_LANES at the worker.
func TestComposeCanAddWorkersThatLeaveB1Alone(t *testing.T) {
	c := load(t)
	worker, more := c.Services["worker"], c.Services["sync-worker"]
	if lanes := more.Environment["WORKER_LANES"]; lanes != config.LaneSync {
		t.Errorf("sync-worker has the lanes %q, want %q alone", lanes, config.LaneSync)
	}
	if !slices.Equal(more.Profiles, []string{"sync"}) || len(worker.Profiles) > 0 {
		t.Errorf("profiles: %v of sync-worker, %v of worker; want sync, and none", more.Profiles, worker.Profiles)
	}
	if lanes, set := worker.Environment["WORKER_LANES"]; set {
		t.Errorf("worker has the lanes %q, want those of .env, both by default", lanes)
	}
	same := more
	same.Profiles, same.Environment = worker.Profiles, worker.Environment
	if !reflect.DeepEqual(same, worker) {
		t.Errorf("sync-worker is not a worker but for its lanes:\n%+v\n%+v", more, worker)
	}
	for name, value := range worker.Environment {
		if more.Environment[name] != value {
			t.Errorf("sync-worker has %s=%q, and worker %q", name, more.Environment[name], value)
		}
	}
}

// A command that is copied from a page finds the service and the profile that it names.
func TestComposeCommandsOfThePagesNameWhatThereIs(t *testing.T) {
	c := load(t)
	profiles := map[string]bool{}
	for _, s := range c.Services {
		for _, p := range s.Profiles {
			profiles[p] = true
		}
	}
	named := 0
	for _, page := range []string{"README.md", "docs/operations.md", "docs/architecture.md", "docs/migration.md", ".env.example", "deploy/sandbox.env", "docker-compose.yml"} {
		text := read(t, page)
		for _, m := range regexp.MustCompile(`docker compose[^\n`+"`"+`]*`).FindAllString(text, -1) {
			for _, p := range regexp.MustCompile(`--profile (\S+)`).FindAllStringSubmatch(m, -1) {
				if named++; !profiles[p[1]] {
					t.Errorf("%s: %q: there is no profile %s", page, m, p[1])
				}
			}
			for _, s := range regexp.MustCompile(`--scale ([a-z-]+)=|run --rm (?:--no-deps )?([a-z-]+)|up -d ([a-z][a-z-]*)`).FindAllStringSubmatch(m, -1) {
				name := s[1] + s[2] + s[3]
				if _, ok := c.Services[name]; !ok {
					t.Errorf("%s: %q: there is no service %s", page, m, name)
				}
				named++
			}
		}
	}
	for _, page := range []string{"docs/operations.md", ".env.example", "deploy/sandbox.env", "docker-compose.yml"} {
		chosen := regexp.MustCompile(`COMPOSE_PROFILES=([a-z,]+)`).FindAllStringSubmatch(read(t, page), -1)
		if len(chosen) == 0 {
			t.Errorf("%s does not name COMPOSE_PROFILES: a profile that is given by hand is forgotten at the next up or down", page)
		}
		for _, m := range chosen {
			for _, p := range strings.Split(m[1], ",") {
				if named++; !profiles[p] {
					t.Errorf("%s: %s: there is no profile %s", page, m[0], p)
				}
			}
		}
	}
	if named < 10 {
		t.Errorf("the pages name %d services and profiles, want 10 or more: are they still read?", named)
	}
}

// An up without the number, or without the profile, undoes what was given by hand. So pages give both in files, and the example of the
// override names services that can be more than one. Fails without: the example in docs/operations.md, or with --scale in a command.
func TestPagesGiveNumbersAndProfilesInFiles(t *testing.T) {
	c := load(t)
	for _, page := range []string{"README.md", "docs/operations.md", "docs/architecture.md", "docs/migration.md", ".env.example", "deploy/sandbox.env", "docker-compose.yml"} {
		if found := regexp.MustCompile(`--scale|docker compose --profile`).FindString(read(t, page)); found != "" {
			t.Errorf("%s has %s, which the next up does not know of", page, found)
		}
	}
	replicas := 0
	for _, block := range regexp.MustCompile(`(?m)^ {6}services:\n(?: {8}.*\n)+`).FindAllString(read(t, "docs/operations.md"), -1) {
		var override compose
		if err := yaml.Unmarshal([]byte(block), &override); err != nil {
			t.Fatal(err)
		}
		for _, name := range sorted(override.Services) {
			s, ok := c.Services[name]
			if !ok {
				t.Errorf("the override names %s, which is no service", name)
			}
			if n := override.Services[name].Deploy.Replicas; n > 0 {
				if replicas++; s.ends() || len(s.Ports) > 0 || s.NetworkMode != "" {
					t.Errorf("%s cannot be there %d times", name, n)
				}
			}
		}
	}
	if replicas < 2 {
		t.Errorf("the overrides of docs/operations.md give the number of %d services, want those of both workers", replicas)
	}
}
