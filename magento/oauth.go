package magento

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"time"
)

// OAuth holds the four credentials that Magento shows for an activated integration. Requests are signed with
// HMAC-SHA256 (RFC 5849 with SHA-256), the one method that every 2.x release accepts.
type OAuth struct {
	ConsumerKey       string
	ConsumerSecret    string
	AccessToken       string
	AccessTokenSecret string
}

func (o OAuth) complete() bool {
	return o.ConsumerKey != "" && o.ConsumerSecret != "" && o.AccessToken != "" && o.AccessTokenSecret != ""
}

// param is a query parameter in the order in which it is sent.
type param struct{ name, value string }

// header signs one request at a time. params are the query parameters, unencoded.
func (o OAuth) header(method, base string, params []param, at time.Time) string {
	nonce := rand.Text() // 26 random letters: used once, as Magento demands
	own := []param{
		{"oauth_consumer_key", o.ConsumerKey},
		{"oauth_nonce", nonce},
		{"oauth_signature_method", "HMAC-SHA256"},
		{"oauth_timestamp", strconv.FormatInt(at.Unix(), 10)},
		{"oauth_token", o.AccessToken},
		{"oauth_version", "1.0"},
	}
	own = append(own, param{"oauth_signature", o.sign(method, base, append(own[:len(own):len(own)], params...))})
	parts := make([]string, len(own))
	for i, p := range own {
		parts[i] = escape(p.name) + `="` + escape(p.value) + `"`
	}
	return "OAuth " + strings.Join(parts, ", ")
}

// sign makes the signature base string of RFC 5849, section 3.4.1: names and values encoded first, then sorted.
func (o OAuth) sign(method, base string, params []param) string {
	pairs := make([]string, len(params))
	for i, p := range params {
		pairs[i] = escape(p.name) + "=" + escape(p.value)
	}
	sort.Strings(pairs)
	text := strings.ToUpper(method) + "&" + escape(base) + "&" + escape(strings.Join(pairs, "&"))
	mac := hmac.New(sha256.New, []byte(escape(o.ConsumerSecret)+"&"+escape(o.AccessTokenSecret)))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// escape encodes per RFC 3986: a space is %20, brackets are encoded, ~ is not.
func escape(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}

func encode(params []param) string {
	parts := make([]string, len(params))
	for i, p := range params {
		parts[i] = escape(p.name) + "=" + escape(p.value)
	}
	return strings.Join(parts, "&")
}

// baseURL is scheme, host (without a default port) and path, as Magento sees the request.
func baseURL(u *url.URL) string {
	host := strings.ToLower(u.Host)
	if u.Scheme == "http" {
		host = strings.TrimSuffix(host, ":80")
	} else {
		host = strings.TrimSuffix(host, ":443")
	}
	return u.Scheme + "://" + host + u.EscapedPath()
}
