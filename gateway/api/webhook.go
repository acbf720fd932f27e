package api

import (
	"context"
	"math"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"datawald/gateway/access"
	"datawald/workflows"
)

const (
	webhookPath = "/webhooks/magento/{instance}"
	// maxHint is the largest body of a webhook, in bytes.
	maxHint = 64 << 10
	// hintTime is how long a sender waits at most: some speak while a shopper does.
	hintTime = 2 * time.Second
)

// webhook takes the hints of one shop.
type webhook struct {
	secret   string
	throttle throttle
	seen     seenEvents
}

func newWebhooks(secrets map[string]string) map[string]*webhook {
	all := map[string]*webhook{}
	for instance, secret := range secrets {
		all[instance] = &webhook{secret: secret}
	}
	return all
}

func (s *server) routeWebhooks() {
	secret := map[string]any{metaRole: access.Anyone} // the sender shows a secret of its own
	refusals := []int{http.StatusUnauthorized, http.StatusNotFound, http.StatusTooManyRequests}
	route(s, huma.Operation{OperationID: "take-hint", Method: http.MethodPost, Path: webhookPath, Tags: []string{"webhooks"},
		Summary: "Take the shop's word that orders changed, and read them at once",
		Description: "For Adobe I/O Events and webhook modules. Of the body, one event or a list of them, only the names of orders are taken: " +
			lookedFor + ". The orders are read from Magento some seconds later, all that were named meanwhile together; an event that is " +
			"sent again costs at most one more reading. Events that say that they are about something else are accepted and ignored. " +
			"The order is found without any of this when its time has come: the webhook makes it faster.",
		DefaultStatus: http.StatusOK, MaxBodyBytes: maxHint + 1, // the framework refuses a body that reaches it
		SkipValidateParams: true, SkipValidateBody: true, Metadata: secret,
		Errors: append(refusals, http.StatusBadRequest, http.StatusForbidden, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)}, s.takeHint)
	route(s, huma.Operation{OperationID: "answer-challenge", Method: http.MethodGet, Path: webhookPath, Tags: []string{"webhooks"},
		Summary:     "Answer the challenge of Adobe I/O Events when the webhook is registered",
		Description: "Gives the challenge back, to whoever knows the secret.", SkipValidateParams: true, Errors: refusals, Metadata: secret}, s.answerChallenge)
	s.describeHints()
}

// describeHints says of the body what the framework cannot know, since it is read as it comes, for the signatures.
func (s *server) describeHints() {
	anything := &huma.MediaType{Schema: &huma.Schema{Description: "An event, or a list of events"},
		Example: map[string]any{"entity_id": 12, "increment_id": "000000012"}}
	content := map[string]*huma.MediaType{"application/json": anything}
	for _, media := range cloudEvents {
		content[media] = anything
	}
	s.api.OpenAPI().Paths[webhookPath].Post.RequestBody.Content = content
}

type hintInput struct {
	Instance string `path:"instance" doc:"The instance" example:"main"`
	Credentials
	AdobeID   string `header:"X-Adobe-Event-Id" doc:"The event's own id, the same when it is sent again"`
	AdobeCode string `header:"X-Adobe-Event-Code" doc:"The event's type, where the body does not say it"`
	EventID   string `header:"X-Event-Id" doc:"As X-Adobe-Event-Id, from other senders"`
	RawBody   []byte `contentType:"application/json"`
}

type hintOutput struct {
	Body struct {
		Accepted int `json:"accepted" doc:"Events whose orders will be read"`
		Ignored  int `json:"ignored" doc:"Events about something else, without an order, or taken before"`
	}
}

// takeHint hands the orders that a delivery names to the workflow that reads them.
//
// What is no JSON, and what should name an order and does not, is refused: that is for a person to mend. Adobe I/O Events
// repeats 429 and 5xx for 24 hours and nothing else, and switches a registration off when most deliveries of a day fail
// ("Introduction to Adobe I/O Events Webhooks", troubleshooting); so what is about something else is accepted. The answer is 200: some webhook modules take only 200 and 201 for success.
func (s *server) takeHint(ctx context.Context, in *hintInput) (*hintOutput, error) {
	now := time.Now()
	hook, err := s.admit(in.Instance, in.Credentials, in.RawBody, now)
	if err != nil {
		return nil, err
	}
	events, err := eventReader{in.Instance, in.AdobeCode, first(in.AdobeID, in.EventID)}.read(in.RawBody)
	if err != nil {
		return nil, unreadableRequest.problem("The body is not JSON. " + mendRequest)
	}
	out := &hintOutput{}
	hint, taken := hook.choose(events, now)
	out.Body.Accepted, out.Body.Ignored = len(taken), len(events)-len(taken)
	if nameless(events) {
		return nil, invalid("body", "names no order; looked for "+lookedFor)
	}
	if len(taken) == 0 {
		return out, nil
	}
	if err := s.hint(ctx, in.Instance, hint); err != nil {
		return nil, err
	}
	for _, e := range taken {
		hook.seen.add(e.id, now)
	}
	return out, nil
}

// choose gives the orders of the events that name some and were not taken before.
func (w *webhook) choose(events []event, now time.Time) (hint workflows.Hint, taken []event) {
	for _, e := range events {
		if len(e.orders) == 0 || w.seen.has(e.id, now) {
			continue
		}
		taken = append(taken, e)
		for _, o := range e.orders {
			if o.entityID != 0 {
				hint.EntityIDs = append(hint.EntityIDs, o.entityID)
			}
			if o.incrementID != "" {
				hint.IncrementIDs = append(hint.IncrementIDs, o.incrementID)
			}
		}
	}
	return hint, taken
}

// nameless reports whether no event names an order and one at least should have.
func nameless(events []event) bool {
	missing := false
	for _, e := range events {
		if len(e.orders) > 0 {
			return false
		}
		missing = missing || !e.elsewhere
	}
	return missing
}

// hint starts the reading, or tells the workflow that is about to read.
func (s *server) hint(ctx context.Context, instance string, hint workflows.Hint) error {
	ctx, cancel := context.WithTimeout(ctx, hintTime)
	defer cancel()
	err := s.labels.Start(ctx, instance, workflows.SourceWebhook, func(labels temporal.SearchAttributes) error {
		options := client.StartWorkflowOptions{TaskQueue: s.settings.TaskQueue, TypedSearchAttributes: labels}
		_, err := s.temporal.SignalWithStartWorkflow(ctx, workflows.TakeHintsID(instance), workflows.HintSignal, hint, options, workflows.TakeHints, workflows.TakeHintsInput{Instance: instance})
		return err
	})
	if err != nil {
		return partDown(err, "temporal")
	}
	return nil
}

// admit lets a sender in that knows the secret of the instance, however many others do not: a stranger must not be able to
// shut the shop out.
func (s *server) admit(instance string, c Credentials, body []byte, now time.Time) (*webhook, error) {
	hook := s.webhooks[instance]
	if hook == nil {
		return nil, webhookOff.problem("Either there is no such instance (INSTANCES), or its webhook is off. Set MAGENTO_WEBHOOK_SECRET " +
			"(for an instance eu MAGENTO_EU_WEBHOOK_SECRET) and start the gateway again to switch it on.")
	}
	if c.show(hook.secret, body, now) {
		return hook, nil
	}
	return nil, s.refuse(hook, instance, now)
}

// refuse answers a sender that does not know the secret.
func (s *server) refuse(hook *webhook, instance string, now time.Time) error {
	wait, many := hook.throttle.count(now)
	if many {
		s.log.Warn("webhook: many requests do not know the secret", "instance", instance, "refused_at_once_for", wrongWindow.String())
	}
	if wait > 0 {
		p := tooManyWrong.problem("Many requests did not know the secret, and this one does not either. Mend it, or try again later.")
		p.retryAfter = int(math.Ceil(wait.Seconds()))
		return p
	}
	return unauthorized.problem("Show that you know the secret of the webhook, in one of the ways that /openapi.json describes.")
}

type challengeInput struct {
	Instance string `path:"instance" doc:"The instance" example:"main"`
	Credentials
	Challenge string `query:"challenge" doc:"What is given back"`
}

type challengeOutput struct {
	Body struct {
		Challenge string `json:"challenge"`
	}
}

// maxChallenge is far longer than the challenges of Adobe, which are UUIDs.
const maxChallenge = 500

// answerChallenge shows that the address is ours. "When creating an event registration using a webhook, Adobe I/O Events …
// sends an HTTP GET request, with a challenge query parameter" and wants it back, as plain text or as the member challenge
// of a JSON object (Adobe, "Introduction to Adobe I/O Events Webhooks", the challenge request;
// https://developer.adobe.com/events/docs/guides/).
func (s *server) answerChallenge(_ context.Context, in *challengeInput) (*challengeOutput, error) {
	if _, err := s.admit(in.Instance, in.Credentials, nil, time.Now()); err != nil {
		return nil, err
	}
	if in.Challenge == "" || len(in.Challenge) > maxChallenge {
		return nil, invalid("query.challenge", "want the challenge of Adobe I/O Events; events come by POST")
	}
	out := &challengeOutput{}
	out.Body.Challenge = in.Challenge
	return out, nil
}
