package magentosim

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Faults are the ways the shop fails on demand. The JSON names are those of POST /control, where a field that is not
// sent stays as it is.
type Faults struct {
	// Unavailable answers every REST call with the HTML page of maintenance mode, HTTP 503, without Retry-After.
	Unavailable bool `json:"unavailable"`
	// PoisonEntityIDs are orders that break every list that contains them.
	PoisonEntityIDs []int64 `json:"poison_entity_ids"`
	// PoisonStatus is how such a list fails: 500 ("same ID already exists", issue 32306) or 404 (a row that
	// references what is gone). Default 500.
	PoisonStatus int `json:"poison_status"`
	// PoisonGetMissing makes GET by id of such an order answer 404. Default: it works.
	PoisonGetMissing bool `json:"poison_get_missing"`
	// MaxPageSize switches the input limit on, or another one than Config.MaxPageSize. 0: as configured.
	MaxPageSize int `json:"max_page_size"`
	// Truncate cuts every 200 reply in half, as a PHP fatal error does. Its length is right and it is labelled JSON.
	Truncate bool `json:"truncate"`
	// Drop cuts the connection in the middle of every 200 reply.
	Drop bool `json:"drop"`
	// HTML200 answers with a proxy's page, HTTP 200.
	HTML200 bool `json:"html_200"`
	// RateLimit answers as a web application firewall does, with an HTML page. nil: it does not.
	RateLimit *RateLimit `json:"rate_limit"`
	// LatencyMS is added to Config.Latency, in milliseconds.
	LatencyMS int `json:"latency_ms"`
	// ACL false takes all permissions from all callers. Default true.
	ACL bool `json:"acl"`
	// WriteFault makes writes fail. nil: they do not.
	WriteFault *WriteFault `json:"write_fault"`
	// HideStatus shows single orders as if their status were NULL.
	HideStatus bool `json:"hide_status"`
	// BearerDisabled refuses the integration token, as an upgrade to 2.4.4 does.
	BearerDisabled bool `json:"bearer_disabled"`
	// Deny takes these permissions from all callers, such as "Magento_Sales::actions_view". Default none.
	Deny []string `json:"deny"`
	// TokenRevoked refuses the integration's access token, as Bearer and in signatures, as "Reauthorize" does to the old one.
	TokenRevoked bool `json:"token_revoked"`
	// IntegrationInactive lets signatures pass and then knows nobody; the bearer token is refused.
	IntegrationInactive bool `json:"integration_inactive"`
	// OAuthRefusal answers every signed request with one of Magento's refusals, one of those in signedRefusals. Default none.
	OAuthRefusal string `json:"oauth_refusal"`
	// DropAuthorization loses the header, as a web server does that does not pass it on to PHP.
	DropAuthorization bool `json:"drop_authorization"`
	// AdminLocked refuses every admin login, as a locked account does.
	AdminLocked bool `json:"admin_locked"`
	// TwoFactor asks admin logins for the second factor, as an upgrade to 2.4 does.
	TwoFactor bool `json:"two_factor"`
	// ClockSkewSeconds shifts Magento's clock further.
	ClockSkewSeconds int `json:"clock_skew_seconds"`
	// ForRequests ends all of this after so many REST calls. 0: it lasts.
	ForRequests int `json:"for_requests"`
}

// RateLimit is a refusal for too many calls.
type RateLimit struct {
	// Status is 429 or 403. Default 429.
	Status int `json:"status"`
	// RetryAfter is sent as the header of that name, in seconds. 0: no header.
	RetryAfter int `json:"retry_after"`
}

func noFaults() Faults { return Faults{ACL: true, PoisonStatus: http.StatusInternalServerError} }

func (f Faults) validate() error {
	if f.PoisonStatus != http.StatusInternalServerError && f.PoisonStatus != http.StatusNotFound {
		return fmt.Errorf("magentosim: poison_status is %d, want 500 or 404", f.PoisonStatus)
	}
	if f.RateLimit != nil && (f.RateLimit.Status < 400 || f.RateLimit.Status > 599) {
		return fmt.Errorf("magentosim: rate_limit.status is %d, want 400 to 599", f.RateLimit.Status)
	}
	if err := f.WriteFault.validate(); err != nil {
		return err
	}
	if _, known := signedRefusals[f.OAuthRefusal]; !known && f.OAuthRefusal != "" {
		return fmt.Errorf("magentosim: oauth_refusal is %q, want one of %s", f.OAuthRefusal, strings.Join(slices.Sorted(maps.Keys(signedRefusals)), ", "))
	}
	if f.LatencyMS < 0 || f.ForRequests < 0 || f.MaxPageSize < 0 {
		return fmt.Errorf("magentosim: latency_ms, max_page_size and for_requests cannot be negative")
	}
	return nil
}

// Faults returns the switches as they stand.
func (s *Shop) Faults() Faults {
	s.faultMu.Lock()
	defer s.faultMu.Unlock()
	return s.faults.clone()
}

// clone shares nothing with f.
func (f Faults) clone() Faults {
	f.PoisonEntityIDs, f.Deny = slices.Clone(f.PoisonEntityIDs), slices.Clone(f.Deny)
	if f.RateLimit != nil {
		limit := *f.RateLimit
		f.RateLimit = &limit
	}
	if f.WriteFault != nil {
		fault := *f.WriteFault
		f.WriteFault = &fault
	}
	return f
}

// SetFaults changes the switches: change gets them as they stand.
func (s *Shop) SetFaults(change func(*Faults)) error {
	s.faultMu.Lock()
	defer s.faultMu.Unlock()
	f := s.faults.clone()
	change(&f)
	if f.RateLimit != nil && f.RateLimit.Status == 0 {
		f.RateLimit = &RateLimit{Status: http.StatusTooManyRequests, RetryAfter: f.RateLimit.RetryAfter}
	}
	if f.PoisonStatus == 0 {
		f.PoisonStatus = http.StatusInternalServerError
	}
	if err := f.validate(); err != nil {
		return err
	}
	s.faults = f
	return nil
}

// ClearFaults makes the shop healthy.
func (s *Shop) ClearFaults() {
	s.faultMu.Lock()
	defer s.faultMu.Unlock()
	s.faults = noFaults()
}

// takeFaults returns the switches for one REST call and counts it.
func (s *Shop) takeFaults() (f Faults, call uint64) {
	s.faultMu.Lock()
	defer s.faultMu.Unlock()
	s.calls++
	f = s.faults
	if f.ForRequests == 1 {
		s.faults = noFaults()
	} else if f.ForRequests > 1 {
		s.faults.ForRequests--
	}
	return f, s.calls
}
