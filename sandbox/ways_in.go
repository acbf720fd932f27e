package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"datawald/config"
)

// waysIn is what the gateway is got into with.
type waysIn struct {
	AdminPassword string `json:"admin_password"`
	Key           string `json:"key"`
}

// fromFiles takes password and key from the files that the gateway's own settings name.
func (s *settings) fromFiles() (problems []string) {
	for _, secret := range []struct {
		name string
		to   *string
	}{{"GATEWAY_ADMIN_PASSWORD", &s.AdminPassword}, {"GATEWAY_KEY", &s.Key}} {
		file := os.Getenv(secret.name + "_FILE")
		if file == "" {
			continue
		}
		if os.Getenv(secret.name) != "" {
			problems = append(problems, fmt.Sprintf("%s and %s_FILE: want one of them", secret.name, secret.name))
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			problems = append(problems, fmt.Sprintf("%s_FILE: %v", secret.name, err))
			continue
		}
		*secret.to = strings.TrimRight(string(text), "\r\n")
	}
	return problems
}

// ofItsOwn gives a store that is not the sandbox's a password and a key that nobody knows, the same ones at each start: others may reach that
// store by a gateway of theirs, and what the whole world can read must not let anybody in there.
func (s *settings) ofItsOwn() error {
	published := s.AdminPassword == config.SandboxPassword || s.Key == config.SandboxKey
	if s.MongoDBURI == "" || s.MongoDBURI == "mongodb://"+s.Store+"/" || !published {
		return nil
	}
	own, err := keptWaysIn(filepath.Join(s.Dir, "gateway-access.json"))
	if err != nil {
		return fmt.Errorf("The sandbox cannot start: its password and key for the store of MONGODB_URI: %w", err)
	}
	if s.AdminPassword == config.SandboxPassword {
		s.AdminPassword = own.AdminPassword
	}
	if s.Key == config.SandboxKey {
		s.Key = own.Key
	}
	return nil
}

// keptWaysIn reads a file with both, or chooses them by chance and writes it.
func keptWaysIn(path string) (w waysIn, err error) {
	text, err := os.ReadFile(path)
	if err == nil {
		return w, json.Unmarshal(text, &w)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return w, err
	}
	chance := func() string { return strings.ToLower(rand.Text()) }
	w = waysIn{AdminPassword: chance(), Key: "dw_sandbox" + chance()[:12] + "_" + chance()}
	if text, err = json.MarshalIndent(w, "", "  "); err != nil {
		return w, err
	}
	return w, os.WriteFile(path, append(text, '\n'), 0o600)
}
