package magento

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"datawald/order"
)

// signIn tries the sign-in, and where it is refused asks on until the cause is as plain as it can be.
func (c *checkup) signIn(ctx context.Context) order.Finding {
	if c.Client.way == WayAdmin {
		token, _, err := c.Client.adminToken(ctx)
		if err != nil {
			return failed(err)
		}
		c.refusal = c.ping(ctx)
		return c.withoutRight(fmt.Sprintf("%s: the shop gave %s", c.Client.way, tokenKind(token)))
	}
	f := c.ping(ctx)
	_, byResource := refusedResource(messageOf(f))
	switch {
	case f == nil:
		return ok(string(c.Client.way) + ": accepted")
	case f.Code != "401":
		return failed(f)
	case c.Client.way == WayToken:
		return c.refusedToken(ctx, f)
	case byResource:
		return c.refusedRight(ctx, f)
	case strings.Contains(f.Message, "signature is invalid"):
		return c.refusedSignature(ctx, f)
	}
	return failed(f)
}

func messageOf(f *order.Failure) string {
	if f == nil {
		return ""
	}
	return f.Message
}

// tokenKind tells a token's kind and life.
func tokenKind(token string) string {
	end, begin, is := jwtTimes(token)
	if !is || begin.IsZero() {
		return "a token that does not say when it ends"
	}
	return fmt.Sprintf("a token for %s", end.Sub(begin))
}

// ping asks for orders that cannot be: it needs the sign-in and the right to read, and brings nothing.
func (c *checkup) ping(ctx context.Context) *order.Failure {
	l, err := c.Client.list(ctx, search{where: nothing, sort: []string{"entity_id"}, pageSize: 1})
	if err == nil {
		c.small = l.took
		return nil
	}
	f, is := errors.AsType[*order.Failure](err)
	if !is {
		f = &order.Failure{Kind: order.Transient, System: system, Op: opList, Message: err.Error(), Err: err}
	}
	return f
}

// withoutRight says that the sign-in holds, whatever may be read with it.
func (c *checkup) withoutRight(seen string) order.Finding {
	if c.refusal != nil && c.refusal.Kind == order.Transient {
		return failed(c.refusal)
	}
	return ok(seen)
}

// refusedToken asks for something else than orders with the same token: what is answered there is a token that holds.
func (c *checkup) refusedToken(ctx context.Context, f *order.Failure) order.Finding {
	_, err := c.Client.get(ctx, "GET store/websites", "/store/websites", nil)
	if err == nil {
		f.Hint = "The right is missing: give it in " + menuRight(WayToken, resourceView) + ", save, and Reauthorize."
		c.refusal = f
		return ok(string(WayToken) + ": accepted, for other things than orders")
	}
	// That look-up needs a right of its own: a token with neither looks like one that does not hold.
	f.Hint += " The right may also be all that is missing: nothing else could be read with this token either, which needs a right of its own (Magento_Backend::store)."
	release := c.release(ctx)
	if before24(release) {
		f.Hint = "This is Magento " + release + ", which takes bearer tokens. The token is wrong or its integration not active (" + menuIntegration + "), or the right is missing: " +
			menuRight(WayToken, resourceView) + "."
	}
	return failed(f)
}

var releasePattern = regexp.MustCompile(`^Magento/(\d\.\d)`)

// release is the line that the shop says it is of ("2.4"), empty when it does not say.
func (c *checkup) release(ctx context.Context) string {
	root, _, _ := strings.Cut(c.Client.root, "/rest")
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, root+"/magento_version", nil)
	if err != nil {
		return ""
	}
	res, err := c.Client.http.Do(req)
	if err != nil {
		return ""
	}
	defer res.Body.Close()
	var head [32]byte
	n, _ := res.Body.Read(head[:])
	if m := releasePattern.FindStringSubmatch(string(head[:n])); m != nil && res.StatusCode == http.StatusOK {
		return m[1]
	}
	return ""
}

func before24(release string) bool { return release != "" && release < "2.4" }

// refusedRight looks at a signature that seems to be accepted. A shop that does not mind a wrong one has not seen either:
// its web server keeps the Authorization header to itself.
func (c *checkup) refusedRight(ctx context.Context, f *order.Failure) order.Finding {
	wrong := c.Client.oauth
	wrong.ConsumerSecret += "-"
	err := c.signedBy(ctx, func(req *http.Request, params []param) {
		req.Header.Set("Authorization", wrong.header(req.Method, baseURL(req.URL), params, c.Client.shopTime()))
	})
	if other, is := errors.AsType[*order.Failure](err); is && other.Code == "401" && other.Message == f.Message {
		return fail(order.Config, string(WayOAuth)+": the shop takes no notice of the signature, not even of a wrong one",
			"The web server does not pass the Authorization header on to PHP: with Apache set CGIPassAuth On, with nginx fastcgi_param HTTP_AUTHORIZATION $http_authorization; and let proxies pass it.")
	}
	c.refusal = f
	return ok(string(WayOAuth) + ": the signature is accepted")
}

// refusedSignature signs for the other scheme: a shop that accepts that sits behind a proxy that ends TLS and has not been
// told so.
func (c *checkup) refusedSignature(ctx context.Context, f *order.Failure) order.Finding {
	other, seenAs := map[string]string{"https": "http", "http": "https"}, ""
	err := c.signedBy(ctx, func(req *http.Request, params []param) {
		scheme, rest, _ := strings.Cut(baseURL(req.URL), "://")
		seenAs = other[scheme]
		req.Header.Set("Authorization", c.Client.oauth.header(req.Method, seenAs+"://"+rest, params, c.Client.shopTime()))
	})
	if failure, is := errors.AsType[*order.Failure](err); err == nil || is && failure.Code == "401" && !strings.Contains(failure.Message, "signature is invalid") {
		return fail(order.Config, f.Message+" (401); the same signed for "+seenAs+":// is accepted",
			"The shop believes that it is called by "+seenAs+": a proxy before it ends TLS. Let the proxy send X-Forwarded-Proto and name that header in "+menuOffloader+".")
	}
	finding := failed(f)
	finding.Mend = "It is refused when signed for the other scheme too, so one of the two secrets is wrong (copy MAGENTO_CONSUMER_SECRET and MAGENTO_ACCESS_TOKEN_SECRET from " +
		menuIntegration + "), or a proxy before the shop changes the host or the path."
	return finding
}

// signedBy pings with another signature.
func (c *checkup) signedBy(ctx context.Context, sign authorizer) error {
	_, err := c.Client.exchange(ctx, call{op: opList, method: http.MethodGet, path: "/orders",
		params: search{where: nothing, sort: []string{"entity_id"}, pageSize: 1}.params()}, sign)
	return err
}

func (c *checkup) mayRead(context.Context) order.Finding {
	if c.refusal != nil {
		return failed(c.refusal)
	}
	return ok("granted (" + resourceView + ")")
}

const opComment = "POST orders/{id}/comments"

// mayComment asks for a comment without content on an order that cannot be. Magento looks at the right first, then misses
// the content: nothing can be written (Controller/Rest/InputParamsResolver.php: validate before the input is read).
func (c *checkup) mayComment(ctx context.Context) order.Finding {
	sign := c.Client.authorize
	if c.Client.way == WayAdmin {
		token, _, err := c.Client.adminToken(ctx)
		if err != nil {
			return failed(err)
		}
		sign = bearer(token)
	}
	_, err := c.Client.exchange(ctx, call{op: opComment, method: http.MethodPost, path: "/orders/0/comments", body: []byte("{}")}, sign)
	f, is := errors.AsType[*order.Failure](err)
	switch {
	case is && f.Code == "401":
		return ok("not granted (" + resourceComment + "); it is needed only to write to orders: " + menuRight(c.Client.way, resourceComment))
	case is && f.Kind == order.Permanent:
		return ok("granted (" + resourceComment + "); nothing was written to find out")
	}
	return warn("cannot be told without writing", "")
}

// age tells how long ago something was, for people.
func age(d time.Duration) string {
	switch {
	case d < 0:
		return "just now"
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	}
	return fmt.Sprintf("%d days ago", int(d.Hours()/24))
}
