package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"datawald/store"
)

func (s *server) routeRulesVersions() {
	route(s, huma.Operation{OperationID: "list-rules-versions", Method: http.MethodGet, Path: "/api/v1/rules/versions", Tags: []string{"rules"},
		Summary: "What was in force since when, by whom and why, the newest first",
		Description: "The first one of the first page is in force. A version that was gone back to is listed each time. `next` continues the list when it is given " +
			"back as `cursor`, and is absent on the last page."}, s.listRulesVersions)
	route(s, huma.Operation{OperationID: "get-rules-version", Method: http.MethodGet, Path: "/api/v1/rules/versions/{id}", Tags: []string{"rules"},
		Summary: "The text of a version", Metadata: map[string]any{"role": roleOperator},
		Errors: []int{http.StatusNotFound}}, s.getRulesVersion)
}

type listRulesVersionsInput struct {
	Instance string `query:"instance" doc:"The instance; may be left out where there is only one" example:"main"`
	Cursor   string `query:"cursor" maxLength:"20" doc:"\"next\" of the page before"`
	Limit    int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Activations per page"`
}

type listRulesVersionsOutput struct {
	Body struct {
		Versions []RulesVersion `json:"versions" nullable:"false"`
		Next     string         `json:"next,omitempty" doc:"Cursor of the next page; absent on the last one"`
	}
}

// RulesVersion is an activation of a version.
type RulesVersion struct {
	Version string    `json:"version" doc:"Names the text; one that was gone back to is there several times"`
	Whence  string    `json:"whence" enum:"file,activated" doc:"How it came into force"`
	Since   time.Time `json:"since"`
	By      string    `json:"by" doc:"By whom; file for a rules file"`
	Reason  string    `json:"reason"`
	InForce bool      `json:"in_force"`
}

func (s *server) listRulesVersions(ctx context.Context, in *listRulesVersionsInput) (*listRulesVersionsOutput, error) {
	instance, err := s.instance(in.Instance)
	if err != nil {
		return nil, err
	}
	before := int64(0)
	if in.Cursor != "" {
		if before, err = strconv.ParseInt(in.Cursor, 10, 64); err != nil || before < 1 {
			return nil, invalid("query.cursor", "is not one of this list; leave it out to begin with the newest")
		}
	}
	list, err := s.store.RulesHistory(ctx, instance, before, in.Limit)
	if err != nil {
		return nil, partDown(err, "store")
	}
	out := &listRulesVersionsOutput{}
	out.Body.Versions = make([]RulesVersion, len(list))
	for n, a := range list {
		out.Body.Versions[n] = RulesVersion{Version: a.Version, Whence: a.Whence, Since: a.Since, By: a.By, Reason: a.Reason, InForce: before == 0 && n == 0}
	}
	if len(list) > 0 && list[len(list)-1].Seq > 1 {
		out.Body.Next = strconv.FormatInt(list[len(list)-1].Seq, 10)
	}
	return out, nil
}

type getRulesVersionInput struct {
	ID       string `path:"id" maxLength:"64" doc:"The version, as GET /api/v1/rules/versions names it" example:"91173bbd61eb"`
	Instance string `query:"instance" doc:"The instance; may be left out where there is only one" example:"main"`
}

type getRulesVersionOutput struct {
	Body struct {
		Instance string `json:"instance"`
		Version  string `json:"version"`
		Text     string `json:"text" doc:"The rules as they were activated"`
	}
}

func (s *server) getRulesVersion(ctx context.Context, in *getRulesVersionInput) (*getRulesVersionOutput, error) {
	instance, err := s.instance(in.Instance)
	if err != nil {
		return nil, err
	}
	out := &getRulesVersionOutput{}
	out.Body.Instance, out.Body.Version = instance, unescape(in.ID)
	out.Body.Text, err = s.versionText(ctx, instance, out.Body.Version)
	return out, err
}

// versionText is the text of a version that was in force.
func (s *server) versionText(ctx context.Context, instance, version string) (string, error) {
	text, err := s.store.RulesText(ctx, instance, version)
	if errors.Is(err, store.ErrNotFound) {
		return "", rulesNotFound.problem("The instance " + instance + " never had this version of the rules. GET /api/v1/rules/versions lists those that it had.")
	}
	if err != nil {
		return "", partDown(err, "store")
	}
	return text, nil
}
