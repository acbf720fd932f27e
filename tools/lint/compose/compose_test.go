package compose_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// project is a folder with what an operator has after the first steps of docs/operations.md: .env and rules.yaml are copies.
func project(t *testing.T, settings string) string {
	t.Helper()
	root, dir := filepath.Join("..", "..", ".."), t.TempDir()
	for from, to := range map[string]string{"docker-compose.yml": "docker-compose.yml", settings: ".env", "rules.example.yaml": "rules.yaml",
		"deploy/compose.tls.yml": "deploy/compose.tls.yml", "deploy/secrets.env": "deploy/secrets.env"} {
		text, err := os.ReadFile(filepath.Join(root, from))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, to)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, to), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// load reads it as `docker compose up` does.
func load(t *testing.T, dir string, files []string, profiles ...string) *types.Project {
	t.Helper()
	for n := range files {
		files[n] = filepath.Join(dir, files[n])
	}
	options, err := cli.NewProjectOptions(files, cli.WithWorkingDirectory(dir), cli.WithEnvFiles(), cli.WithDotEnv, cli.WithProfiles(profiles))
	if err != nil {
		t.Fatal(err)
	}
	p, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func value(s types.ServiceConfig, name string) string {
	if v := s.Environment[name]; v != nil {
		return *v
	}
	return ""
}

// Fails without: a service, a profile, or with a key that Compose does not know.
func TestComposeReadsTheFileWithEachProfile(t *testing.T) {
	always := []string{"gateway", "gateway-port", "mongodb", "mongodb-init", "postgresql", "starter", "temporal", "temporal-namespace", "temporal-schema", "temporal-ui", "worker"}
	for profile, more := range map[string][]string{"": nil, "sync": {"sync-worker"}, "sandbox": {"simulators"}, "tools": {"temporal-cli"},
		"observability": {"prometheus", "grafana"}} {
		p := load(t, project(t, ".env.example"), []string{"docker-compose.yml"}, profile)
		want := slices.Sorted(slices.Values(append(slices.Clone(always), more...)))
		if got := slices.Sorted(slices.Values(p.ServiceNames())); !slices.Equal(got, want) {
			t.Errorf("profile %q: %v, want %v", profile, got, want)
		}
	}
}

// What .env says counts more than deploy/secrets.env, and what docker-compose.yml says more than both. Fails without: the order of env_file, and
// the empty NAME_FILE in deploy/sandbox.env.
func TestSettingsOfServices(t *testing.T) {
	own := load(t, project(t, ".env.example"), []string{"docker-compose.yml"}).Services
	trial := load(t, project(t, "deploy/sandbox.env"), []string{"docker-compose.yml"}, "sandbox").Services
	for _, c := range []struct {
		what, got, want string
	}{
		{"password of B1", value(own["worker"], "B1_PASSWORD_FILE"), "/run/secrets/B1_PASSWORD"},
		{"store", value(own["gateway"], "MONGODB_URI_FILE"), "/run/secrets/MONGODB_URI"},
		{"Temporal", value(own["worker"], "TEMPORAL_ADDRESS"), "temporal:7233"},
		{"password of the simulator", value(trial["worker"], "B1_PASSWORD"), "sandbox"},
		{"no file with it", value(trial["worker"], "B1_PASSWORD_FILE"), ""},
		{"store of the trial", value(trial["worker"], "MONGODB_URI_FILE"), "/run/secrets/MONGODB_URI"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.what, c.got, c.want)
		}
	}
}

// A service runs as often as deploy.replicas says. Fails without: leaving out container_name and fixed ports.
func TestWorkersCanBeMany(t *testing.T) {
	dir := project(t, ".env.example")
	if err := os.WriteFile(filepath.Join(dir, "more.yml"), []byte("services:\n  worker:\n    deploy: {replicas: 3}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	worker := load(t, dir, []string{"docker-compose.yml", "more.yml"}).Services["worker"]
	if worker.GetScale() != 3 || worker.ContainerName != "" || len(worker.Ports) > 0 {
		t.Errorf("scale %d, name %q, ports %v", worker.GetScale(), worker.ContainerName, worker.Ports)
	}
	if worker.Deploy.Resources.Limits == nil || worker.Deploy.Resources.Limits.MemoryBytes == 0 {
		t.Error("the limits are lost when the number is given")
	}
}

// The gateway with TLS of its own is published beyond the machine; nothing else changes. Fails without: any line of compose.tls.yml.
func TestGatewayWithTLS(t *testing.T) {
	p := load(t, project(t, ".env.example"), []string{"docker-compose.yml", "deploy/compose.tls.yml"})
	var published []string
	for _, port := range p.Services["gateway-port"].Ports {
		published = append(published, port.HostIP+":"+port.Published)
	}
	if !slices.Contains(published, ":443") || !slices.Contains(published, "127.0.0.1:8080") {
		t.Errorf("published: %v", published)
	}
	gateway := p.Services["gateway"]
	if value(gateway, "GATEWAY_ADDRESS") != "0.0.0.0:8443" || value(gateway, "MONGODB_URI_FILE") == "" {
		t.Errorf("settings: %v", gateway.Environment)
	}
	for _, name := range []string{"GATEWAY_TLS_CERT_FILE", "GATEWAY_TLS_KEY_FILE"} {
		file := filepath.Base(value(gateway, name))
		if !slices.ContainsFunc(gateway.Secrets, func(s types.ServiceSecretConfig) bool { return s.Source == file }) || p.Secrets[file].File == "" {
			t.Errorf("%s=%s is no secret of the gateway", name, value(gateway, name))
		}
	}
}

// Where COMPOSE_FILE names the files, as for TLS, Compose looks for no docker-compose.override.yml: the page says to name it too. Fails without: the
// third file in the list.
func TestOverridesBesideTLSMustBeNamed(t *testing.T) {
	dir := project(t, ".env.example")
	if err := os.WriteFile(filepath.Join(dir, "docker-compose.override.yml"), []byte("services:\n  worker:\n    deploy: {replicas: 3}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir) // the files are looked for where compose is called
	scale := func(files string) int {
		t.Helper()
		options, err := cli.NewProjectOptions(nil, cli.WithWorkingDirectory(dir), cli.WithEnv([]string{"COMPOSE_FILE=" + files}), cli.WithEnvFiles(), cli.WithDotEnv,
			cli.WithConfigFileEnv, cli.WithDefaultConfigPath)
		if err != nil {
			t.Fatal(err)
		}
		p, err := options.LoadProject(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		worker := p.Services["worker"]
		return worker.GetScale()
	}
	if n := scale("docker-compose.yml:deploy/compose.tls.yml"); n != 1 {
		t.Errorf("without its name the override counts: %d workers; the page says otherwise", n)
	}
	if n := scale("docker-compose.yml:deploy/compose.tls.yml:docker-compose.override.yml"); n != 3 {
		t.Errorf("with its name there are %d workers, want 3", n)
	}
}
