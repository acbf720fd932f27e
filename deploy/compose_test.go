package deploy_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"datawald/config"
)

// compose is what the tests look at in docker-compose.yml.
type compose struct {
	Services map[string]service        `yaml:"services"`
	Networks map[string]map[string]any `yaml:"networks"`
	Volumes  map[string]any            `yaml:"volumes"`
	Secrets  map[string]struct {
		File string `yaml:"file"`
	} `yaml:"secrets"`
}

type service struct {
	Image         string               `yaml:"image"`
	Command       []string             `yaml:"command"`
	Profiles      []string             `yaml:"profiles"`
	Build         any                  `yaml:"build"`
	ContainerName string               `yaml:"container_name"`
	EnvFile       any                  `yaml:"env_file"`
	Environment   map[string]string    `yaml:"environment"`
	Secrets       []string             `yaml:"secrets"`
	Ports         []string             `yaml:"ports"`
	NetworkMode   string               `yaml:"network_mode"`
	Networks      []string             `yaml:"networks"`
	Volumes       []any                `yaml:"volumes"`
	DependsOn     map[string]condition `yaml:"depends_on"`
	Healthcheck   map[string]any       `yaml:"healthcheck"`
	Restart       string               `yaml:"restart"`
	ReadOnly      bool                 `yaml:"read_only"`
	Deploy        struct {
		Replicas  int `yaml:"replicas"`
		Resources struct {
			Limits map[string]string `yaml:"limits"`
		} `yaml:"resources"`
	} `yaml:"deploy"`
}

type condition struct {
	Condition string `yaml:"condition"`
}

// ours reports whether the service runs one of our programs.
func (s service) ours() bool { return s.Build != nil }

// ends reports whether the service does one thing and ends.
func (s service) ends() bool { return s.Restart == "no" || strings.HasPrefix(s.Restart, "on-failure") }

func load(t *testing.T) compose {
	t.Helper()
	var c compose
	if err := yaml.Unmarshal([]byte(read(t, "docker-compose.yml")), &c); err != nil {
		t.Fatal(err)
	}
	if len(c.Services) < 10 {
		t.Fatalf("docker-compose.yml: %d services are read, want all of them", len(c.Services))
	}
	return c
}

// each runs a check on every service.
func each(t *testing.T, check func(t *testing.T, c compose, name string, s service)) {
	t.Helper()
	c := load(t)
	for _, name := range sorted(c.Services) {
		t.Run(name, func(t *testing.T) { check(t, c, name, c.Services[name]) })
	}
}

func TestComposePublishesTheGatewayAlone(t *testing.T) {
	c := load(t)
	network, _ := strings.CutPrefix(c.Services["gateway"].NetworkMode, "service:")
	for _, name := range sorted(c.Services) {
		for _, port := range c.Services[name].Ports {
			if name != network && name != "grafana" {
				t.Errorf("%s publishes %s; only the network of the gateway, %s, and Grafana may publish a port", name, port, network)
			}
			if !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s publishes %s; want it on 127.0.0.1 alone", name, port)
			}
		}
	}
	if n := len(c.Services[network].Ports); n != 1 {
		t.Errorf("%s publishes %d ports, want that of the gateway", network, n)
	}
}

// Whoever tells people of alarms has a way out, if only for the trial of it. Fails without: outside at the starter.
func TestComposeWhoTellsPeopleHasAWayOut(t *testing.T) {
	each(t, func(t *testing.T, c compose, _ string, s service) {
		if network, shared := strings.CutPrefix(s.NetworkMode, "service:"); shared {
			s.Networks = c.Services[network].Networks
		}
		if slices.Contains(s.Secrets, "ALARM_WEBHOOK_URL") && !slices.Contains(s.Networks, "outside") {
			t.Errorf("it tells people of alarms and is on the networks %v alone", s.Networks)
		}
	})
}

func TestComposePinsImages(t *testing.T) {
	each(t, func(t *testing.T, _ compose, _ string, s service) {
		_, tag, _ := strings.Cut(s.Image, ":")
		switch {
		case s.ours() && tag == "local":
		case tag == "" || tag == "latest" || !regexp.MustCompile(`^v?\d+\.\d+\.\d+|^\d+\.\d+-`).MatchString(tag):
			t.Errorf("image %q: want a tag with a whole version", s.Image)
		}
	})
}

func TestComposeServicesStayUpOrEnd(t *testing.T) {
	each(t, func(t *testing.T, _ compose, _ string, s service) {
		if !s.ends() && s.Restart != "unless-stopped" {
			t.Errorf("restart: %q: want unless-stopped, or on-failure:n or no for what ends by itself", s.Restart)
		}
		if s.Deploy.Resources.Limits["memory"] == "" || s.Deploy.Resources.Limits["cpus"] == "" {
			t.Error("deploy.resources.limits: want cpus and memory")
		}
		if s.ContainerName != "" {
			t.Error("container_name: with it the service cannot be scaled")
		}
	})
}

func TestComposeOrderOfStarting(t *testing.T) {
	each(t, func(t *testing.T, c compose, _ string, s service) {
		for _, name := range sorted(s.DependsOn) {
			target, ok := c.Services[name]
			if !ok {
				t.Errorf("depends_on: there is no service %s", name)
				continue
			}
			switch s.DependsOn[name].Condition {
			case "service_healthy":
				if target.Healthcheck == nil {
					t.Errorf("depends_on: %s has no healthcheck and never gets healthy", name)
				}
			case "service_completed_successfully":
				if !target.ends() {
					t.Errorf("depends_on: %s does not end", name)
				}
			case "service_started":
			default:
				t.Errorf("depends_on: %s has the condition %q", name, s.DependsOn[name].Condition)
			}
		}
		if target, ok := strings.CutPrefix(s.NetworkMode, "service:"); ok {
			if _, depends := s.DependsOn[target]; !depends {
				t.Errorf("network_mode: %s is not in depends_on", target)
			}
		}
	})
}

// A gateway that shares a network ends when it is gone. Fails without: GATEWAY_SHARES_NETWORK in docker-compose.yml.
func TestComposeGatewayLeavesANetworkThatIsGone(t *testing.T) {
	each(t, func(t *testing.T, _ compose, _ string, s service) {
		if shares := strings.HasPrefix(s.NetworkMode, "service:"); s.ours() && shares != (s.Environment["GATEWAY_SHARES_NETWORK"] == "true") {
			t.Errorf("network_mode: %q, but GATEWAY_SHARES_NETWORK: %q", s.NetworkMode, s.Environment["GATEWAY_SHARES_NETWORK"])
		}
	})
}

func TestComposeSettingsAreKnown(t *testing.T) {
	programs, sandbox := example(t)
	each(t, func(t *testing.T, c compose, _ string, s service) {
		if !s.ours() {
			return
		}
		known := func(name string) bool {
			_, a := programs[name]
			_, b := sandbox[name]
			return a || b
		}
		for _, name := range sorted(s.Environment) {
			if !known(strings.TrimSuffix(name, "_FILE")) && !known(name) {
				t.Errorf("environment: %s is not in .env.example", name)
			}
		}
		for _, name := range s.Secrets {
			if !known(name) {
				t.Errorf("secrets: %s is not in .env.example", name)
			}
			if filepath.Base(c.Secrets[name].File) != name {
				t.Errorf("secrets: the file of %s is %s, want the same name", name, c.Secrets[name].File)
			}
		}
		if files := fmt.Sprint(s.EnvFile); files != "[deploy/secrets.env .env]" {
			t.Errorf("env_file: is %v, want the files of secrets, and .env, which counts more", files)
		}
	})
	if m := regexp.MustCompile(`\$\{?[A-Z_]+`).FindString(read(t, "docker-compose.yml")); m != "" {
		t.Errorf("docker-compose.yml uses the variable %s; settings belong into .env", m)
	}
}

func TestComposeNamesWhatItUses(t *testing.T) {
	each(t, func(t *testing.T, c compose, _ string, s service) {
		for _, name := range s.Secrets {
			if _, ok := c.Secrets[name]; !ok {
				t.Errorf("secrets: %s is not declared", name)
			}
		}
		for _, name := range s.Networks {
			if _, ok := c.Networks[name]; !ok {
				t.Errorf("networks: %s is not declared", name)
			}
		}
		for _, v := range s.Volumes {
			source := sourceOf(v)
			if !strings.HasPrefix(source, ".") {
				if _, ok := c.Volumes[source]; !ok {
					t.Errorf("volumes: %s is not declared", source)
				}
				continue
			}
			if source == "./rules.yaml" { // the operator's own
				continue
			}
			if _, err := os.Stat(filepath.Join("..", source)); err != nil {
				t.Errorf("volumes: %v", err)
			}
		}
	})
}

func sourceOf(volume any) string {
	if text, ok := volume.(string); ok {
		source, _, _ := strings.Cut(text, ":")
		return source
	}
	if m, ok := volume.(map[string]any); ok {
		if s, ok := m["source"].(string); ok {
			return s
		}
	}
	return ""
}

func TestComposeDatabasesHaveNoWayOut(t *testing.T) {
	c := load(t)
	if c.Networks["inside"]["internal"] != true {
		t.Error("networks: inside is not internal")
	}
	for _, name := range []string{"postgresql", "mongodb", "temporal", "temporal-ui"} {
		if !slices.Equal(c.Services[name].Networks, []string{"inside"}) {
			t.Errorf("%s is on the networks %v, want inside alone", name, c.Services[name].Networks)
		}
	}
}

// The image of our programs has neither a shell nor wget: their health checks are programs of ours. Fails without: --health in any of them, and
// with the health check of one taken out.
func TestComposeHealthChecksOfOurProgramsNeedNoOther(t *testing.T) {
	c := load(t)
	for _, name := range []string{"gateway", "simulators", "worker", "sync-worker"} {
		test, _ := c.Services[name].Healthcheck["test"].([]any)
		if len(test) < 3 || test[0] != "CMD" || !slices.Contains([]any{"gateway", "sandbox", "worker"}, test[1]) || test[len(test)-1] != "--health" {
			t.Errorf("%s: health check %v", name, test)
		}
	}
}

// A setting NAME_FILE of deploy/secrets.env is a secret that config reads from a file, and the file is mounted where a program reads it.
func TestSecretsOfTheFileAreMounted(t *testing.T) {
	c := load(t)
	named := 0
	for _, m := range regexp.MustCompile(`(?m)^#?([A-Z0-9_]+)_FILE=(.*)$`).FindAllStringSubmatch(read(t, "deploy/secrets.env"), -1) {
		named++
		if !config.IsSecret(m[1]) || m[2] != "/run/secrets/"+m[1] {
			t.Errorf("deploy/secrets.env: %s: want a secret of the programs, in /run/secrets", m[0])
		}
		mounted := false
		for _, name := range sorted(c.Services) {
			mounted = mounted || c.Services[name].ours() && slices.Contains(c.Services[name].Secrets, m[1])
		}
		if !mounted {
			t.Errorf("deploy/secrets.env: no service has %s", m[1])
		}
	}
	if named < 7 {
		t.Errorf("deploy/secrets.env names %d files, want 7 or more: is it still read?", named)
	}
	for _, name := range []string{"worker", "sync-worker", "starter", "gateway"} {
		if s := c.Services[name]; s.Environment["MONGODB_URI_FILE"] != "/run/secrets/MONGODB_URI" || !slices.Contains(s.Secrets, "MONGODB_URI") {
			t.Errorf("%s does not read MONGODB_URI from its secret", name)
		}
	}
}

// Whatever make-secrets.sh makes is declared, and the other way round.
func TestComposeSecretsAreMade(t *testing.T) {
	c := load(t)
	made := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^keep (\S+)`).FindAllStringSubmatch(read(t, "deploy/make-secrets.sh"), -1) {
		made[m[1]] = true
		if c.Secrets[m[1]].File != "deploy/secrets/"+m[1] {
			t.Errorf("make-secrets.sh makes %s, which docker-compose.yml does not declare as deploy/secrets/%s", m[1], m[1])
		}
	}
	for _, name := range sorted(c.Secrets) {
		if !made[name] {
			t.Errorf("make-secrets.sh does not make %s", name)
		}
	}
}

// An update brings secrets.env as it comes: make-secrets.sh names again what is filled in, and no more what is empty, once and for all. Before anything
// is filled in it stays as it comes. Fails without: the loop in make-secrets.sh.
func TestMakeSecretsNamesWhatIsFilledIn(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "make-secrets.sh"), read(t, "deploy/make-secrets.sh"))
	comes := read(t, "deploy/secrets.env")
	write(t, filepath.Join(dir, "secrets.env"), comes)
	run := func() string {
		t.Helper()
		if out, err := exec.Command("sh", filepath.Join(dir, "make-secrets.sh")).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		text, err := os.ReadFile(filepath.Join(dir, "secrets.env"))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if got := run(); got != comes {
		t.Errorf("at first it becomes\n%s", got)
	}
	for _, name := range []string{"B1_PASSWORD", "MAGENTO_ADMIN_PASSWORD", "MAGENTO_WEBHOOK_SECRET"} {
		file := filepath.Join(dir, "secrets", name)
		if err := os.Chmod(file, 0o600); err != nil {
			t.Fatal(err)
		}
		write(t, file, "filled")
	}
	got := run()
	var named []string
	for _, m := range regexp.MustCompile(`(?m)^([A-Z0-9_]+)_FILE=/run/secrets/(.*)$`).FindAllStringSubmatch(got, -1) {
		named = append(named, m[2])
	}
	slices.Sort(named)
	if want := []string{"B1_PASSWORD", "MAGENTO_ADMIN_PASSWORD", "MAGENTO_WEBHOOK_SECRET"}; !slices.Equal(named, want) {
		t.Errorf("it names %v, want %v:\n%s", named, want, got)
	}
	if again := run(); again != got {
		t.Errorf("a second time it becomes\n%s", again)
	}
	// What an editor leaves beside them is no setting: Compose would not read the file at all. Fails without: the grep in secrets (make-secrets.sh).
	for _, name := range []string{"B1_PASSWORD~", "B1_PASSWORD.bak", "MAGENTO_ADMIN_PASSWORD.swp"} {
		write(t, filepath.Join(dir, "secrets", name), "filled")
	}
	if again := run(); again != got {
		t.Errorf("with what an editor leaves it becomes\n%s", again)
	}
	// The secret of a second instance is named like the others, and no more when it was removed. Fails without: the sed in secrets.
	second := filepath.Join(dir, "secrets", "B1_EU_PASSWORD")
	write(t, second, "filled")
	if again := run(); !strings.Contains(again, "\nB1_EU_PASSWORD_FILE=/run/secrets/B1_EU_PASSWORD\n") {
		t.Errorf("with a second instance it becomes\n%s", again)
	}
	if err := os.Remove(second); err != nil {
		t.Fatal(err)
	}
	if again := run(); strings.Contains(again, "\nB1_EU_PASSWORD_FILE=") {
		t.Errorf("with a secret removed it becomes\n%s", again)
	}
}
