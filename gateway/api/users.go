package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"datawald/gateway/access"
	"datawald/store"
)

func (s *server) routeUsers() {
	admin := map[string]any{metaRole: access.Admin}
	route(s, huma.Operation{OperationID: "list-users", Method: http.MethodGet, Path: "/api/v1/users", Tags: []string{"access"},
		Summary: "Who may sign in, and as what", Metadata: admin}, s.listUsers)
	route(s, huma.Operation{OperationID: "add-user", Method: http.MethodPost, Path: "/api/v1/users", Tags: []string{"access"},
		Summary: "Let somebody sign in", DefaultStatus: http.StatusCreated, Metadata: admin}, s.addUser)
	route(s, huma.Operation{OperationID: "change-user", Method: http.MethodPatch, Path: "/api/v1/users/{name}", Tags: []string{"access"},
		Summary:     "Give a user another role or password, or disable him",
		Description: "His sessions end. The last admin who is not disabled stays one. Role and password of who signs in by the identity provider are not changed here.", Metadata: admin, Errors: []int{http.StatusNotFound}}, s.changeUser)
	route(s, huma.Operation{OperationID: "remove-user", Method: http.MethodDelete, Path: "/api/v1/users/{name}", Tags: []string{"access"},
		Summary:     "Remove a user",
		Description: "What he did stays in the audit. The last admin who is not disabled cannot be removed.", Metadata: admin, Errors: []int{http.StatusNotFound}}, s.removeUser)
}

// User is who may sign in.
type User struct {
	Name      string      `json:"name" example:"anna"`
	Role      access.Role `json:"role" enum:"viewer,operator,admin"`
	Disabled  bool        `json:"disabled" doc:"He may not sign in"`
	Provider  bool        `json:"provider" doc:"He signs in by the identity provider, which gives him his role at each sign-in. One who is removed comes back then; one who is disabled does not"`
	CreatedAt time.Time   `json:"created_at"`
	CreatedBy string      `json:"created_by,omitempty"`
	ChangedAt time.Time   `json:"changed_at"`
}

func userOf(u store.User) User {
	return User{Name: u.Name, Role: access.Role(u.Role), Disabled: u.Disabled, Provider: access.Provided(u), CreatedAt: u.CreatedAt, CreatedBy: u.CreatedBy, ChangedAt: u.ChangedAt}
}

type listUsersOutput struct {
	Body struct {
		Users []User `json:"users" nullable:"false"`
	}
}

func (s *server) listUsers(ctx context.Context, _ *struct{}) (*listUsersOutput, error) {
	users, err := s.store.Users(ctx)
	if err != nil {
		return nil, partDown(err, "store")
	}
	out := &listUsersOutput{}
	out.Body.Users = make([]User, len(users))
	for i, u := range users {
		out.Body.Users[i] = userOf(u)
	}
	return out, nil
}

type addUserInput struct {
	Body struct {
		Name     string      `json:"name" maxLength:"64" doc:"1 to 64 of a-z, 0-9, '.', '_', '-', '@'" example:"anna"`
		Role     access.Role `json:"role" enum:"viewer,operator,admin"`
		Password string      `json:"password" minLength:"12" maxLength:"256" doc:"At least 12 characters"`
	}
}

// Audit names the new user, unless that is no name.
func (in *addUserInput) Audit() (target, why string) {
	name, err := access.CheckName(in.Body.Name)
	if err != nil {
		return "", ""
	}
	return name, "role " + string(in.Body.Role)
}

type userOutput struct {
	Location string `header:"Location"`
	Body     User
}

func (s *server) addUser(ctx context.Context, in *addUserInput) (*userOutput, error) {
	user, err := s.gate.AddUser(ctx, in.Body.Name, in.Body.Role, in.Body.Password, actorOf(ctx))
	if err != nil {
		return nil, s.userProblem(err)
	}
	return &userOutput{Location: "/api/v1/users/" + url.PathEscape(user.Name), Body: userOf(*user)}, nil
}

type userPath struct {
	Name string `path:"name" doc:"The user" example:"anna"`
}

type changeUserInput struct {
	Name string `path:"name" doc:"The user" example:"anna"`
	Body struct {
		Role     *access.Role `json:"role,omitempty" enum:"viewer,operator,admin"`
		Disabled *bool        `json:"disabled,omitempty"`
		Password *string      `json:"password,omitempty" minLength:"12" maxLength:"256" doc:"A new one"`
	}
}

// Audit says what is changed, and never to which password.
func (in *changeUserInput) Audit() (target, why string) {
	var parts []string
	if in.Body.Role != nil {
		parts = append(parts, "role "+string(*in.Body.Role))
	}
	if d := in.Body.Disabled; d != nil {
		parts = append(parts, map[bool]string{true: "disabled", false: "enabled"}[*d])
	}
	if in.Body.Password != nil {
		parts = append(parts, "new password")
	}
	return unescape(in.Name), strings.Join(parts, ", ")
}

type changedUserOutput struct{ Body User }

func (s *server) changeUser(ctx context.Context, in *changeUserInput) (*changedUserOutput, error) {
	if in.Body.Role == nil && in.Body.Disabled == nil && in.Body.Password == nil {
		return nil, invalid("body", "says nothing that is to be changed")
	}
	user, err := s.gate.ChangeUser(ctx, unescape(in.Name), access.UserChange{Role: in.Body.Role, Disabled: in.Body.Disabled, Password: in.Body.Password})
	if err != nil {
		return nil, s.userProblem(err)
	}
	return &changedUserOutput{Body: userOf(*user)}, nil
}

func (s *server) removeUser(ctx context.Context, in *userPath) (*struct{}, error) {
	if err := s.gate.RemoveUser(ctx, unescape(in.Name)); err != nil {
		return nil, s.userProblem(err)
	}
	return nil, nil
}

// userProblem answers what cannot be done with a user.
func (s *server) userProblem(err error) *Problem {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return userNotFound.problem("GET /api/v1/users lists them.")
	case errors.Is(err, store.ErrExists):
		return userExists.problem("Choose another name, or change that user: PATCH /api/v1/users/{name}.")
	case errors.Is(err, access.ErrLastAdmin):
		return lastAdmin.problem("Without him nobody could say who may do what. Make another user an admin first.")
	}
	return s.passwordProblem(err)
}
