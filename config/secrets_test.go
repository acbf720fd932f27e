package config_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kelseyhightower/envconfig"

	"datawald/config"
)

// secretFile writes a file and gives its path.
func secretFile(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask says
		t.Fatal(err)
	}
	return path
}

// secrets are all secret settings with a value that each takes, and where it arrives.
var secrets = []struct {
	name, value string
	got         func(*config.Worker, *config.Gateway) string
}{
	{"MONGODB_URI", "mongodb://u:p@db/", func(w *config.Worker, _ *config.Gateway) string { return w.MongoDBURI }},
	{"TEMPORAL_API_KEY", "key-of-the-cloud", func(w *config.Worker, _ *config.Gateway) string { return w.APIKey }},
	{"TEMPORAL_CODEC_KEYS", "a:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", func(w *config.Worker, _ *config.Gateway) string { return w.CodecKeys }},
	{"MAGENTO_TOKEN", "a-token", func(w *config.Worker, _ *config.Gateway) string { return w.All[0].Magento.Token }},
	{"MAGENTO_CONSUMER_KEY", "ck", func(w *config.Worker, _ *config.Gateway) string { return w.All[0].Magento.ConsumerKey }},
	{"MAGENTO_CONSUMER_SECRET", "cs", func(w *config.Worker, _ *config.Gateway) string { return w.All[0].Magento.ConsumerSecret }},
	{"MAGENTO_ACCESS_TOKEN", "at", func(w *config.Worker, _ *config.Gateway) string { return w.All[0].Magento.AccessToken }},
	{"MAGENTO_ACCESS_TOKEN_SECRET", "ats", func(w *config.Worker, _ *config.Gateway) string { return w.All[0].Magento.AccessTokenSecret }},
	{"MAGENTO_ADMIN_PASSWORD", " with spaces ", func(w *config.Worker, _ *config.Gateway) string { return w.All[0].Magento.AdminPassword }},
	{"B1_PASSWORD", "geheim", func(w *config.Worker, _ *config.Gateway) string { return w.All[0].B1.Password }},
	{"MAGENTO_EU_TOKEN", "eu-token", func(w *config.Worker, _ *config.Gateway) string { return w.All[1].Magento.Token }},
	{"B1_EU_PASSWORD", "eu-geheim", func(w *config.Worker, _ *config.Gateway) string { return w.All[1].B1.Password }},
	{"MAGENTO_WEBHOOK_SECRET", "0123456789abcdef", func(_ *config.Worker, g *config.Gateway) string { return g.WebhookSecrets["main"] }},
	{"MAGENTO_EU_WEBHOOK_SECRET", "fedcba9876543210", func(_ *config.Worker, g *config.Gateway) string { return g.WebhookSecrets["eu"] }},
	{"GATEWAY_ADMIN_PASSWORD", "correct horse battery", func(_ *config.Worker, g *config.Gateway) string { return g.AdminPassword }},
	{"GATEWAY_KEY", "dw_first_abcdefghijklmnopqrst", func(_ *config.Worker, g *config.Gateway) string { return g.Key }},
}

// twoShops are settings without any secret.
var twoShops = []string{"INSTANCES=main,eu", "MAGENTO_URL=https://shop.example.com", "B1_URL=https://b1.example.com:50000/b1s/v2", "B1_COMPANY_DB=D", "B1_USER=u",
	"MAGENTO_ADMIN_USER=a", "MAGENTO_EU_URL=https://eu.example.com", "B1_EU_URL=https://b1.example.com:50000/b1s/v2", "B1_EU_COMPANY_DB=E", "B1_EU_USER=u",
	"RULES_FILE=../rules.example.yaml", "RULES_EU_FILE=../rules.example.yaml"}

// Every secret may come from a file, of every instance; the newline at its end is none of it, a space is.
// Fails without: readSecrets in load, and without the tag of any of them.
func TestSecrets_ComeFromFilesToo(t *testing.T) {
	settings := slices.Clone(twoShops)
	for i, s := range secrets {
		settings = append(settings, s.name+"_FILE="+secretFile(t, s.value+[]string{"", "\n", "\r\n"}[i%3], 0o600))
	}
	env(t, settings...)
	w, err := config.LoadWorker()
	if err != nil {
		t.Fatal(err)
	}
	g, err := config.LoadGateway()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range secrets {
		if got := s.got(w, g); got != s.value {
			t.Errorf("%s is %q, want %q", s.name, got, s.value)
		}
	}
	if s, err := config.LoadStarter(); err != nil || s.MongoDBURI != "mongodb://u:p@db/" || s.APIKey != "key-of-the-cloud" {
		t.Errorf("the starter: %v", err)
	}
}

// The list above has every setting whose name says that it is secret, so that a new one cannot be forgotten.
// Fails without: the tag secret of one of them.
func TestSecrets_AreAllOfThem(t *testing.T) {
	for _, group := range []struct {
		prefix string
		spec   any
	}{{"", &config.Worker{}}, {"", &config.Starter{}}, {"", &config.Gateway{}}, {"MAGENTO", &config.Magento{}}, {"MAGENTO", &config.Webhook{}}, {"B1", &config.B1{}}} {
		var out bytes.Buffer
		if err := envconfig.Usagef(group.prefix, group.spec, &out, "{{range .}}{{usage_key .}} {{usage_type .}}\n{{end}}"); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			name, kind, _ := strings.Cut(strings.TrimSpace(line), " ")
			says := slices.ContainsFunc([]string{"PASSWORD", "SECRET", "TOKEN", "KEY", "URI"}, func(part string) bool { return strings.Contains(name, part) })
			if kind != "String" || !says || slices.Contains([]string{"GATEWAY_KEY_ROLE", "GATEWAY_TLS_KEY_FILE"}, name) {
				continue
			}
			if !config.IsSecret(name) {
				t.Errorf("%s is secret, and cannot come from a file", name)
			}
		}
	}
	for _, s := range secrets {
		if !config.IsSecret(s.name) && !strings.Contains(s.name, "_EU_") {
			t.Errorf("%s is no secret any more", s.name)
		}
	}
}

// Fails without: each of the cases of readSecrets and readSecretFile.
func TestSecrets_SayWhatIsWrongWithAFileAndNeverWhatIsInIt(t *testing.T) {
	const marked = "marked-secret"
	base := complete(t)
	for name, c := range map[string]struct {
		set  []string
		want string
	}{
		"both":        {[]string{"B1_PASSWORD=" + marked, "B1_PASSWORD_FILE=" + secretFile(t, marked, 0o600)}, "B1_PASSWORD and B1_PASSWORD_FILE: |one of them"},
		"missing":     {[]string{"B1_PASSWORD=", "B1_PASSWORD_FILE=/nowhere/secret"}, "B1_PASSWORD_FILE: |no such file"},
		"a folder":    {[]string{"B1_PASSWORD=", "B1_PASSWORD_FILE=" + t.TempDir()}, "B1_PASSWORD_FILE: |directory"},
		"empty":       {[]string{"B1_PASSWORD=", "B1_PASSWORD_FILE=" + secretFile(t, "\n", 0o600)}, "B1_PASSWORD_FILE: |is empty"},
		"too large":   {[]string{"B1_PASSWORD=", "B1_PASSWORD_FILE=" + secretFile(t, strings.Repeat(marked, 6000), 0o600)}, "B1_PASSWORD_FILE: |65536 bytes"},
		"no text":     {[]string{"B1_PASSWORD=", "B1_PASSWORD_FILE=" + secretFile(t, marked+"\x00", 0o600)}, "B1_PASSWORD_FILE: |no text"},
		"a wrong uri": {[]string{"MONGODB_URI_FILE=" + secretFile(t, "mysql://u:"+marked+"@db", 0o600)}, "MONGODB_URI: |want a connection string"},
	} {
		t.Run(name, func(t *testing.T) {
			env(t, append(slices.Clone(base), c.set...)...)
			_, err := config.LoadWorker()
			got := lines(t, err)
			begin, part, _ := strings.Cut(c.want, "|")
			if !slices.ContainsFunc(got, func(line string) bool { return strings.HasPrefix(line, begin) && strings.Contains(line, part) }) {
				t.Errorf("it says %q, want %q", got, c.want)
			}
			if strings.Contains(err.Error(), marked) {
				t.Errorf("it tells the secret: %v", err)
			}
		})
	}
}

// An empty NAME beside NAME_FILE is what a compose file makes of a setting that nobody gave. Fails without: asking whether NAME has a value.
func TestSecrets_AnEmptySettingIsNone(t *testing.T) {
	env(t, complete(t, "B1_PASSWORD=", "B1_PASSWORD_FILE="+secretFile(t, "geheim\n", 0o600))...)
	if w, err := config.LoadWorker(); err != nil || w.All[0].B1.Password != "geheim" {
		t.Error(err)
	}
}

// Fails without: the check of the mode in LooseSecrets.
func TestSecrets_WarnOfFilesThatEverybodyReads(t *testing.T) {
	loose, tight := secretFile(t, "0123456789abcdef", 0o644), secretFile(t, "geheim", 0o640)
	env(t, complete(t, "B1_PASSWORD=", "B1_PASSWORD_FILE="+tight, "MAGENTO_WEBHOOK_SECRET_FILE="+loose)...)
	if _, err := config.LoadWorker(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	config.WarnOfLooseSecrets([]string{"main"}, slog.New(slog.NewTextHandler(&out, nil)))
	if text := out.String(); !strings.Contains(text, "MAGENTO_WEBHOOK_SECRET_FILE="+loose) || strings.Contains(text, "B1_PASSWORD") || strings.Contains(text, "0123456789abcdef") {
		t.Errorf("it says %q", text)
	}
}

// docs/operations.md lists each secret setting, and calls none secret that is not.
// Fails without: one of the names in the list there; a name there that the programs do not know.
func TestSecrets_AreInTheManual(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(text), "\n## Credentials\n")
	_, section, isList := strings.Cut(section, "Secret are ")
	list, _, ends := strings.Cut(section, ". ")
	if !ok || !isList || !ends {
		t.Fatal("the section Credentials has no sentence that begins with Secret are")
	}
	var told []string
	for _, m := range regexp.MustCompile("`([A-Z0-9_]+)`").FindAllStringSubmatch(list, -1) {
		told = append(told, m[1])
	}
	slices.Sort(told)
	if known := config.SecretNames("main"); !slices.Equal(told, known) {
		t.Errorf("docs/operations.md calls secret\n%v\nand the programs\n%v", told, known)
	}
}
