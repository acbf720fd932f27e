package privacy

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// secret begins every secret of these tests.
const secret = "zqsecret"

// with is the world's environment with settings in the place of others.
func (w *world) with(settings ...string) []string {
	env := slices.Clone(w.env)
	for _, setting := range settings {
		name, _, _ := strings.Cut(setting, "=")
		env = slices.DeleteFunc(env, func(pair string) bool { return strings.HasPrefix(pair, name+"=") })
		env = append(env, setting)
	}
	return env
}

// fails runs a program that cannot start, or a command that cannot succeed, and gives all that it printed.
func (w *world) fails(env []string, program string, args ...string) string {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(w.bin, program), args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if _, ok := errors.AsType[*exec.ExitError](err); !ok || ctx.Err() != nil {
		w.t.Errorf("%s %v: %v, want it to fail by itself\n%s", program, args, err, out)
	}
	return string(out)
}

// Programs that cannot start, and commands that fail, say what is wrong and never the secret that is.
// Fails without: addressError in the store; withPassword and the @ of Temporal's address in config.
func TestSecrets_NoFailureTellsOne(t *testing.T) {
	w := newWorld(t, 0)
	name := strings.ToUpper(w.instance)
	closed := "127.0.0.1:" + strconv.Itoa(freePort(t))
	for what, c := range map[string]struct {
		set  []string
		want string // what the output says
	}{
		"a store that is not there":           {[]string{"MONGODB_URI=mongodb://user:" + secret + "@" + closed + "/?serverSelectionTimeoutMS=300"}, "MongoDB does not answer"},
		"a store's address that is cut off":   {[]string{"MONGODB_URI=mongodb://user:" + secret + "%zz@" + closed + "/"}, "MongoDB"},
		"a store's address with two @":        {[]string{"MONGODB_URI=mongodb://user:" + secret + "@" + secret + "@" + closed + "/"}, "MongoDB"},
		"a store's address with a slash":      {[]string{"MONGODB_URI=mongodb://user:" + secret + "/" + secret + "@" + closed + "/"}, "MongoDB"},
		"a store's address with a bad option": {[]string{"MONGODB_URI=mongodb://user:" + secret + "@" + closed + "/?tls=" + secret}, "MongoDB"},
		"no scheme":                           {[]string{"MONGODB_URI=user:" + secret + "@" + closed}, "MONGODB_URI"},
		"a shop's address with a password":    {[]string{"MAGENTO_" + name + "_URL=https://user:" + secret + "@shop.example.com"}, "MAGENTO_" + name},
		"a shop's address that is none":       {[]string{"MAGENTO_" + name + "_URL=https://user:" + secret + "@sh op"}, "MAGENTO_" + name},
		"B1's address with a password":        {[]string{"B1_" + name + "_URL=https://user:" + secret + "@b1.example.com:50000/b1s/v2"}, "B1_" + name},
		"keys of the codec":                   {[]string{"TEMPORAL_CODEC_KEYS=a:" + secret}, "TEMPORAL_CODEC_KEYS"},
		"half of the credentials":             {[]string{"MAGENTO_" + name + "_ACCESS_TOKEN_SECRET=", "MAGENTO_" + name + "_CONSUMER_SECRET=" + secret}, "MAGENTO_" + name},
		"Temporal refuses TLS":                {[]string{"TEMPORAL_API_KEY=" + secret}, "Temporal at"},
		"Temporal's address with a password":  {[]string{"TEMPORAL_ADDRESS=user:" + secret + "@127.0.0.1:1"}, "TEMPORAL_ADDRESS"},
	} {
		t.Run(what, func(t *testing.T) {
			w := *w
			w.t = t
			printed := w.fails(w.with(c.set...), "worker")
			if !strings.Contains(printed, c.want) {
				t.Errorf("it says %q, want %q in it", printed, c.want)
			}
			if strings.Contains(printed, secret) {
				t.Errorf("it tells the secret: %s", printed)
			}
		})
	}
	for what, set := range map[string]string{"a key of no form": "GATEWAY_KEY=" + secret, "a key that is guessed": "GATEWAY_KEY=dw_" + secret + "_aaaaaaaaaaaaaaaaaaaaaaaa", "a short password": "GATEWAY_ADMIN_PASSWORD=" + secret,
		"a webhook's secret": "MAGENTO_" + name + "_WEBHOOK_SECRET=" + secret} {
		if printed := w.fails(w.with(set), "gateway"); strings.Contains(printed, secret) || !strings.Contains(printed, strings.SplitN(set, "=", 2)[0]) {
			t.Errorf("%s: the gateway says %q", what, printed)
		}
	}
}

// Whatever the other side refuses, no log, no answer of the gateway, and no history tells the secret that it refused.
// Fails without: keeping passwords out of the errors of the clients.
func TestSecrets_NothingThatIsRefusedTellsOne(t *testing.T) {
	w := newWorld(t, 2)
	name := strings.ToUpper(w.instance)
	s := &scan{world: w}
	w.env = w.with("B1_"+name+"_PASSWORD="+secret+"-b1", "GATEWAY_KEY="+gatewayKey)
	w.start()
	w.until("orders are staged, and B1 refuses the password", func() bool {
		logs, err := os.ReadFile(w.works.Log("worker"))
		return err == nil && strings.Contains(string(logs), "B1") && total(w) == 2 && strings.Contains(string(logs), "ERROR")
	})
	answers := ""
	for _, path := range []string{"/readyz", "/healthz", "/api/v1/status", "/api/v1/orders?instance=" + w.instance, "/api/v1/runs?instance=" + w.instance, "/api/v1/rules?instance=" + w.instance, "/", "/audit", "/runs"} {
		answers += w.get(path)
	}
	_, doctor := w.starter("doctor", "b1")
	w.env = w.with("MAGENTO_"+name+"_ACCESS_TOKEN_SECRET="+secret+"-oauth", "MAGENTO_"+name+"_CONSUMER_SECRET="+secret+"-oauth", "B1_"+name+"_URL="+setting(w.env, "B1_"+name+"_URL"))
	_, shop := w.starter("doctor", "magento")
	w.env = w.with("MAGENTO_"+name+"_CONSUMER_KEY=", "MAGENTO_"+name+"_CONSUMER_SECRET=", "MAGENTO_"+name+"_ACCESS_TOKEN=", "MAGENTO_"+name+"_ACCESS_TOKEN_SECRET=", "MAGENTO_"+name+"_TOKEN="+secret+"-token")
	_, token := w.starter("doctor", "magento")
	for what, text := range map[string]string{"the gateway's answers": answers, "doctor b1": doctor, "doctor magento": shop, "doctor magento by token": token, "histories": s.allHistories(),
		"the worker's log": s.log("worker"), "the gateway's log": s.log("gateway")} {
		if text == "" {
			t.Errorf("%s: nothing was looked at", what)
		}
		for _, place := range findMarks(text, secret) {
			t.Errorf("%s: …%s…", what, place)
		}
		for _, place := range append(findMarks(text, adminPassword), findMarks(text, "abcdefghijklmnopqrstuv")...) {
			t.Errorf("%s tells how to get into the gateway: …%s…", what, place)
		}
	}
	for name, text := range s.dump() {
		if places := findMarks(text, secret); len(places) > 0 {
			t.Errorf("the collection %s: …%s…", name, places)
		}
	}
}

func total(w *world) (n int64) {
	for _, c := range w.counts() {
		n += c
	}
	return n
}

// get asks the gateway as an admin, and gives what it answers, headers too.
func (w *world) get(path string) string {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, "http://"+w.gateway+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+gatewayKey)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	var headers strings.Builder
	_ = res.Header.Write(&headers) // a builder takes everything
	return headers.String() + string(body)
}

func (s *scan) log(program string) string {
	s.t.Helper()
	text, err := os.ReadFile(s.works.Log(program))
	s.must(err)
	return string(text)
}
