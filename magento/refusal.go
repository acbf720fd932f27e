package magento

import (
	"cmp"
	"strings"
	"time"
)

// This file says why a shop refuses a sign-in. Magento answers most causes with the same 401 "The consumer isn't authorized
// to access …" (magento2 36811, 39289), so the hint takes in what the client knows by itself. Texts of refused signatures:
// Oauth/Oauth.php, Model/Oauth/Token/Provider.php and Model/Oauth/Nonce/Generator.php of Magento_Integration; menus as they
// are in the Admin of 2.4.

// access is what a client knows of its sign-in when a call is refused.
type access struct {
	way Way
	// ahead is how far the shop's clock is ahead of ours, by the Date of its answers.
	ahead time.Duration
	// worked: the shop has answered this operation before. signedIn: it has answered some operation.
	worked, signedIn bool
}

func (c *Client) access(op string) access {
	a := access{way: c.way, ahead: time.Duration(c.ahead.Load())}
	_, a.worked = c.answered.Load(op)
	c.answered.Range(func(any, any) bool { a.signedIn = true; return false })
	return a
}

// Places in Magento's Admin.
const (
	menuIntegration = "System > Extensions > Integrations"
	menuBearer      = "Stores > Configuration > Services > OAuth > Consumer Settings > Allow OAuth Access Tokens to be used as standalone Bearer tokens"
	menuOffloader   = "Stores > Configuration > General > Web > Base URLs (Secure) > Offloader header"
	commandBearer   = "bin/magento config:set oauth/consumer/enable_integration_as_bearer 1"
)

// actions are the rights on orders by their names in the tree of resources (module-sales etc/acl.xml).
var actions = map[string]string{
	resourceView: "View", resourceComment: "Comment", "Magento_Sales::create": "Create", "Magento_Sales::ship": "Ship",
	"Magento_Sales::invoice": "Invoice", "Magento_Sales::cancel": "Cancel", "Magento_Sales::hold": "Hold", "Magento_Sales::unhold": "Unhold",
}

const (
	resourceView    = "Magento_Sales::actions_view"
	resourceComment = "Magento_Sales::comment"
)

// menuRight says where the right to a resource is given.
func menuRight(way Way, resource string) string {
	tree := "Sales > Operations > Orders"
	if action := actions[resource]; action != "" {
		tree += " > Actions > " + action
	}
	if way == WayAdmin {
		return "System > Permissions > User Roles > the user's role > Role Resources > " + tree + " (" + resource + ")"
	}
	return menuIntegration + " > API > " + tree + " (" + resource + ")"
}

// signatureRefusals are the refusals of signed requests that name their cause.
var signatureRefusals = []struct{ part, hint string }{
	{"signature is invalid", "The signature was refused. Either one of the two secrets is wrong, or the shop sees another address than this machine calls: a proxy that ends TLS must be named to it (" + menuOffloader + "), and must pass the host on."},
	{"signature", "The shop refuses the way of signing. Magento 2 takes HMAC-SHA256: check what changes requests between here and the shop."},
	{"timestamp", hintClock},
	{"nonce", hintClock},
	{"consumer key has expired", "The activation of the integration was not finished in time: open " + menuIntegration + ", Reauthorize it, and copy all four credentials anew."},
	{"revoked", hintToken},
	{"token", hintToken},
	{"consumer", "The shop does not know MAGENTO_CONSUMER_KEY: the integration was deleted, the key is not copied whole, or it belongs to another shop. Copy all four credentials from " + menuIntegration + "."},
}

const (
	hintClock = "The time of the signature was refused: Magento takes none that is more than 10 minutes ahead of its own clock. Set the clocks of this machine and of the shop by NTP."
	hintNonce = "The clocks agree, so the shop could not store the nonce: its database was busy. It is tried again. Should it stay, look at the shop's log, and whether its PHP machine has another clock than its web server."
	hintToken = "The shop does not take MAGENTO_ACCESS_TOKEN with this consumer key: the integration was reauthorized, which makes new credentials, or the token is not copied whole. Copy all four credentials from " + menuIntegration + "."
)

// refusalHint names the likeliest cause of a refusal first.
func (a access) refusalHint(message string) string {
	m := strings.ToLower(message)
	if resource, ok := refusedResource(message); ok {
		return a.notAuthorized(resource)
	}
	if a.way == WayOAuth {
		for _, r := range signatureRefusals {
			if strings.Contains(m, r.part) {
				return r.hint
			}
		}
	}
	return "Check the credentials (" + string(a.way) + ") and that the integration or user is active."
}

// refusedResource is what "The consumer isn't authorized to access X." names, false for any other message.
func refusedResource(message string) (resource string, ok bool) {
	_, rest, ok := strings.Cut(message, "isn't authorized to access")
	return cmp.Or(strings.Trim(rest, " ."), resourceView), ok
}

// notAuthorized tells the causes of Magento's one answer apart as far as they can be.
func (a access) notAuthorized(resource string) string {
	right := menuRight(a.way, resource)
	switch {
	case a.way == WayOAuth && a.worked:
		return "The signature was accepted, and this worked before: the right was taken from the integration, or the integration was switched off. See " + right + "."
	case a.way == WayOAuth:
		return "The signature was accepted, so the right is missing: give it in " + right + ", save and Reauthorize, or Activate an integration that is not active."
	case a.way == WayAdmin:
		return "The login was accepted, so the right is missing: give it in " + right + "."
	case a.worked:
		return "The token worked before. It was revoked (the integration was reauthorized, deleted or switched off), or an upgrade to 2.4.4 or later switched bearer tokens off. Give the four OAuth credentials of the integration instead, or " + switchBearerOn + ", or check the right in " + right + "."
	case a.signedIn:
		return "The token is accepted for other calls, so the right is missing: give it in " + right + "."
	}
	return "Likeliest first: since 2.4.4 bearer tokens are switched off; give the four OAuth credentials instead, or " + switchBearerOn + ". Or the token is wrong or its integration not active (" + menuIntegration + "). Or the right is missing: " + right + "."
}

const switchBearerOn = "switch them on in " + menuBearer + " (" + commandBearer + ")"
