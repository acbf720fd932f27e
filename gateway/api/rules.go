package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"datawald/config"
	"datawald/mapping"
)

const checkPath = "/api/v1/rules/check"

// What the parser of YAML is given from outside: it takes time and memory by the square of some texts, of long lines above all.
// Six thousand items with their codes make 200 KB; the worker, which trusts its file, takes any.
const (
	maxRules     = 200 << 10
	maxRulesLine = 10 << 10
)

func (s *server) routeRules() {
	route(s, huma.Operation{OperationID: "get-rules", Method: http.MethodGet, Path: "/api/v1/rules", Tags: []string{"rules"},
		Summary: "The rules in force of each instance: version, text, since when, by whom and why, and which the workers use",
		Description: "The version that was activated last, or the rules file while none ever was. Orders say in `rule_version` which rules made their document. " +
			"`late` marks a worker that has not taken the version in force for a minute."}, s.getRules)
	s.routeRulesVersions()
	s.routeActivate()
	route(s, huma.Operation{OperationID: "check-rules", Method: http.MethodPost, Path: checkPath, Tags: []string{"rules"},
		Summary:     "All problems of a rules file, each with its place",
		Description: "Send the file as it is, with Content-Type: application/yaml.", Metadata: map[string]any{metaReads: true}}, s.checkRules)
	route(s, huma.Operation{OperationID: "preview-rules", Method: http.MethodPost, Path: "/api/v1/rules/preview", Tags: []string{"rules"},
		Summary: "What rules make of staged orders: posted, held, left out",
		Description: "Answers one page, newest orders first; `next` continues it when it is given back as `cursor`, and is absent on the last page. " +
			"A page may be shorter than `limit`: it ends after some seconds. Nothing is sent to B1 and nothing is written.",
		Errors: []int{http.StatusConflict}, Metadata: map[string]any{metaReads: true}}, s.previewRules)
	route(s, huma.Operation{OperationID: "diff-rules", Method: http.MethodPost, Path: "/api/v1/rules/diff", Tags: []string{"rules"},
		Summary: "Which staged orders other rules would change, and how",
		Description: "`old` and `new` are texts of rules files; the one that is left out stands for the rules in force. `rows` has the orders that come out " +
			"differently, with `old` and `new` values that may name the buyer. Pages as in POST /api/v1/rules/preview.",
		Errors: []int{http.StatusConflict}, Metadata: map[string]any{metaReads: true}}, s.diffRules)
	s.describeYAML()
}

// describeYAML says in the OpenAPI document that a file is text.
func (s *server) describeYAML() {
	content := map[string]*huma.MediaType{}
	for _, media := range yamlMedia {
		content[media] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Description: "A rules file"}}
	}
	s.api.OpenAPI().Paths[checkPath].Post.RequestBody.Content = content
}

// RuleProblem is one fault of a rules file.
type RuleProblem struct {
	Line    int    `json:"line" doc:"Where the setting stands, or where it is missing; counts from 1"`
	Column  int    `json:"column" doc:"Counts from 1"`
	Path    string `json:"path,omitempty" doc:"The setting" example:"stores.2.tax.codes[0].percent"`
	Message string `json:"message" doc:"What is wrong, and what it may be"`
}

func problemsOf(all mapping.Problems) []RuleProblem {
	out := make([]RuleProblem, len(all))
	for i, p := range all {
		out[i] = RuleProblem{Line: p.Line, Column: p.Column, Path: p.Path, Message: p.Message}
	}
	return out
}

type checkRulesInput struct {
	RawBody []byte `contentType:"application/yaml"`
}

type checkRulesOutput struct {
	Body struct {
		Sound    bool          `json:"sound" doc:"The rules may be used"`
		Version  string        `json:"version,omitempty" doc:"Their version; absent when they are not sound"`
		Problems []RuleProblem `json:"problems" nullable:"false"`
	}
}

func (s *server) checkRules(ctx context.Context, in *checkRulesInput) (*checkRulesOutput, error) {
	out := &checkRulesOutput{}
	out.Body.Problems = []RuleProblem{}
	rules, err := s.parse(ctx, string(in.RawBody))
	if problems, ok := errors.AsType[mapping.Problems](err); ok {
		out.Body.Problems = problemsOf(problems)
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	out.Body.Sound, out.Body.Version = true, rules.ID()
	return out, nil
}

// parse reads rules that came with a request, a few at a time: a text can be made to keep the parser busy for seconds. Its error
// is of type mapping.Problems, or a Problem.
func (s *server) parse(ctx context.Context, text string) (*mapping.Rules, error) {
	if len(text) > maxRules {
		return nil, mapping.Problems{{Line: 1, Column: 1, Message: fmt.Sprintf("has %d bytes, want %d at most here; starter rules check takes any file", len(text), maxRules)}}
	}
	number := 0
	for line := range strings.Lines(text) {
		if number++; len(line) > maxRulesLine {
			return nil, mapping.Problems{{Line: number, Column: 1, Message: fmt.Sprintf("is a line of %d bytes, want %d at most here", len(line), maxRulesLine)}}
		}
	}
	done, err := s.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	return config.ParseRules([]byte(text))
}

// rulesOr reads the text of rules that came with a request; without one it gives those in force.
func (s *server) rulesOr(ctx context.Context, instance, location, text string) (*mapping.Rules, error) {
	if text == "" {
		return s.inForce(ctx, instance)
	}
	rules, err := s.parse(ctx, text)
	problems, ok := errors.AsType[mapping.Problems](err)
	if !ok {
		return rules, err
	}
	p := invalidRequest.problem(location + ": these rules have problems; the first: " + problems[0].String() + ". POST " + checkPath + " names all with their places. " + mendRequest)
	for _, one := range problems {
		p.Faults = append(p.Faults, Fault{Location: location, Message: one.String()})
	}
	return nil, p
}
