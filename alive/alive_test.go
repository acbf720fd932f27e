package alive_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"datawald/alive"
)

func answering(status int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" {
			status = http.StatusNotFound
		}
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
	})
}

// Fails without: the look at the status, and noRedirect.
func TestAsk_WantsAnAnswerOf200(t *testing.T) {
	for status, want := range map[int]string{200: "", 503: "503", 404: "404", 303: "303"} {
		server := httptest.NewServer(answering(status))
		err := alive.Ask(t.Context(), server.Listener.Addr().String(), "/readyz", false)
		server.Close()
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%d: %v, want %q", status, err, want)
		}
		if err := alive.Ask(t.Context(), server.Listener.Addr().String(), "/readyz", false); err == nil {
			t.Errorf("one that has ended is alive")
		}
	}
}

// A gateway that ends TLS itself has a certificate for the name by which others come. Fails without: InsecureSkipVerify.
func TestAsk_OverTLS(t *testing.T) {
	server := httptest.NewTLSServer(answering(200))
	defer server.Close()
	if err := alive.Ask(t.Context(), server.Listener.Addr().String(), "/readyz", true); err != nil {
		t.Error(err)
	}
	if err := alive.Ask(t.Context(), server.Listener.Addr().String(), "/readyz", false); err == nil {
		t.Error("no TLS where TLS is spoken, and yet an answer")
	}
}

// A program that listens on all addresses is asked on loopback; where the port is not known, nobody is. Fails without: the look at the port.
func TestAsk_StaysOnThisMachine(t *testing.T) {
	server := httptest.NewServer(answering(200))
	defer server.Close()
	_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	for _, address := range []string{"0.0.0.0:" + port, ":" + port} {
		if err := alive.Ask(t.Context(), address, "/readyz", false); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{"", "127.0.0.1", "127.0.0.1:0", ":"} {
		if err := alive.Ask(t.Context(), address, "/readyz", false); err == nil {
			t.Errorf("%q is alive", address)
		}
	}
}
