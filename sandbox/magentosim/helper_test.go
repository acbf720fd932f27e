package magentosim_test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"datawald/sandbox/magentosim"
)

// noon is the shop's time in tests.
var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

const token = "test-token"

// running is a shop behind a server.
type running struct {
	*magentosim.Shop
	t   *testing.T
	url string
}

// open starts a shop with the test's clock and token unless the config has others.
func open(t *testing.T, cfg magentosim.Config) running {
	t.Helper()
	if cfg.Now == nil {
		cfg.Now = func() time.Time { return noon }
	}
	if cfg.BearerToken == "" {
		cfg.BearerToken = token
	}
	shop, err := magentosim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(shop)
	t.Cleanup(server.Close)
	return running{Shop: shop, t: t, url: server.URL}
}

// answer is a reply of the shop.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) json(t *testing.T) map[string]any {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(string(a.body)))
	dec.UseNumber()
	var doc map[string]any
	if err := dec.Decode(&doc); err != nil {
		t.Fatalf("status %d, not a JSON object: %v\n%s", a.status, err, a.body)
	}
	return doc
}

// call sends a request with headers given as name, value pairs.
func (r running) call(method, path, body string, headers ...string) answer {
	r.t.Helper()
	req, err := http.NewRequest(method, r.url+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, raw}
}

func (r running) get(path string) answer {
	r.t.Helper()
	return r.call("GET", path, "", "Authorization", "Bearer "+token)
}

func (r running) post(path, body string) answer {
	r.t.Helper()
	return r.call("POST", path, body, "Authorization", "Bearer "+token)
}

// control posts to a control address and fails the test when it is refused.
func (r running) control(path, body string) answer {
	r.t.Helper()
	a := r.call("POST", path, body)
	if a.status != http.StatusOK {
		r.t.Fatalf("POST %s %s: %d %s", path, body, a.status, a.body)
	}
	return a
}

// search runs a list call; query is the part after searchCriteria's own name, such as "[pageSize]=5", several
// joined by "&", values unescaped.
func (r running) search(parts ...string) answer {
	r.t.Helper()
	return r.get("/rest/V1/orders?" + criteria(parts...))
}

// criteria builds a query string: "[pageSize]=5" belongs to searchCriteria, "fields=..." does not.
func criteria(parts ...string) string {
	out := []string{"searchCriteria="}
	for _, part := range parts {
		name, value, _ := strings.Cut(part, "=")
		if strings.HasPrefix(name, "[") {
			name = "searchCriteria" + name
		}
		out = append(out, url.QueryEscape(name)+"="+url.QueryEscape(value))
	}
	if len(out) > 1 {
		out = out[1:]
	}
	return strings.Join(out, "&")
}

// where is one filter as query parts.
func where(group, filter int, field, condition, value string) []string {
	at := fmt.Sprintf("[filter_groups][%d][filters][%d]", group, filter)
	return []string{at + "[field]=" + field, at + "[condition_type]=" + condition, at + "[value]=" + value}
}

// byID sorts a search by entity_id.
var byID = []string{"[sortOrders][0][field]=entity_id", "[sortOrders][0][direction]=ASC"}

// ids returns the entity_ids of a list reply in its order, and total_count.
func ids(t *testing.T, a answer) (list []int, total int) {
	t.Helper()
	if a.status != http.StatusOK {
		t.Fatalf("status %d: %s", a.status, a.body)
	}
	var reply struct {
		Items []struct {
			ID int `json:"entity_id"`
		} `json:"items"`
		Total int `json:"total_count"`
	}
	if err := json.Unmarshal(a.body, &reply); err != nil {
		t.Fatalf("%v\n%s", err, a.body)
	}
	for _, item := range reply.Items {
		list = append(list, item.ID)
	}
	return list, reply.Total
}

// document writes a small order; extra members override the defaults and "-" removes one.
func document(id int, extra map[string]any) json.RawMessage {
	doc := map[string]any{
		"entity_id": id, "increment_id": fmt.Sprintf("%09d", id), "store_id": 1, "state": "new", "status": "pending",
		"grand_total": 10, "order_currency_code": "USD", "created_at": "2026-10-01 08:00:00",
		"updated_at": "2026-10-01 08:00:00", "items": []any{}, "billing_address": map[string]any{"city": "Köln"},
	}
	for name, value := range extra {
		doc[name] = value
		if value == "-" {
			delete(doc, name)
		}
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	return raw
}

// fill opens a shop with these documents.
func fill(t *testing.T, cfg magentosim.Config, documents ...json.RawMessage) running {
	t.Helper()
	r := open(t, cfg)
	for _, d := range documents {
		if err := r.Add(d); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// signer signs requests after RFC 5849; it is written for the tests and shares nothing with the shop's check.
type signer struct {
	creds     magentosim.OAuthCredentials
	algorithm string // HMAC-SHA256 or HMAC-SHA1
	at        time.Time
	nonce     string // empty: a fresh one
}

func (s signer) header(method, address string) string {
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	if s.nonce == "" {
		var b [16]byte
		_, _ = rand.Read(b[:])
		s.nonce = hex.EncodeToString(b[:])
	}
	oauth := map[string]string{
		"oauth_consumer_key": s.creds.ConsumerKey, "oauth_token": s.creds.AccessToken, "oauth_nonce": s.nonce,
		"oauth_timestamp": strconv.FormatInt(s.at.Unix(), 10), "oauth_signature_method": s.algorithm, "oauth_version": "1.0",
	}
	var pairs []string
	for name, values := range u.Query() {
		for _, value := range values {
			pairs = append(pairs, rfc3986(name)+"="+rfc3986(value))
		}
	}
	for name, value := range oauth {
		pairs = append(pairs, rfc3986(name)+"="+rfc3986(value))
	}
	sort.Strings(pairs)
	base := method + "&" + rfc3986(u.Scheme+"://"+u.Host+u.EscapedPath()) + "&" + rfc3986(strings.Join(pairs, "&"))
	var digest func() hash.Hash = sha256.New
	if s.algorithm == "HMAC-SHA1" {
		digest = sha1.New
	}
	mac := hmac.New(digest, []byte(rfc3986(s.creds.ConsumerSecret)+"&"+rfc3986(s.creds.AccessTokenSecret)))
	mac.Write([]byte(base))
	oauth["oauth_signature"] = base64.StdEncoding.EncodeToString(mac.Sum(nil))
	var parts []string
	for name, value := range oauth {
		parts = append(parts, name+`="`+rfc3986(value)+`"`)
	}
	return "OAuth " + strings.Join(parts, ", ")
}

// rfc3986 encodes byte by byte.
func rfc3986(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}
