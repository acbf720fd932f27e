package magentosim

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxFuture is how many seconds a timestamp may be ahead. Magento REST: Model/Oauth/Nonce/Generator.php.
const maxFuture = 600

// rememberedNonces is how many nonces are kept before the oldest are forgotten.
const rememberedNonces = 200_000

// checkSignature verifies a request signed with OAuth 1.0a (RFC 5849). The checks run in Magento's order, so a
// nonce is used up even when the signature is wrong. Magento REST: Oauth.php validateAccessTokenRequest.
func (g *guard) checkSignature(r *http.Request, header string) *apiError {
	params := parseOAuthHeader(header)
	if err := requireOAuthParams(params); err != nil {
		return err
	}
	if v, ok := params["oauth_version"]; ok && v != "1.0" {
		return &apiError{status: http.StatusBadRequest, message: `The "%1" Oauth version isn't supported.`, parameters: []any{v}}
	}
	credentials := g.cfg.OAuth
	if !credentials.complete() || !equal(params["oauth_consumer_key"], credentials.ConsumerKey) {
		return refused("A consumer having the specified key does not exist")
	}
	if err := g.useNonce(params["oauth_nonce"], params["oauth_timestamp"]); err != nil {
		return err
	}
	if !equal(params["oauth_token"], credentials.AccessToken) {
		return refused("Specified token does not exist")
	}
	digest := g.digest(params["oauth_signature_method"])
	if digest == nil {
		return &apiError{
			status: http.StatusBadRequest, message: "Signature method %1 is not supported",
			parameters: []any{params["oauth_signature_method"]},
		}
	}
	mac := hmac.New(digest, []byte(percentEncode(credentials.ConsumerSecret)+"&"+percentEncode(credentials.AccessTokenSecret)))
	mac.Write([]byte(g.baseString(r, params)))
	if !equal(base64.StdEncoding.EncodeToString(mac.Sum(nil)), params["oauth_signature"]) {
		return refused("The signature is invalid. Verify and try again.")
	}
	return nil
}

// signedRefusals are the refusals of signed requests by the name of their switch. Magento REST: Oauth/Oauth.php,
// Model/Oauth/Token/Provider.php, Model/Oauth/Nonce/Generator.php.
var signedRefusals = map[string]string{
	"consumer_unknown":    "A consumer having the specified key does not exist",
	"consumer_length":     "Consumer key is not the correct length",
	"consumer_expired":    "Consumer key has expired",
	"token_unknown":       "Specified token does not exist",
	"token_length":        "The token length is invalid. Check the length and try again.",
	"token_of_another":    "Token is not associated with the specified consumer",
	"token_not_exchanged": "Token is not an access token",
	"token_revoked":       "Access token has been revoked",
	"timestamp":           "An error occurred validating the nonce",
	"signature":           "The signature is invalid. Verify and try again.",
}

// refuseSigned is the refusal that a switch asks for.
func (f Faults) refuseSigned() *apiError {
	switch {
	case f.OAuthRefusal != "":
		return refused(signedRefusals[f.OAuthRefusal])
	case f.TokenRevoked:
		return refused(signedRefusals["token_revoked"])
	}
	return nil
}

func refused(message string) *apiError {
	return &apiError{status: http.StatusUnauthorized, message: message}
}

// digest returns the hash of a signature method, nil when this release does not take it.
func (g *guard) digest(method string) func() hash.Hash {
	switch {
	case method == "HMAC-SHA256":
		return sha256.New
	case method == "HMAC-SHA1" && g.t.acceptsSHA1:
		return sha1.New
	default:
		return nil
	}
}

// requireOAuthParams lists every protocol parameter that is missing.
func requireOAuthParams(params map[string]string) *apiError {
	var missing []apiError
	for _, name := range []string{"oauth_consumer_key", "oauth_token", "oauth_signature", "oauth_signature_method", "oauth_nonce", "oauth_timestamp"} {
		if params[name] == "" {
			missing = append(missing, *requiredField(name))
		}
	}
	switch len(missing) {
	case 0:
		return nil
	case 1:
		return &missing[0]
	default:
		return &apiError{status: http.StatusBadRequest, message: "One or more input exceptions have occurred.", errors: missing}
	}
}

// useNonce accepts a nonce once. A timestamp that cannot be is reported as vaguely as Magento does.
func (g *guard) useNonce(nonce, timestamp string) *apiError {
	at, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || at <= 0 || at > g.now().Unix()+maxFuture {
		return refused("An error occurred validating the nonce")
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, used := g.nonces[nonce]; used {
		e := refused("The nonce is already being used by the consumer with ID %1")
		e.parameters = []any{1}
		return e
	}
	if len(g.nonces) >= rememberedNonces {
		g.forgetOldNonces()
	}
	g.nonces[nonce] = at
	return nil
}

// forgetOldNonces drops the older half.
func (g *guard) forgetOldNonces() {
	times := make([]int64, 0, len(g.nonces))
	for _, at := range g.nonces {
		times = append(times, at)
	}
	slices.Sort(times)
	median := times[len(times)/2]
	for nonce, at := range g.nonces {
		if at <= median {
			delete(g.nonces, nonce)
		}
	}
}

// parseOAuthHeader reads name="value" pairs; both sides are percent-encoded (RFC 5849, 3.5.1).
func parseOAuthHeader(header string) map[string]string {
	params := map[string]string{}
	for pair := range strings.SplitSeq(header, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(pair), "=")
		if !ok || name == "realm" {
			continue
		}
		params[percentDecode(name)] = percentDecode(strings.Trim(value, `"`))
	}
	return params
}

// baseString is what gets signed: method, URL, and all parameters encoded and sorted (RFC 5849, 3.4.1).
func (g *guard) baseString(r *http.Request, oauth map[string]string) string {
	var params [][2]string
	for name, value := range oauth {
		if name != "oauth_signature" {
			params = append(params, [2]string{percentEncode(name), percentEncode(value)})
		}
	}
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		params = append(params, [2]string{percentEncode(unescape(name)), percentEncode(unescape(value))})
	}
	slices.SortFunc(params, func(a, b [2]string) int {
		if c := strings.Compare(a[0], b[0]); c != 0 {
			return c
		}
		return strings.Compare(a[1], b[1])
	})
	joined := make([]string, len(params))
	for i, p := range params {
		joined[i] = p[0] + "=" + p[1]
	}
	return r.Method + "&" + percentEncode(g.baseURL(r)) + "&" + percentEncode(strings.Join(joined, "&"))
}

// baseURL is the address as Magento sees it, without query and without a default port.
// Magento REST: Oauth/Helper/Request.php getRequestUrl.
func (g *guard) baseURL(r *http.Request) string {
	if g.cfg.SignedBaseURL != "" {
		return strings.TrimSuffix(g.cfg.SignedBaseURL, "/") + r.URL.EscapedPath()
	}
	scheme, port := "http", "80"
	if r.TLS != nil {
		scheme, port = "https", "443"
	}
	host := strings.ToLower(r.Host)
	if name, p, err := net.SplitHostPort(host); err == nil && p == port {
		host = name
	}
	return scheme + "://" + host + r.URL.EscapedPath()
}

// percentEncode encodes everything but the unreserved characters of RFC 3986.
func percentEncode(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(url.QueryEscape(s), "+", "%20"), "%7E", "~")
}

func percentDecode(s string) string {
	if out, err := url.PathUnescape(s); err == nil {
		return out
	}
	return s
}
