package config

import (
	"fmt"
	"os"

	"datawald/mapping"
	"datawald/worker/hooks"
)

// FileRules are the rules of an instance as its file had them when the process began. Which rules are in force is for package
// rulebook to say: a version may have been activated since.
type FileRules struct {
	// Name is the path of the file as it is set.
	Name string
	// Text is the file; empty where it cannot be read.
	Text string
	// Rules is nil where the file cannot be read or has problems; Err says which.
	Rules *mapping.Rules
	Err   error
}

// LoadRulesText reads the rules file of one instance, for commands that look at the text: its name, and what stands in it.
func LoadRulesText(instance string) (name string, text []byte, err error) {
	var file RulesFile
	setting := prefix("RULES", instance)
	if problems := load(setting, &file); len(problems) > 0 {
		return "", nil, problemsError("The rules", problems)
	}
	if text, err = os.ReadFile(file.File); err != nil {
		return file.File, nil, fmt.Errorf("%s_FILE: %w", setting, err)
	}
	return file.File, text, nil
}

// ReadFileRules reads the rules file of an instance for a process that can do without it.
func ReadFileRules(instance string) FileRules {
	name, text, err := LoadRulesText(instance)
	if err != nil {
		return FileRules{Name: name, Err: err}
	}
	rules, err := ParseRules(text)
	return FileRules{Name: name, Text: string(text), Rules: rules, Err: err}
}

// ParseRules reads the text of a rules file and gives the rules the company's hooks, so that an order comes out the same in
// every program. Its error is of type mapping.Problems.
func ParseRules(text []byte) (*mapping.Rules, error) {
	rules, err := mapping.ParseRules(text)
	if err != nil {
		return nil, err
	}
	rules.Use(hooks.All()...)
	return rules, nil
}
