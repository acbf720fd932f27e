package config

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
)

// A secret setting is a string field with the tag `secret:"NAME"`, its name without the prefix of its group. It may also be given as
// NAME_FILE, the path of a file whose content is the value, as container engines and supervisors hand secrets over.

// maxSecretFile is the most that a secret's file may hold, in bytes: none of ours is longer, and a wrong path may lead to anything.
const maxSecretFile = 64 << 10

// readSecrets takes the secrets of spec from their files, where NAME_FILE is set, and gives every problem in a line. No line holds
// what a file has.
func readSecrets(prefix string, spec any) (problems []string) {
	eachSecret(prefix, spec, func(name string, value reflect.Value) {
		path := os.Getenv(name + "_FILE")
		if path == "" {
			return
		}
		if os.Getenv(name) != "" {
			problems = append(problems, fmt.Sprintf("%s and %s_FILE: want one of them", name, name))
			return
		}
		text, err := readSecretFile(path)
		if err != nil {
			problems = append(problems, fmt.Sprintf("%s_FILE: %v", name, err))
			return
		}
		value.SetString(text)
	})
	return problems
}

// eachSecret visits the secret fields of a group of settings, those of groups inside it too, with their full names.
func eachSecret(prefix string, spec any, visit func(name string, value reflect.Value)) {
	v := reflect.ValueOf(spec).Elem()
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.Anonymous && field.Type.Kind() == reflect.Struct {
			eachSecret(prefix, v.Field(i).Addr().Interface(), visit)
			continue
		}
		name, secret := field.Tag.Lookup("secret")
		if !secret {
			continue
		}
		if prefix != "" {
			name = prefix + "_" + name
		}
		visit(name, v.Field(i))
	}
}

// readSecretFile gives the content of a file without the newline at its end, which editors add.
func readSecretFile(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(file, maxSecretFile+1))
	if err != nil {
		return "", err
	}
	value := strings.TrimRight(string(text), "\r\n")
	switch {
	case len(text) > maxSecretFile:
		return "", fmt.Errorf("%s has more than %d bytes, which no secret has", path, maxSecretFile)
	case strings.ContainsRune(value, 0):
		return "", errors.New(path + " is no text")
	case value == "":
		return "", errors.New(path + " is empty")
	}
	return value, nil
}

// LooseSecrets names the settings NAME_FILE of these instances whose files every user of the machine can read, with their paths. They are
// used all the same: inside a container that may be how they arrive.
func LooseSecrets(instances []string) (loose []string) {
	for name := range secretNames(instances) {
		path := os.Getenv(name + "_FILE")
		if path == "" {
			continue
		}
		if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o007 != 0 {
			loose = append(loose, name+"_FILE="+path)
		}
	}
	slices.Sort(loose)
	return loose
}

// WarnOfLooseSecrets says once at the start which files of secrets everybody can read, and which of those that are mounted nobody reads.
func WarnOfLooseSecrets(instances []string, log *slog.Logger) { warnOfSecrets(mounted, instances, log) }

func warnOfSecrets(mounted string, instances []string, log *slog.Logger) {
	if loose := LooseSecrets(instances); len(loose) > 0 {
		log.Warn("files of secrets can be read by every user of this machine", "settings", loose)
	}
	if unread := unreadSecrets(mounted, instances); len(unread) > 0 {
		log.Warn("secrets are there and filled, and neither NAME nor NAME_FILE is set: they are not used", "files", unread)
	}
}

// mounted is where container engines put secrets.
const mounted = "/run/secrets"

// unreadSecrets are the files of secrets in a folder that hold something and that no setting names, as after an update that replaced deploy/secrets.env.
func unreadSecrets(folder string, instances []string) (unread []string) {
	for name := range secretNames(instances) {
		path := filepath.Join(folder, name)
		if _, none := os.LookupEnv(name + "_FILE"); none || os.Getenv(name) != "" { // an empty NAME_FILE says that it is not wanted
			continue
		}
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Size() > 0 {
			unread = append(unread, path)
		}
	}
	slices.Sort(unread)
	return unread
}

// secretNames are the names of all secret settings of all programs.
func secretNames(instances []string) map[string]bool {
	names := map[string]bool{}
	add := func(prefix string, spec any) {
		eachSecret(prefix, spec, func(name string, _ reflect.Value) { names[name] = true })
	}
	add("", &Worker{})
	add("", &Gateway{})
	add("", &Starter{})
	for _, instance := range instances {
		add(prefix("MAGENTO", instance), &Magento{})
		add(prefix("MAGENTO", instance), &Webhook{})
		add(prefix("B1", instance), &B1{})
	}
	return names
}

// SecretNames are the names of all secret settings of an instance, and of those that all share, sorted.
func SecretNames(instance string) []string {
	return slices.Sorted(maps.Keys(secretNames([]string{instance})))
}

// IsSecret reports whether a setting of the instance main, or of all, is secret.
func IsSecret(name string) bool { return secretNames([]string{"main"})[name] }
