package api

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"

	"datawald/gateway/access"
)

// Temporal's command line and UI send payloads to <endpoint>/decode and <endpoint>/encode.
const (
	codecPath   = "/api/v1/codec"
	codecDecode = codecPath + "/decode"
	codecEncode = codecPath + "/encode"
)

// codingsInAMinute is how often one actor has payloads decrypted or encrypted in a minute: each event of a history asks once or twice, and a history
// of ours has some thousand. Who has copied Temporal's database is slowed down by it.
var codingsInAMinute = 6000

func (s *server) routeCodec() {
	// Not for viewers: payloads have keys of orders and reasons as they stand, which nobody has masked. It reads, and is not in the audit as no
	// reading is: what encrypting makes goes nowhere from here.
	told := map[string]any{metaRole: access.Operator, metaReads: true}
	refused := []int{http.StatusNotFound, http.StatusTooManyRequests}
	route(s, huma.Operation{OperationID: "decode-payloads", Method: http.MethodPost, Path: codecDecode, Tags: []string{"codec"},
		Summary: "Payloads of Temporal, decrypted",
		Description: "For `temporal … --codec-endpoint`, and for Temporal's UI where GATEWAY_CODEC_ORIGINS names it. Every key of TEMPORAL_CODEC_KEYS decrypts; what is not encrypted " +
			"comes back as it is. When one payload cannot be decrypted the answer is 422 and names its key.",
		DefaultStatus: http.StatusOK, Metadata: told, Errors: refused}, s.decodePayloads)
	route(s, huma.Operation{OperationID: "encode-payloads", Method: http.MethodPost, Path: codecEncode, Tags: []string{"codec"},
		Summary: "Payloads for Temporal, encrypted",
		Description: "The command line asks for it before it sends an input or a signal, so that it does not stand in Temporal in the clear. The first key of TEMPORAL_CODEC_KEYS encrypts. " +
			"Workers take the same input unencrypted as well: encrypting lets nobody do more.",
		DefaultStatus: http.StatusOK, Metadata: told, Errors: refused}, s.encodePayloads)
}

// Payload is one value as Temporal keeps it, in the form of its own JSON.
type Payload struct {
	Metadata map[string][]byte `json:"metadata,omitempty" doc:"What the data is; encoding is always there. Values are in base64"`
	Data     []byte            `json:"data,omitempty" doc:"The value, in base64"`
}

type payloads struct {
	Payloads []Payload `json:"payloads" maxItems:"1000" nullable:"false"`
}

type codingInput struct {
	Namespace string `header:"X-Namespace" maxLength:"255" doc:"The namespace of the payloads, as Temporal's programs send it: that of TEMPORAL_NAMESPACE. Empty: default" example:"default"`
	Body      payloads
}

type codingOutput struct{ Body payloads }

func (s *server) decodePayloads(ctx context.Context, in *codingInput) (*codingOutput, error) {
	if err := s.mayCode(ctx, in.Namespace); err != nil {
		return nil, err
	}
	out, err := s.codec.Decode(in.Body.temporal())
	if err != nil {
		return nil, payloadLocked.problem(fmt.Sprintf("%.300s. The keys are those of TEMPORAL_CODEC_KEYS of this gateway.", err)) // it names the key, and nothing of the payload
	}
	return codingOf(out), nil
}

func (s *server) encodePayloads(ctx context.Context, in *codingInput) (*codingOutput, error) {
	if err := s.mayCode(ctx, in.Namespace); err != nil {
		return nil, err
	}
	out, err := s.codec.Encode(in.Body.temporal())
	if err != nil {
		return nil, err
	}
	return codingOf(out), nil
}

// mayCode refuses where nothing is encrypted, for what is another namespace's, and who asks too often.
func (s *server) mayCode(ctx context.Context, namespace string) error {
	if s.codec == nil {
		return codecOff.problem("TEMPORAL_CODEC_KEYS of this gateway has no key: what Temporal keeps is readable without --codec-endpoint.")
	}
	// The command line leaves it empty where it was told none, and works on that of this name then.
	if own := s.settings.TemporalNamespace; cmp.Or(namespace, client.DefaultNamespace) != own {
		return invalid("header.X-Namespace", fmt.Sprintf("names another namespace than %s, of which this gateway has the keys; the command line takes --namespace", own))
	}
	actor, _ := access.From(ctx)
	if s.codings.count(actor.String(), time.Now()) > codingsInAMinute {
		p := tooManyCodings.problem(fmt.Sprintf("One user or key may ask %d times in a minute. Try again in a minute.", codingsInAMinute))
		p.retryAfter = int(time.Minute / time.Second)
		return p
	}
	return nil
}

func (p payloads) temporal() []*commonpb.Payload {
	all := make([]*commonpb.Payload, len(p.Payloads))
	for i, one := range p.Payloads {
		all[i] = &commonpb.Payload{Metadata: one.Metadata, Data: one.Data}
	}
	return all
}

func codingOf(all []*commonpb.Payload) *codingOutput {
	out := &codingOutput{Body: payloads{Payloads: make([]Payload, len(all))}}
	for i, one := range all {
		out.Body.Payloads[i] = Payload{Metadata: one.GetMetadata(), Data: one.GetData()}
	}
	return out
}

// ofCodecOrigin marks a request of a page that may use the codec.
const ofCodecOrigin = "of a codec origin"

// codecOrigins lets the pages of GATEWAY_CODEC_ORIGINS ask the codec, and nothing else of the gateway, with the session of who looks at them. They do
// not know the session's token and need none: nothing is changed, and what is answered no other page can read.
func (s *server) codecOrigins(c *gin.Context) {
	if path := c.Request.URL.EscapedPath(); path != codecDecode && path != codecEncode {
		return
	}
	h, origin := c.Writer.Header(), c.GetHeader("Origin")
	h.Add("Vary", "Origin")
	if !slices.Contains(s.settings.CodecOrigins, origin) {
		return
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Credentials", "true")
	if c.Request.Method == http.MethodOptions { // the browser asks before it sends
		h.Set("Access-Control-Allow-Methods", http.MethodPost)
		h.Set("Access-Control-Allow-Headers", "Content-Type, X-Namespace")
		c.AbortWithStatus(http.StatusNoContent)
		return
	}
	c.Set(ofCodecOrigin, true)
}
