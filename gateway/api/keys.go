package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"datawald/gateway/access"
	"datawald/store"
)

func (s *server) routeKeys() {
	admin := map[string]any{metaRole: access.Admin}
	route(s, huma.Operation{OperationID: "list-keys", Method: http.MethodGet, Path: "/api/v1/keys", Tags: []string{"access"},
		Summary: "The API keys, without their secrets", Metadata: admin}, s.listKeys)
	route(s, huma.Operation{OperationID: "add-key", Method: http.MethodPost, Path: "/api/v1/keys", Tags: []string{"access"},
		Summary:     "Make an API key; it is shown once",
		Description: "The store keeps a hash of it alone. When the same request is sent again under its `Idempotency-Key`, the answer is the same without the key.",
		Metadata:    admin, DefaultStatus: http.StatusCreated}, s.addKey)
	route(s, huma.Operation{OperationID: "revoke-key", Method: http.MethodDelete, Path: "/api/v1/keys/{id}", Tags: []string{"access"},
		Summary: "End an API key for good", Metadata: admin, Errors: []int{http.StatusNotFound}}, s.revokeKey)
}

// APIKey is a key without its secret.
type APIKey struct {
	ID        string      `json:"id" doc:"The public part of the key" example:"k3q7w2xy5z4a"`
	Name      string      `json:"name" doc:"What it is for" example:"warehouse"`
	Role      access.Role `json:"role" enum:"viewer,operator,admin"`
	CreatedAt time.Time   `json:"created_at"`
	CreatedBy string      `json:"created_by"`
	UsedAt    *time.Time  `json:"used_at,omitempty" doc:"About when it was used last"`
	ExpiresAt *time.Time  `json:"expires_at,omitempty"`
	RevokedAt *time.Time  `json:"revoked_at,omitempty"`
}

func apiKeyOf(k store.Key) APIKey {
	return APIKey{ID: k.ID, Name: k.Name, Role: access.Role(k.Role), CreatedAt: k.CreatedAt, CreatedBy: k.CreatedBy, UsedAt: k.UsedAt, ExpiresAt: k.ExpiresAt, RevokedAt: k.RevokedAt}
}

type listKeysOutput struct {
	Body struct {
		Keys []APIKey `json:"keys" nullable:"false" doc:"Also those that are revoked or expired"`
	}
}

func (s *server) listKeys(ctx context.Context, _ *struct{}) (*listKeysOutput, error) {
	keys, err := s.store.Keys(ctx)
	if err != nil {
		return nil, partDown(err, "store")
	}
	out := &listKeysOutput{}
	out.Body.Keys = make([]APIKey, len(keys))
	for i, k := range keys {
		out.Body.Keys[i] = apiKeyOf(k)
	}
	return out, nil
}

type addKeyInput struct {
	Body struct {
		Name      string      `json:"name" minLength:"1" maxLength:"64" doc:"What it is for" example:"warehouse"`
		Role      access.Role `json:"role" enum:"viewer,operator,admin"`
		ExpiresAt *time.Time  `json:"expires_at,omitempty" doc:"When it ends by itself; never when left out"`
	}
}

// Audit names what the key is for.
func (in *addKeyInput) Audit() (target, why string) {
	return in.Body.Name, "role " + string(in.Body.Role)
}

type addKeyOutput struct {
	Location string `header:"Location"`
	Body     NewAPIKey
}

// NewAPIKey is a key with its secret.
type NewAPIKey struct {
	APIKey
	Key string `json:"key" doc:"For the header Authorization: Bearer; shown now and never again, empty when the request was sent before" example:"dw_k3q7w2xy5z4a_…"`
}

// Kept is the answer without the key.
func (o *addKeyOutput) Kept() any { return NewAPIKey{APIKey: o.Body.APIKey} }

func (s *server) addKey(ctx context.Context, in *addKeyInput) (*addKeyOutput, error) {
	expires := time.Time{}
	if in.Body.ExpiresAt != nil {
		expires = *in.Body.ExpiresAt
	}
	key, stored, err := s.gate.AddKey(ctx, in.Body.Name, in.Body.Role, actorOf(ctx), expires)
	if bad, ok := errors.AsType[*access.Invalid](err); ok {
		return nil, invalid("body."+bad.Field, bad.Message)
	}
	if errors.Is(err, access.ErrTooManyKeys) {
		return nil, tooManyKeys.problem(fmt.Sprintf("%d are valid. Revoke those that nobody uses (DELETE /api/v1/keys/{id}); GET /api/v1/keys says when each was used last.", access.MaxKeys))
	}
	if err != nil {
		return nil, partDown(err, "store")
	}
	return &addKeyOutput{Location: "/api/v1/keys/" + url.PathEscape(stored.ID), Body: NewAPIKey{apiKeyOf(stored), key}}, nil
}

type keyPath struct {
	ID string `path:"id" doc:"The public part of the key" example:"k3q7w2xy5z4a"`
}

// Audit names the key, unless it is none: somebody may have sent all of it.
func (in *keyPath) Audit() (target, why string) {
	id := unescape(in.ID)
	if access.CheckKeyID(id) != nil {
		return "(no key)", ""
	}
	return id, ""
}

func (s *server) revokeKey(ctx context.Context, in *keyPath) (*struct{}, error) {
	err := s.store.RevokeKey(ctx, unescape(in.ID))
	if errors.Is(err, store.ErrNotFound) {
		return nil, keyNotFound.problem("GET /api/v1/keys lists them.")
	}
	if err != nil {
		return nil, partDown(err, "store")
	}
	return nil, nil
}
