package deploy_test

import (
	"reflect"
	"regexp"
	"slices"
	"testing"

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
	if named < 10 {
		t.Errorf("the pages name %d services and profiles, want 10 or more: are they still read?", named)
	}
}
