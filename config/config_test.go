package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"datawald/config"
	"datawald/magento"
	"datawald/sandbox/testkit"
)

// prefixes are the names that our settings begin with.
var prefixes = []string{"MONGODB_", "TEMPORAL_", "LOG_", "INSTANCES", "MAGENTO_", "B1_", "RULES_", "WORKER_", "SYNC_", "GATEWAY_", "RETENTION_"}

// env makes an environment of these settings alone, NAME=value.
func env(t *testing.T, settings ...string) {
	t.Helper()
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) }) {
			t.Setenv(name, "") // brings it back at the end of the test
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, pair := range settings {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
}

// complete are settings with which a worker starts.
func complete(t *testing.T, more ...string) []string {
	t.Helper()
	return append([]string{
		"MAGENTO_URL=https://shop.example.com", "MAGENTO_TOKEN=t0ken",
		"B1_URL=https://b1.example.com:50000/b1s/v2", "B1_COMPANY_DB=SBODEMOUS", "B1_USER=manager", "B1_PASSWORD=s3cret",
		"RULES_FILE=" + filepath.Join(testkit.Root(), "rules.example.yaml"),
	}, more...)
}

// lines gives the problems of an error: one a line, under a headline. Lines indented further belong to the one before.
func lines(t *testing.T, err error) (problems []string) {
	t.Helper()
	if err == nil {
		t.Fatal("there is no error")
	}
	for _, line := range strings.Split(err.Error(), "\n")[1:] {
		if problem, ok := strings.CutPrefix(line, "  "); !ok {
			t.Errorf("line %q is not indented", line)
		} else if !strings.HasPrefix(problem, " ") {
			problems = append(problems, problem)
		}
	}
	return problems
}

// wantProblems wants exactly these problems, each known by how it begins and by a part of the rest.
func wantProblems(t *testing.T, err error, want ...string) {
	t.Helper()
	got := lines(t, err)
	for _, w := range want {
		begin, part, _ := strings.Cut(w, "|")
		i := slices.IndexFunc(got, func(line string) bool { return strings.HasPrefix(line, begin) && strings.Contains(line, part) })
		if i < 0 {
			t.Errorf("no line reports %q", w)
			continue
		}
		got = slices.Delete(got, i, i+1)
	}
	if len(got) != 0 {
		t.Errorf("nobody expected %q", got)
	}
}

func TestWorker_StartsWithWhatMustBeGivenAndDefaultsForTheRest(t *testing.T) {
	env(t, complete(t)...)
	w, err := config.LoadWorker()
	if err != nil {
		t.Fatal(err)
	}
	if w.MongoDBURI != "mongodb://127.0.0.1:27027/" || w.MongoDBDatabase != "datawald" || w.TemporalAddress != "127.0.0.1:7233" ||
		w.TemporalNamespace != "default" || w.TaskQueue != "datawald" || w.LogFormat != "text" || w.LogLevel != "info" ||
		w.StopTimeout != 30*time.Second || !slices.Equal(w.Lanes, []string{"sync", "b1"}) || !slices.Equal(w.InstanceNames, []string{"main"}) {
		t.Errorf("the defaults are %+v", w)
	}
	if len(w.All) != 1 || w.All[0].Name != "main" || w.All[0].Rules == nil {
		t.Fatalf("the instances are %+v", w.All)
	}
	if want := (config.Magento{URL: "https://shop.example.com", Token: "t0ken", Timeout: time.Minute, PageSize: 100, Overlap: 5 * time.Minute, Settle: 5 * time.Second, WriteSettle: 2 * time.Minute}); !reflect.DeepEqual(w.All[0].Magento, want) {
		t.Errorf("Magento is %+v, want %+v", w.All[0].Magento, want)
	}
	if want := (config.B1{URL: "https://b1.example.com:50000/b1s/v2", CompanyDB: "SBODEMOUS", User: "manager", Password: "s3cret",
		Timeout: time.Minute, MaxCalls: 8, Settle: 10 * time.Second, Looks: 3, AlarmAfter: time.Minute}); w.All[0].B1 != want {
		t.Errorf("B1 is %+v, want %+v", w.All[0].B1, want)
	}
	if !w.All[0].Magento.From().IsZero() {
		t.Errorf("it reads from %v, want from the first order on", w.All[0].Magento.From())
	}
	if _, err := w.All[0].Magento.Client(); err != nil {
		t.Error(err)
	}
	if _, err := w.All[0].B1.Client(); err != nil {
		t.Error(err)
	}
}

func TestWorker_TakesWhatIsGiven(t *testing.T) {
	env(t, complete(t, "MONGODB_URI=mongodb+srv://db/", "MONGODB_DATABASE=d", "TEMPORAL_ADDRESS=t:1", "TEMPORAL_NAMESPACE=n", "TEMPORAL_TASK_QUEUE=q",
		"LOG_FORMAT=json", "LOG_LEVEL=warn", "WORKER_STOP_TIMEOUT=5s",
		"MAGENTO_CONSUMER_KEY=a", "MAGENTO_CONSUMER_SECRET=b", "MAGENTO_ACCESS_TOKEN=c", "MAGENTO_ACCESS_TOKEN_SECRET=d", "MAGENTO_TIMEOUT=5s",
		"MAGENTO_PAGE_SIZE=7", "MAGENTO_STORES=1,3", "MAGENTO_SYNC_FROM=2026-01-31", "MAGENTO_OVERLAP=0", "MAGENTO_SETTLE=0s",
		"B1_INSECURE=true", "B1_TIMEOUT=6s", "B1_MAX_CALLS=9", "B1_ORDERS_PER_SECOND=2.5", "B1_SETTLE=7s", "B1_LOOKS=4", "B1_LEDGER_TABLE=DW_ORDERS")...)
	w, err := config.LoadWorker()
	if err != nil {
		t.Fatal(err)
	}
	if w.MongoDBURI != "mongodb+srv://db/" || w.MongoDBDatabase != "d" || w.TemporalAddress != "t:1" || w.TemporalNamespace != "n" || w.TaskQueue != "q" ||
		w.LogFormat != "json" || w.LogLevel != "warn" || w.StopTimeout != 5*time.Second {
		t.Errorf("it has %+v", w)
	}
	m, b := w.All[0].Magento, w.All[0].B1
	if m.ConsumerKey != "a" || m.ConsumerSecret != "b" || m.AccessToken != "c" || m.AccessTokenSecret != "d" || m.Timeout != 5*time.Second || m.PageSize != 7 || !slices.Equal(m.Stores, []int64{1, 3}) ||
		m.Overlap != 0 || m.Settle != 0 || !m.From().Equal(time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("Magento is %+v", m)
	}
	if !b.Insecure || b.Timeout != 6*time.Second || b.MaxCalls != 9 || b.OrdersPerSecond != 2.5 || b.Settle != 7*time.Second || b.Looks != 4 || b.LedgerTable != "DW_ORDERS" {
		t.Errorf("B1 is %+v", b)
	}
}

func TestWorker_ReportsAllThatIsMissingAtOnce(t *testing.T) {
	env(t)
	_, err := config.LoadWorker()
	wantProblems(t, err, "MAGENTO_URL: |missing", "MAGENTO_|credentials", "B1_URL: |missing", "B1_COMPANY_DB: |missing", "B1_USER: |missing", "B1_PASSWORD: |missing",
		"RULES_FILE: |rules.example.yaml") // there is none beside the tests
	if !strings.HasPrefix(err.Error(), "The worker cannot start, its settings have 7 problem(s):") {
		t.Errorf("it begins %q", err)
	}
}

func TestWorker_ReportsAllThatIsWrongAtOnce(t *testing.T) {
	rules := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(rules, []byte("nonsense: true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env(t, "MONGODB_URI=localhost", "MONGODB_DATABASE=", "TEMPORAL_ADDRESS=localhost", "TEMPORAL_NAMESPACE=", "TEMPORAL_TASK_QUEUE=",
		"LOG_FORMAT=xml", "LOG_LEVEL=loud", "WORKER_STOP_TIMEOUT=-1s",
		"MAGENTO_URL=shop", "MAGENTO_TIMEOUT=0s", "MAGENTO_PAGE_SIZE=301", "MAGENTO_STORES=2,-1", "MAGENTO_SYNC_FROM=31.1.2026", "MAGENTO_OVERLAP=-1s", "MAGENTO_SETTLE=-1s", "MAGENTO_WRITE_SETTLE=0s",
		"B1_URL=b1", "B1_COMPANY_DB=x", "B1_USER=x", "B1_PASSWORD=x", "B1_CA_FILE=/none/ca.pem", "B1_TIMEOUT=-1s", "B1_MAX_CALLS=0",
		"B1_ORDERS_PER_SECOND=-1", "B1_SETTLE=0s", "B1_LOOKS=21", "B1_LEDGER_TABLE=@orders", "RULES_FILE="+rules)
	_, err := config.LoadWorker()
	wantProblems(t, err, "MONGODB_URI: |connection string", "MONGODB_DATABASE: |empty", "TEMPORAL_ADDRESS: |host:port", "TEMPORAL_NAMESPACE: |empty", "TEMPORAL_TASK_QUEUE: |empty",
		"LOG_FORMAT: |text or json", "LOG_LEVEL: |debug, info", "WORKER_STOP_TIMEOUT: |more than zero",
		"MAGENTO_|URL", "MAGENTO_|credentials", "MAGENTO_TIMEOUT: |more than zero", "MAGENTO_PAGE_SIZE: |1 to 300", "MAGENTO_STORES: |-1", "MAGENTO_SYNC_FROM: |2026-01-31",
		"MAGENTO_OVERLAP: |zero or more", "MAGENTO_SETTLE: |zero or more", "MAGENTO_WRITE_SETTLE: |more than zero",
		"B1_|URL", "B1_|certificate", "B1_TIMEOUT: |more than zero", "B1_MAX_CALLS: |1 to 200", "B1_ORDERS_PER_SECOND: |zero or more",
		"B1_SETTLE: |more than zero", "B1_LOOKS: |1 to 20", "B1_LEDGER_TABLE: |A-Z", "RULES_FILE: |"+rules)
	for range 5 {
		if _, again := config.LoadWorker(); again.Error() != err.Error() {
			t.Errorf("another time it reports\n%v\nfirst\n%v", again, err)
		}
	}
}

func TestWorker_ReportsAllThatCannotBeReadAtOnce(t *testing.T) {
	env(t, complete(t, "WORKER_STOP_TIMEOUT=soon", "MAGENTO_TIMEOUT=60", "MAGENTO_PAGE_SIZE=many", "MAGENTO_STORES=web", "MAGENTO_SETTLE=x", "B1_MAX_CALLS=8.5",
		"B1_INSECURE=perhaps", "B1_ORDERS_PER_SECOND=fast", "B1_TIMEOUT=1 minute")...)
	_, err := config.LoadWorker()
	wantProblems(t, err, `WORKER_STOP_TIMEOUT: is "soon"|a duration`, `MAGENTO_TIMEOUT: is "60"|a duration such as 30s`, `MAGENTO_PAGE_SIZE: is "many"|a whole number`, `MAGENTO_STORES: is "web"|whole numbers`,
		`MAGENTO_SETTLE: is "x"|a duration`, `B1_MAX_CALLS: is "8.5"|a whole number`, `B1_INSECURE: is "perhaps"|true or false`,
		`B1_ORDERS_PER_SECOND: is "fast"|a number`, `B1_TIMEOUT: is "1 minute"|a duration`)
	if got := os.Getenv("MAGENTO_PAGE_SIZE"); got != "many" {
		t.Errorf("afterwards MAGENTO_PAGE_SIZE is %q", got)
	}
}

func TestWorker_RefusesNumbersThatAreNone(t *testing.T) {
	for _, value := range []string{"NaN", "Inf", "-Inf"} {
		env(t, complete(t, "B1_ORDERS_PER_SECOND="+value)...)
		_, err := config.LoadWorker()
		wantProblems(t, err, "B1_ORDERS_PER_SECOND: |zero or more")
	}
}

func TestWorker_TellsNoSecrets(t *testing.T) {
	const secret = "s3cret"
	env(t, "MONGODB_URI=http://user:"+secret+"@db/", "MAGENTO_URL=ftp://user:"+secret+"@shop", "MAGENTO_TOKEN="+secret, "MAGENTO_CONSUMER_KEY="+secret,
		"MAGENTO_CONSUMER_SECRET="+secret, "MAGENTO_ACCESS_TOKEN="+secret, "MAGENTO_ADMIN_PASSWORD="+secret, "MAGENTO_PAGE_SIZE=0", "B1_URL=https://user:"+secret+"@b1:port/", "B1_PASSWORD="+secret)
	_, err := config.LoadWorker()
	if err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("%v: want problems without the secret", err)
	}
}

func TestMagento_SignsInInOneOfThreeWays(t *testing.T) {
	const address = "MAGENTO_EU_URL=https://eu.example.com"
	for _, c := range []struct {
		settings []string
		way      magento.Way
		problems []string
	}{
		{[]string{"MAGENTO_EU_ADMIN_USER=u", "MAGENTO_EU_ADMIN_PASSWORD=p"}, magento.WayAdmin, nil},
		{[]string{"MAGENTO_EU_TOKEN=t", "MAGENTO_EU_ADMIN_USER=u", "MAGENTO_EU_ADMIN_PASSWORD=p"}, magento.WayToken, nil},
		{[]string{"MAGENTO_EU_TOKEN=t", "MAGENTO_EU_CONSUMER_KEY=a", "MAGENTO_EU_CONSUMER_SECRET=b", "MAGENTO_EU_ACCESS_TOKEN=c", "MAGENTO_EU_ACCESS_TOKEN_SECRET=d"},
			magento.WayOAuth, nil},
		{[]string{"MAGENTO_EU_TOKEN=t", "MAGENTO_EU_CONSUMER_KEY=a", "MAGENTO_EU_CONSUMER_SECRET=b", "MAGENTO_EU_ACCESS_TOKEN=c"}, "",
			[]string{"MAGENTO_EU_|the access token secret is missing"}}, // half of one, whatever else is given
		{[]string{"MAGENTO_ADMIN_USER=u", "MAGENTO_ADMIN_PASSWORD=p"}, "", []string{"MAGENTO_EU_|give consumer key"}}, // those of main
		{[]string{"MAGENTO_EU_ADMIN_USER=u", "MAGENTO_EU_CONSUMER_KEY=a", "MAGENTO_EU_PAGE_SIZE=0"}, "",
			[]string{"MAGENTO_EU_|password of the admin user", "MAGENTO_EU_|consumer secret, the access token, the access token secret are missing", "MAGENTO_EU_PAGE_SIZE: |"}},
	} {
		env(t, append(c.settings, address)...)
		m, err := config.LoadMagento("eu")
		if len(c.problems) > 0 {
			wantProblems(t, err, c.problems...)
			continue
		}
		way, wayErr := m.Way()
		if _, clientErr := m.Client(); errors.Join(err, wayErr, clientErr) != nil || way != c.way {
			t.Errorf("%v: %q, %v; want %q", c.settings, way, errors.Join(err, wayErr, clientErr), c.way)
		}
	}
}

func TestInstances_HaveSettingsOfTheirOwn(t *testing.T) {
	rules := "=" + filepath.Join(testkit.Root(), "rules.example.yaml")
	env(t, complete(t, "INSTANCES=main,eu,far-east", "MAGENTO_PAGE_SIZE=11",
		"MAGENTO_EU_URL=https://eu.example.com", "MAGENTO_EU_TOKEN=e", "MAGENTO_EU_PAGE_SIZE=22", "B1_EU_URL=https://b1eu:50000/b1s/v1", "B1_EU_COMPANY_DB=EU",
		"B1_EU_USER=eu", "B1_EU_PASSWORD=e", "RULES_EU_FILE"+rules,
		"MAGENTO_FAR_EAST_URL=https://asia.example.com", "MAGENTO_FAR_EAST_TOKEN=f", "B1_FAR_EAST_URL=https://b1asia:50000/b1s/v2", "B1_FAR_EAST_COMPANY_DB=ASIA",
		"B1_FAR_EAST_USER=asia", "B1_FAR_EAST_PASSWORD=f", "RULES_FAR_EAST_FILE"+rules)...)
	w, err := config.LoadWorker()
	if err != nil {
		t.Fatal(err)
	}
	type of struct {
		name, url, db, user string
		page                int
	}
	var got []of
	for _, i := range w.All {
		got = append(got, of{i.Name, i.Magento.URL, i.B1.CompanyDB, i.B1.User, i.Magento.PageSize})
	}
	want := []of{{"main", "https://shop.example.com", "SBODEMOUS", "manager", 11}, {"eu", "https://eu.example.com", "EU", "eu", 22},
		{"far-east", "https://asia.example.com", "ASIA", "asia", 100}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the instances are %+v, want %+v", got, want)
	}
}

func TestInstances_NeverTakeTheSettingsOfAnother(t *testing.T) {
	env(t, complete(t, "INSTANCES=main,eu", "MAGENTO_EU_TOKEN=e")...)
	_, err := config.LoadWorker()
	wantProblems(t, err, "MAGENTO_EU_URL: |missing", "B1_EU_URL: |missing", "B1_EU_COMPANY_DB: |missing", "B1_EU_USER: |missing", "B1_EU_PASSWORD: |missing",
		"RULES_EU_FILE: |rules.example.yaml")
}

func TestInstances_MustHaveNamesThatTellThemApart(t *testing.T) {
	for names, want := range map[string][]string{
		"":                  {"INSTANCES: |empty"},
		"EU":                {`INSTANCES: "EU"|a-z`},
		"main,main":         {`INSTANCES: "main"|twice`},
		"main,":             {`INSTANCES: ""|a-z`},
		"main, eu":          {`INSTANCES: " eu"|a-z`},
		"a:b":               {`INSTANCES: "a:b"|a-z`},
		"far-east,far_east": {`INSTANCES: "far_east"|"far-east"`}, // both would have MAGENTO_FAR_EAST_URL
	} {
		env(t, "INSTANCES="+names)
		_, err := config.LoadStarter()
		wantProblems(t, err, want...)
	}
}

func TestSettings_NeverComeFromVariablesOfTheShell(t *testing.T) {
	env(t)
	for _, name := range []string{"URL", "TOKEN", "USER", "PASSWORD", "COMPANY_DB", "COMPANYDB", "TIMEOUT", "FILE", "CA_FILE", "INSECURE", "PAGE_SIZE", "SETTLE",
		"MAX_CALLS", "CONSUMER_KEY", "ACCESS_TOKEN", "ADDRESS", "EU_URL", "EU_USER"} {
		t.Setenv(name, "from the shell")
	}
	t.Setenv("INSTANCES", "main,eu")
	w, err := config.LoadWorker()
	if err == nil || strings.Contains(err.Error(), "from the shell") {
		t.Errorf("%v: want what is missing", err)
	}
	for _, i := range w.All {
		if i.Magento.URL != "" || i.Magento.Token != "" || i.Magento.PageSize != 100 || i.B1.User != "" || i.B1.Password != "" || i.B1.MaxCalls != 8 || i.B1.CAFile != "" {
			t.Errorf("%s has %+v and %+v", i.Name, i.Magento, i.B1)
		}
	}
}
