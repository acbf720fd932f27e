package magento

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"datawald/order"
)

const opLogin = "POST integration/admin/token"

// Codes of logins that Magento itself refused.
const (
	loginRefused = "login_refused"
	secondFactor = "two_factor"
)

// login gives a new token and how long it may be used.
func (c *Client) login(ctx context.Context) (token string, life time.Duration, err error) {
	ended := c.observe(ctx, opLogin)
	defer func() { ended(err) }()
	body, err := json.Marshal(map[string]string{"username": c.admin.user, "password": c.admin.password})
	if err != nil {
		return "", 0, err
	}
	r, err := c.roundTrip(ctx, call{op: opLogin, method: http.MethodPost, path: "/integration/admin/token", body: body},
		func(*http.Request, []param) {})
	if err != nil {
		return "", 0, err
	}
	if r.status != http.StatusOK {
		return "", 0, loginRefusal(r)
	}
	if json.Unmarshal(r.body, &token) != nil || !headerSafe(token) {
		return "", 0, badAnswer(opLogin, "the answer is not a token", nil)
	}
	return token, tokenLife(token, r.now, c.now()), nil
}

// headerSafe keeps out what cannot be sent as a token.
func headerSafe(token string) bool {
	return token != "" && !strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' })
}

// loginRefusal reads a login that failed. Whatever the shop refuses here no later call can mend.
func loginRefusal(r *reply) *order.Failure {
	f := r.failure(opLogin, access{way: WayAdmin})
	switch {
	case f.Kind == order.Transient:
		return f
	case strings.Contains(strings.ToLower(f.Message), "2fa"):
		f.Code, f.Hint = secondFactor, twoFactorHint(providers(r.body))
	case r.fromMagento() && (r.status == http.StatusUnauthorized || r.status == http.StatusForbidden):
		f.Code = loginRefused
		f.Hint = "Check MAGENTO_ADMIN_USER and MAGENTO_ADMIN_PASSWORD, and in System > Permissions > All Users that the account is active and in Locked Users that it is not locked: Magento locks it after 6 failures. So the login is repeated after 31 minutes, then after 2 hours, 6 hours and a day, or at once when this process is started anew."
	}
	f.Kind = order.Config
	return f
}

// providers are the second factors that the shop has switched on.
func providers(body []byte) []string {
	var e struct {
		Parameters struct {
			Active []string `json:"active_providers"`
		} `json:"parameters"`
	}
	_ = json.Unmarshal(body, &e) // an answer that names none is as good
	return e.Parameters.Active
}

// twoFactorHint says in plain words what the second factor means for a program.
func twoFactorHint(active []string) string {
	with := ""
	if len(active) > 0 {
		with = " (" + strings.Join(active, ", ") + ")"
	}
	return "The password is right, but the shop asks admin users for a second factor" + with + " that only a person can give. Make an integration instead (System > Extensions > Integrations > Add New Integration, then Activate) and give its four OAuth credentials."
}
