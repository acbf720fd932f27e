package config_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"datawald/config"
	"datawald/sandbox/testkit"
)

func TestStarter_NeedsNoShopAndNoCompany(t *testing.T) {
	env(t)
	s, err := config.LoadStarter()
	if err != nil || s.SyncInterval != time.Minute || s.SyncWindow != 100 {
		t.Errorf("it has %+v, %v", s, err)
	}
	env(t, "SYNC_INTERVAL=90s", "SYNC_WINDOW=500")
	if s, err = config.LoadStarter(); err != nil || s.SyncInterval != 90*time.Second || s.SyncWindow != 500 {
		t.Errorf("it has %+v, %v", s, err)
	}
}

func TestStarter_ReportsAllThatIsWrongAtOnce(t *testing.T) {
	env(t, "MONGODB_URI=x", "TEMPORAL_ADDRESS=x", "INSTANCES=X", "SYNC_INTERVAL=999ms", "SYNC_WINDOW=501")
	_, err := config.LoadStarter()
	wantProblems(t, err, "MONGODB_URI: |", "TEMPORAL_ADDRESS: |", `INSTANCES: "X"|`, "SYNC_INTERVAL: |at least 1s", "SYNC_WINDOW: |1 to 500")
	if !strings.HasPrefix(err.Error(), "The starter cannot start") {
		t.Errorf("it begins %q", err)
	}
	env(t, "SYNC_INTERVAL=often", "SYNC_WINDOW=wide")
	_, err = config.LoadStarter()
	wantProblems(t, err, "SYNC_INTERVAL: |a duration", "SYNC_WINDOW: |a whole number")
}

// Fails without: the look at beyond in Listening.check.
func TestGateway_ListensToThisMachineAloneWithoutTLS(t *testing.T) {
	for address, want := range map[string]string{
		"127.0.0.1:8080": "", "127.0.0.2:0": "", "localhost:80": "", "[::1]:8080": "", "127.0.0.1:65535": "",
		"0.0.0.0:8080": "loopback", ":8080": "loopback", "[::]:8080": "loopback", "192.168.1.5:8080": "loopback", "gateway.example.com:80": "loopback",
		"localhost.example.com:80": "loopback", "[::ffff:10.0.0.1]:80": "loopback",
		"127.0.0.1": "host:port", "": "host:port", "127.0.0.1:": "host:port", "127.0.0.1:http": "host:port", "127.0.0.1:8080/path": "host:port",
		"127.0.0.1:65536": "host:port", "127.0.0.1:-1": "host:port", "http://127.0.0.1:8080": "host:port", "::1:8080": "host:port",
	} {
		env(t, "GATEWAY_ADDRESS="+address, "GATEWAY_HOSTS=datawald.example.com")
		g, err := config.LoadGateway()
		if want == "" {
			if err != nil || g.Address != address {
				t.Errorf("%q: %q, %v", address, g.Address, err)
			}
			continue
		}
		wantProblems(t, err, "GATEWAY_ADDRESS: |"+want)
	}
}

func TestGateway_ListensToAllBehindAProxyThatEndsTLS(t *testing.T) {
	env(t, "GATEWAY_ADDRESS=0.0.0.0:8080", "GATEWAY_BEHIND_TLS=true", "GATEWAY_HOSTS=datawald.example.com,[2001:db8::1]:443", "GATEWAY_TRUSTED_PROXIES=10.0.0.5,10.1.0.0/16,2001:db8::/32")
	g, err := config.LoadGateway()
	if err != nil || g.TLS() || len(g.Proxies()) != 3 || g.Proxies()[0].String() != "10.0.0.5/32" {
		t.Errorf("%v, proxies %v", err, g.Proxies())
	}
	env(t, "GATEWAY_ADDRESS=127.0.0.1:8080", "GATEWAY_BEHIND_TLS=true", "GATEWAY_HOSTS=datawald.example.com")
	if g, err = config.LoadGateway(); err != nil || len(g.Proxies()) != 2 || !g.Proxies()[0].Addr().IsLoopback() {
		t.Errorf("without proxies: %v, %v", err, g.Proxies())
	}
	env(t)
	if g, err = config.LoadGateway(); err != nil || len(g.Proxies()) != 0 {
		t.Errorf("without TLS in front of it: %v, it believes %v", err, g.Proxies())
	}
	env(t, "GATEWAY_ADDRESS=0.0.0.0:8080", "GATEWAY_BEHIND_TLS=true", "GATEWAY_TRUSTED_PROXIES=proxy", "GATEWAY_SESSION_IDLE=1s", "GATEWAY_SESSION_LIFE=0s",
		"GATEWAY_ADMIN_PASSWORD=short", "GATEWAY_KEY=dw_x_short", "GATEWAY_TLS_KEY_FILE=x")
	_, err = config.LoadGateway()
	wantProblems(t, err, "GATEWAY_HOSTS: |missing", `GATEWAY_TRUSTED_PROXIES: |"proxy"`, "GATEWAY_SESSION_IDLE: |1m", "GATEWAY_SESSION_LIFE: |GATEWAY_SESSION_IDLE",
		"GATEWAY_ADMIN_PASSWORD: |5 characters", "GATEWAY_KEY: |dw_<id>_<secret>", "GATEWAY_TLS_CERT_FILE and |both")
	if strings.Contains(err.Error(), "short") {
		t.Errorf("the error tells a secret: %v", err)
	}
	env(t, "GATEWAY_HOSTS=http://datawald.example.com,ok.example.com", "GATEWAY_TLS_CERT_FILE=/nothing.pem", "GATEWAY_TLS_KEY_FILE=/nothing.key")
	_, err = config.LoadGateway()
	wantProblems(t, err, `GATEWAY_HOSTS: |"http://`, "GATEWAY_TLS_CERT_FILE and |no such file")
}

// Pages that may use the codec are named as a browser names them. Fails without: checkCodecOrigins; its look at capitals.
func TestGateway_CodecOrigins(t *testing.T) {
	env(t, "GATEWAY_CODEC_ORIGINS=http://127.0.0.1:8233,https://temporal.example.com")
	if g, err := config.LoadGateway(); err != nil || !slices.Equal(g.CodecOrigins, []string{"http://127.0.0.1:8233", "https://temporal.example.com"}) {
		t.Errorf("%v", err)
	}
	for _, origin := range []string{"*", "http://temporal.example.com", "https://temporal.example.com/", "https://Temporal.example.com", "temporal.example.com", "null", "https://u:secret@t.example.com"} {
		env(t, "GATEWAY_CODEC_ORIGINS="+origin)
		_, err := config.LoadGateway()
		if wantProblems(t, err, "GATEWAY_CODEC_ORIGINS: |https"); strings.Contains(err.Error(), "secret") {
			t.Errorf("the error tells a secret: %v", err)
		}
	}
}

// Fails without: readSecrets.
func TestGateway_TakesSecretsFromFiles(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	password, key := file("password", "correct horse battery\n"), file("key", "dw_first_abcdefghijklmnopqrst\r\n")
	env(t, "GATEWAY_ADMIN_PASSWORD_FILE="+password, "GATEWAY_KEY_FILE="+key)
	g, err := config.LoadGateway()
	if err != nil || g.AdminPassword != "correct horse battery" || g.Key != "dw_first_abcdefghijklmnopqrst" {
		t.Errorf("%q, %q, %v", g.AdminPassword, g.Key, err)
	}
	env(t, "GATEWAY_ADMIN_PASSWORD=correct horse battery", "GATEWAY_ADMIN_PASSWORD_FILE="+password, "GATEWAY_KEY_FILE="+file("empty", "\n"))
	_, err = config.LoadGateway()
	wantProblems(t, err, "GATEWAY_ADMIN_PASSWORD and |one of them", "GATEWAY_KEY_FILE: |empty")
	env(t, "GATEWAY_ADMIN_PASSWORD_FILE="+filepath.Join(dir, "nothing"))
	_, err = config.LoadGateway()
	wantProblems(t, err, "GATEWAY_ADMIN_PASSWORD_FILE: |no such file")
}

func TestGateway_HasDefaultsAndReportsAllThatIsWrongAtOnce(t *testing.T) {
	env(t)
	if g, err := config.LoadGateway(); err != nil || g.Address != "127.0.0.1:8080" || g.TemporalUI != "http://127.0.0.1:8233" {
		t.Errorf("it has %+v, %v", g, err)
	}
	env(t, "TEMPORAL_UI_URL=")
	if g, err := config.LoadGateway(); err != nil || g.TemporalUI != "" {
		t.Errorf("without links to Temporal: %+v, %v", g, err)
	}
	env(t, "MONGODB_URI=x", "TEMPORAL_NAMESPACE=", "LOG_LEVEL=x", "INSTANCES=", "GATEWAY_ADDRESS=0.0.0.0:1")
	_, err := config.LoadGateway()
	wantProblems(t, err, "MONGODB_URI: |", "TEMPORAL_NAMESPACE: |", "LOG_LEVEL: |", "INSTANCES: |empty", "GATEWAY_ADDRESS: |loopback", "GATEWAY_HOSTS: |missing")
}

func TestGateway_HasASecretForEachInstanceWhoseWebhookIsOn(t *testing.T) {
	env(t, "INSTANCES=main,eu,old-shop", "MAGENTO_WEBHOOK_SECRET=0123456789abcdef", "MAGENTO_OLD_SHOP_WEBHOOK_SECRET=fedcba9876543210")
	g, err := config.LoadGateway()
	if want := map[string]string{"main": "0123456789abcdef", "old-shop": "fedcba9876543210"}; err != nil || !maps.Equal(g.WebhookSecrets, want) {
		t.Errorf("it has %v, %v; want %v", g.WebhookSecrets, err, want)
	}
	env(t, "INSTANCES=main,eu", "MAGENTO_WEBHOOK_SECRET=too-short", "MAGENTO_EU_WEBHOOK_SECRET=a secret with spaces")
	_, err = config.LoadGateway()
	wantProblems(t, err, "MAGENTO_WEBHOOK_SECRET: |has 9 characters, want at least 16", "MAGENTO_EU_WEBHOOK_SECRET: |space")
	if strings.Contains(err.Error(), "too-short") || strings.Contains(err.Error(), "a secret") {
		t.Errorf("the error tells the secret: %v", err)
	}
}

func TestWorker_HasLanes(t *testing.T) {
	for lanes, want := range map[string]string{
		"sync": "", "b1": "", "b1,sync": "", "": "is empty", "sync,sync": `names "sync" twice`, "sync,sap": `has "sap"`,
	} {
		env(t, complete(t, "WORKER_LANES="+lanes)...)
		w, err := config.LoadWorker()
		if want != "" {
			wantProblems(t, err, "WORKER_LANES: |"+want)
			continue
		}
		if err != nil || w.Has(config.LaneSync) != strings.Contains(lanes, "sync") || w.Has(config.LaneB1) != strings.Contains(lanes, "b1") {
			t.Errorf("%q: lanes %v, %v", lanes, w.Lanes, err)
		}
	}
	env(t, complete(t, "B1_ALARM_AFTER=0s")...)
	_, err := config.LoadWorker()
	wantProblems(t, err, "B1_ALARM_AFTER: |more than zero")
}

// Fails without: checkVersion.
func TestWorker_HasAVersion(t *testing.T) {
	for id, want := range map[string]string{"": "", "2026-12-01": "", "1.4.0": "", "1:4": "WORKER_BUILD_ID: |1:4", "two words": "WORKER_BUILD_ID: |such as"} {
		env(t, complete(t, "WORKER_BUILD_ID="+id)...)
		w, err := config.LoadWorker()
		if want != "" {
			wantProblems(t, err, want)
			continue
		}
		if err != nil || w.BuildID != id || w.Deployment != "datawald" {
			t.Errorf("%q: %q of %q, %v", id, w.BuildID, w.Deployment, err)
		}
	}
	env(t, complete(t, "WORKER_DEPLOYMENT=a.b")...)
	_, err := config.LoadWorker()
	wantProblems(t, err, "WORKER_DEPLOYMENT: |a.b")
}

func TestRulesPoll_IsBounded(t *testing.T) {
	for value, want := range map[string]string{"0s": "more than zero", "2m": "1m0s at most"} {
		env(t, complete(t, "RULES_POLL="+value)...)
		_, err := config.LoadWorker()
		wantProblems(t, err, "RULES_POLL: |"+want)
	}
}

func TestRules_AreThoseOfTheInstance(t *testing.T) {
	dir := t.TempDir()
	example, err := os.ReadFile(filepath.Join(testkit.Root(), "rules.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "eu.yaml")
	if err := os.WriteFile(path, example, 0o600); err != nil {
		t.Fatal(err)
	}
	env(t, "RULES_EU_FILE="+path, "RULES_FILE="+filepath.Join(dir, "none.yaml"))
	if file, err := config.LoadRules("eu"); err != nil || file.Rules == nil || file.Text != string(example) {
		t.Errorf("the rules of eu: %v", err)
	}
	_, err = config.LoadRules("main")
	wantProblems(t, err, "RULES_FILE: |none.yaml")

	if err := os.WriteFile(path, append(example, "\nnonsense: 1\nmore: 2\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = config.LoadRules("eu")
	if err == nil || !strings.Contains(err.Error(), "RULES_EU_FILE: "+path) {
		t.Errorf("rules that are wrong: %v, want the file's name", err)
	}
}

func TestLogger_KeepsToItsLevel(t *testing.T) {
	for level, want := range map[string][2]bool{"debug": {true, true}, "info": {false, true}, "INFO": {false, true}, "error": {false, false}} {
		log := config.Logging{LogFormat: "json", LogLevel: level}.Logger("test")
		if got := [2]bool{log.Enabled(context.Background(), slog.LevelDebug), log.Enabled(context.Background(), slog.LevelInfo)}; got != want {
			t.Errorf("%s: debug and info are %v, want %v", level, got, want)
		}
	}
}

// A rules file that cannot be used is no problem of the settings by itself: sound rules may be in force.
//
// Fails without: the problems of rules kept apart in LoadWorker.
func TestWorker_LoadsWithoutSoundRules(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.yaml")
	env(t, complete(t, "RULES_FILE="+path)...)
	w, err := config.LoadWorker()
	if err != nil {
		t.Fatal(err)
	}
	if file := w.All[0].File; w.All[0].Rules != nil || file.Rules != nil || !errors.Is(file.Err, os.ErrNotExist) || file.Name != path {
		t.Errorf("the file is %+v", file)
	}
}

// Fails without: published; the look at the proxies, at the length of the password, at the variety of the key and at its role, one by one.
func TestGateway_TakesNothingThatLetsOthersIn(t *testing.T) {
	behind := []string{"GATEWAY_BEHIND_TLS=true", "GATEWAY_HOSTS=datawald.example.com"}
	known := []string{"GATEWAY_ADMIN_PASSWORD=" + config.SandboxPassword, "GATEWAY_KEY=" + config.SandboxKey}
	env(t, known...)
	if g, err := config.LoadGateway(); err != nil || g.KeyRole != "admin" {
		t.Errorf("on this machine alone: %v, role %q", err, g.KeyRole)
	}
	for _, others := range [][]string{behind, append([]string{"GATEWAY_ADDRESS=0.0.0.0:8080", "GATEWAY_TRUSTED_PROXIES=10.0.0.5"}, behind...)} {
		env(t, append(others, known...)...)
		_, err := config.LoadGateway()
		wantProblems(t, err, "GATEWAY_ADMIN_PASSWORD: |sandbox", "GATEWAY_KEY: |sandbox")
	}
	env(t, append([]string{"GATEWAY_ADDRESS=0.0.0.0:8080"}, behind...)...)
	_, err := config.LoadGateway()
	wantProblems(t, err, "GATEWAY_TRUSTED_PROXIES: |missing")
	for _, all := range []string{"0.0.0.0/0", "::/0"} {
		env(t, append([]string{"GATEWAY_TRUSTED_PROXIES=" + all}, behind...)...)
		_, err = config.LoadGateway()
		wantProblems(t, err, "GATEWAY_TRUSTED_PROXIES: |anybody")
	}
	env(t, "GATEWAY_ADMIN_PASSWORD="+strings.Repeat("ab", 200), "GATEWAY_KEY=dw_ci_"+strings.Repeat("abc", 10), "GATEWAY_KEY_ROLE=boss")
	_, err = config.LoadGateway()
	wantProblems(t, err, "GATEWAY_ADMIN_PASSWORD: |at most 256", "GATEWAY_KEY: |different characters", "GATEWAY_KEY_ROLE: |operator")
}

// Fails without: checkRetention, and each of its two problems.
func TestWorker_ErasesOfOtherInstancesByAgeAlone(t *testing.T) {
	env(t, complete(t)...)
	if w, err := config.LoadWorker(); err != nil || w.RetentionDays != 0 || w.RetentionOthers {
		t.Errorf("by default it erases after %d days, of others %t, %v", w.RetentionDays, w.RetentionOthers, err)
	}
	env(t, complete(t, "RETENTION_DAYS=90", "RETENTION_OTHERS=true")...)
	if w, err := config.LoadWorker(); err != nil || w.RetentionDays != 90 || !w.RetentionOthers {
		t.Errorf("it erases after %d days, of others %t, %v", w.RetentionDays, w.RetentionOthers, err)
	}
	env(t, complete(t, "RETENTION_OTHERS=true")...)
	_, err := config.LoadWorker()
	wantProblems(t, err, "RETENTION_OTHERS: |without RETENTION_DAYS")
	env(t, complete(t, "RETENTION_DAYS=-1", "RETENTION_OTHERS=true")...)
	_, err = config.LoadWorker()
	wantProblems(t, err, "RETENTION_DAYS: |0 to 36500")
}
