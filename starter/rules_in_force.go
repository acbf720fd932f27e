package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"

	"datawald/config"
	"datawald/mapping"
	"datawald/rulebook"
	"datawald/store"
)

// usedRules are the rules that a command goes by.
type usedRules struct {
	*mapping.Rules
	// file names them in messages.
	file string
	// from says whence they are, for people.
	from string
}

// rulesOf gives the rules of an instance: those of a file, or those that are in force. Where the store does not answer, the rules
// file of the instance has to do, which is said.
func rulesOf(a *app, instance, path string) (usedRules, error) {
	if path != "" {
		_, rules, problems := readRules(path)
		return usedRules{rules, filepath.Base(path), "of " + filepath.Base(path)}, inShort(problems)
	}
	used, doubt, err := usedInForce(a, instance)
	if err == nil && doubt != nil {
		a.warn("by the rules file %s; whether it is in force is not known: %v", used.file, doubt)
	}
	return used, err
}

// usedInForce gives the rules that are in force, and says so where they are not those of the rules file. doubt is why the store could
// not be asked: then they are those of the file.
func usedInForce(a *app, instance string) (used usedRules, doubt, err error) {
	f, err := inForce(a, instance)
	switch {
	case err == nil && f.Seq > 0 && f.Version != fileVersion(instance):
		a.warn("by version %s of the rules, %s; the rules file is not in force", f.Version, whence(f.Activation))
		return usedRules{f.Rules, "rules-" + f.Version, whence(f.Activation)}, nil, nil
	case err == nil || errors.Is(err, rulebook.ErrNoRules):
		used, err = ownFile(instance)
		return used, nil, err
	}
	if unfit, ok := errors.AsType[*rulebook.Unfit](err); ok {
		return used, nil, badInput("%w", unfit)
	}
	doubt = err
	used, err = ownFile(instance)
	return used, doubt, err
}

// fileVersion is the version of the instance's rules file, empty where it cannot be used.
func fileVersion(instance string) string {
	if f := config.ReadFileRules(instance); f.Rules != nil {
		return mapping.TextID(f.Text)
	}
	return ""
}

// ownFile reads the rules file that the settings of an instance name.
func ownFile(instance string) (usedRules, error) {
	f, err := config.LoadRules(instance)
	if err == nil {
		return usedRules{f.Rules, filepath.Base(f.Name), "of the rules file"}, nil
	}
	// The first line of an error of settings is a heading for all that follows.
	_, all, _ := strings.Cut(err.Error(), "\n")
	return usedRules{}, inShort(locate(lines(all)))
}

// inForce asks the store, shortly: a command that can do without must not wait for a store that is not there.
func inForce(a *app, instance string) (*rulebook.InForce, error) {
	s, err := config.LoadStarter()
	if err != nil {
		return nil, errors.New("the settings that lead to the store have problems")
	}
	ctx, cancel := context.WithTimeout(a.ctx, storeTime)
	defer cancel()
	if err := listens(ctx, s.MongoDBURI); err != nil {
		return nil, err
	}
	db, done, err := openStore(ctx, s)
	if err != nil {
		return nil, err
	}
	defer done()
	return pageOf(db, instance).Fresh(ctx)
}

// storeTime is how long a command waits for a store that it can do without.
const storeTime = 3 * time.Second

// listens reports at once when nobody listens where the store should be; the driver would go on trying.
func listens(ctx context.Context, uri string) error {
	to, err := connstring.Parse(uri)
	if err != nil {
		return fmt.Errorf("MONGODB_URI: %w", err)
	}
	for _, host := range to.Hosts {
		if _, _, err := net.SplitHostPort(host); err != nil {
			host = net.JoinHostPort(host, "27017")
		}
		var c net.Conn
		if c, err = new(net.Dialer).DialContext(ctx, "tcp", host); err == nil {
			return c.Close()
		}
	}
	return fmt.Errorf("the store does not answer (see MONGODB_URI): %w", err)
}

// pageOf has the rules of an instance, with the rules file of its settings.
func pageOf(db *store.Store, instance string) *rulebook.Page {
	files := map[string]config.FileRules{instance: config.ReadFileRules(instance)}
	return rulebook.New(db, files, slog.New(slog.DiscardHandler)).Of(instance)
}

// whence says how rules came into force.
func whence(a store.Activation) string {
	if a.Seq == 0 {
		return "of the rules file"
	}
	at := a.Since.Format(time.RFC3339)
	if a.Whence == store.RulesByFile {
		return "of " + a.Reason + ", since " + at
	}
	return "activated by " + a.By + " at " + at
}

// operator is who runs the command.
func operator() string {
	name := "somebody"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		name += "@" + host
	}
	return name
}
