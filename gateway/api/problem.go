package api

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
)

// Problem is every answer that is not the one asked for (RFC 9457). Detail says what is wrong and what to do next.
type Problem struct {
	Type   string `json:"type" doc:"Stable name of the kind of problem, urn:datawald:problem:…" example:"urn:datawald:problem:order-not-found"`
	Title  string `json:"title" doc:"The kind of problem in a few words" example:"No such order"`
	Status int    `json:"status" doc:"HTTP status" example:"404"`
	Detail string `json:"detail" doc:"What is wrong this time, and what to do next"`
	// Key is the order concerned.
	Key    string  `json:"key,omitempty" doc:"Key of the order concerned" example:"main:1:000000123"`
	Faults []Fault `json:"errors,omitempty" doc:"Each fault of a request, or each part that does not answer"`

	retryAfter int   // seconds, 0 for none
	cause      error // for the log, which names its type alone
}

// Fault is one thing wrong, with its place.
type Fault struct {
	Location string `json:"location,omitempty" doc:"Where, for example query.state or body.increment_ids[3]"`
	Message  string `json:"message" doc:"What is wrong there"`
}

// kind is what all problems of one sort have in common.
type kind struct {
	name   string
	title  string
	status int
}

var (
	invalidRequest    = kind{"invalid-request", "The request is not valid", http.StatusUnprocessableEntity}
	unreadableRequest = kind{"unreadable-request", "The request cannot be read", http.StatusBadRequest}
	malformedKey      = kind{"malformed-order-key", "This is not an order key", http.StatusUnprocessableEntity}
	orderNotFound     = kind{"order-not-found", "No such order", http.StatusNotFound}
	resyncNotFound    = kind{"resync-not-found", "No such resync", http.StatusNotFound}
	backfillNotFound  = kind{"backfill-not-found", "No such backfill", http.StatusNotFound}
	backfillUnderWay  = kind{"backfill-under-way", "A backfill is under way", http.StatusConflict}
	backfillEnded     = kind{"backfill-ended", "The backfill has ended", http.StatusConflict}
	unknownInstance   = kind{"unknown-instance", "No such instance", http.StatusUnprocessableEntity}
	keyReused         = kind{"idempotency-key-reused", "The Idempotency-Key belongs to another request", http.StatusUnprocessableEntity}
	wrongContentType  = kind{"wrong-content-type", "The request must be JSON", http.StatusUnsupportedMediaType}
	tooLarge          = kind{"request-too-large", "The request is too large", http.StatusRequestEntityTooLarge}
	tooSlow           = kind{"request-too-slow", "The request did not arrive in time", http.StatusRequestTimeout}
	foreignHost       = kind{"foreign-host", "The request is not for this server", http.StatusMisdirectedRequest}
	crossOrigin       = kind{"cross-origin", "The request comes from another site", http.StatusForbidden}
	unauthorized      = kind{"unauthorized", "The request does not show the secret", http.StatusUnauthorized}
	tooManyWrong      = kind{"too-many-wrong-secrets", "Many requests do not show the secret", http.StatusTooManyRequests}
	webhookOff        = kind{"webhook-off", "There is no webhook here", http.StatusNotFound}
	notSignedIn       = kind{"not-signed-in", "The request does not show who sends it", http.StatusUnauthorized}
	wrongPassword     = kind{"wrong-password", "Wrong name or password", http.StatusUnauthorized}
	tooManyTries      = kind{"too-many-tries", "Too many wrong passwords", http.StatusTooManyRequests}
	notAllowed        = kind{"not-allowed", "This needs another role", http.StatusForbidden}
	csrfMissing       = kind{"csrf-token-missing", "The request does not show the token of its session", http.StatusForbidden}
	notEncrypted      = kind{"not-encrypted", "The way to the gateway can be read by others", http.StatusForbidden}
	userNotFound      = kind{"user-not-found", "No such user", http.StatusNotFound}
	userExists        = kind{"user-exists", "There is a user of this name", http.StatusConflict}
	keyNotFound       = kind{"key-not-found", "No such API key", http.StatusNotFound}
	tooManyKeys       = kind{"too-many-keys", "There are too many API keys", http.StatusConflict}
	lastAdmin         = kind{"last-admin", "This is the last admin", http.StatusConflict}
	requestUnderWay   = kind{"request-under-way", "The same request is being carried out", http.StatusConflict}
	outcomeUnknown    = kind{"outcome-unknown", "What came of the same request is not known", http.StatusConflict}
	noSuchRoute       = kind{"no-such-route", "There is nothing at this address", http.StatusNotFound}
	wrongMethod       = kind{"wrong-method", "The address does not take this method", http.StatusMethodNotAllowed}
	noRules           = kind{"no-rules", "The gateway has no rules of the instance", http.StatusConflict}
	unsoundRules      = kind{"unsound-rules", "The rules have problems", http.StatusUnprocessableEntity}
	rulesMoved        = kind{"rules-moved", "Other rules are in force by now", http.StatusConflict}
	rulesInForce      = kind{"rules-in-force", "These rules are in force already", http.StatusConflict}
	rulesNotFound     = kind{"rules-not-found", "No such version of the rules", http.StatusNotFound}
	unavailable       = kind{"unavailable", "A part of DataWald does not answer", http.StatusServiceUnavailable}
	internal          = kind{"internal", "The gateway failed", http.StatusInternalServerError}

	noSchedule             = kind{"no-schedule", "The instance has no schedule", http.StatusNotFound}
	noWorker               = kind{"no-worker", "No worker takes up the work", http.StatusConflict}
	schedulePaused         = kind{"schedule-paused", "The schedule is paused already", http.StatusConflict}
	scheduleRuns           = kind{"schedule-not-paused", "The schedule is not paused", http.StatusConflict}
	runNotFound            = kind{"run-not-found", "No such run", http.StatusNotFound}
	reconciliationNotFound = kind{"reconciliation-not-found", "No such reconciliation", http.StatusNotFound}
	reconciliationRuns     = kind{"reconciliation-under-way", "A reconciliation is under way", http.StatusConflict}
	tooManyExports         = kind{"too-many-exports", "Too many exports are being read", http.StatusTooManyRequests}
	tooManyCounts          = kind{"too-many-counts", "Too many hours are being counted", http.StatusTooManyRequests}
	tooManyStreams         = kind{"too-many-streams", "Too many pages listen for events", http.StatusTooManyRequests}
)

const mendRequest = "Mend the request and send it again; /openapi.json describes it."

func (k kind) problem(detail string) *Problem {
	return &Problem{Type: "urn:datawald:problem:" + k.name, Title: k.title, Status: k.status, Detail: detail}
}

// invalid is a request with a fault at one place.
func invalid(location, message string) *Problem {
	p := invalidRequest.problem(location + ": " + message + ". " + mendRequest)
	p.Faults = []Fault{{Location: location, Message: message}}
	return p
}

// invalidAll is a request with faults at several places, nil without any.
func invalidAll(faults []Fault) error {
	if len(faults) == 0 {
		return nil
	}
	var texts []string
	for _, f := range faults {
		texts = append(texts, f.Location+": "+f.Message)
	}
	p := invalidRequest.problem(strings.Join(texts, "; ") + ". " + mendRequest)
	p.Faults = faults
	return p
}

// partDown says that the store or Temporal does not answer. The cause stays inside: it may quote what was asked.
func partDown(cause error, parts ...string) *Problem {
	p := unavailable.problem("No usable answer from: " + strings.Join(parts, ", ") + ". Try again in some seconds; if it lasts, look at that server and at GET /readyz.")
	p.retryAfter, p.cause = 5, cause
	for _, part := range parts {
		p.Faults = append(p.Faults, Fault{Location: part, Message: "does not answer as it should"})
	}
	return p
}

func failure() *Problem {
	return internal.problem("The request was not carried out because of a fault in the gateway. Nothing is lost; try again, and report it with the time and the address if it stays.")
}

// Unwrap gives the cause, for the log.
func (p *Problem) Unwrap() error { return p.cause }

// Error tells the problem in one line.
func (p *Problem) Error() string { return p.Title + ": " + p.Detail }

// GetStatus is the HTTP status, for huma.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders are the headers that go with the problem, for huma.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	return h
}

// ContentType makes it application/problem+json, for huma.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// send answers a request that did not reach a handler.
func (p *Problem) send(c *gin.Context) {
	body, err := json.Marshal(p)
	if err != nil {
		c.AbortWithStatus(p.Status)
		return
	}
	c.Abort()
	for name, values := range p.GetHeaders() {
		c.Writer.Header()[name] = values
	}
	c.Data(p.Status, p.ContentType(""), body)
}

// fromFramework makes a problem of what huma finds wrong with a request. Values are not echoed.
func fromFramework(status int, message string, errs ...error) huma.StatusError {
	var faults []Fault
	var texts []string
	for _, err := range errs {
		f := Fault{Message: err.Error()}
		if d, ok := err.(huma.ErrorDetailer); ok {
			f = Fault{Location: d.ErrorDetail().Location, Message: d.ErrorDetail().Message}
		}
		faults = append(faults, f)
		texts = append(texts, strings.TrimPrefix(f.Location+": "+f.Message, ": "))
	}
	detail := message
	if len(texts) > 0 {
		detail = strings.Join(texts, "; ")
	}
	detail += ". "
	var p *Problem
	switch status {
	case http.StatusUnprocessableEntity:
		p = invalidRequest.problem(detail + mendRequest)
	case http.StatusBadRequest:
		p = unreadableRequest.problem(detail + mendRequest)
	case http.StatusUnsupportedMediaType:
		return notJSON()
	case http.StatusRequestEntityTooLarge:
		return bodyTooLarge()
	case http.StatusRequestTimeout:
		return tooSlow.problem("The body of the request did not arrive in time. Send it again.")
	default:
		return failure()
	}
	p.Faults = faults
	return p
}

// Kinds of the codec, and of the order desk.
var (
	codecOff        = kind{"codec-off", "Nothing is encrypted here", http.StatusNotFound}
	payloadLocked   = kind{"payload-not-readable", "A payload cannot be decrypted", http.StatusUnprocessableEntity}
	tooManyCodings  = kind{"too-many-payloads", "Many payloads were asked for", http.StatusTooManyRequests}
	actionRefused   = kind{"action-refused", "The order's state does not allow it", http.StatusConflict}
	countDiffers    = kind{"count-differs", "Other orders match than you saw", http.StatusConflict}
	payloadNotFound = kind{"payload-not-found", "No such version of the order", http.StatusNotFound}
)
