package alarm

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// The headers of a message by webhook.
const (
	// HeaderID has the ID of the message: who has seen it drops the second one.
	HeaderID = "X-DataWald-Delivery"
	// HeaderSignature has t=<seconds since 1970>,v1=<hex>: the HMAC-SHA256, under the secret, of these seconds, a dot and the body.
	HeaderSignature = "X-DataWald-Signature"
)

// webhook posts messages as JSON.
type webhook struct {
	url, secret string
	client      *http.Client
}

func newWebhook(to, secret string, authorities *x509.CertPool) *webhook {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS12}
	// A message is for the address of the settings and nobody else.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &webhook{url: to, secret: secret, client: &http.Client{Transport: transport, CheckRedirect: stay, Timeout: sendLimit}}
}

// Name is webhook.
func (w *webhook) Name() string { return "webhook" }

// Send posts the message. Everything but 2xx is a failure.
func (w *webhook) Send(ctx context.Context, m Message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return errors.New("ALARM_WEBHOOK_URL is no address")
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "DataWald")
	r.Header.Set(HeaderID, m.ID)
	if w.secret != "" {
		r.Header.Set(HeaderSignature, Signature(w.secret, time.Now(), body))
	}
	answer, err := w.client.Do(r)
	if err != nil {
		return withoutAddress(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("the receiver answers HTTP %d %s", answer.StatusCode, http.StatusText(answer.StatusCode))
	}
	return nil
}

// withoutAddress takes the address out of an error: with many services it is the secret.
func withoutAddress(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("the receiver did not answer in time")
	}
	return err
}

// Signature is what HeaderSignature says of a body that is sent at a time.
func Signature(secret string, at time.Time, body []byte) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(seconds + "."))
	mac.Write(body)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
