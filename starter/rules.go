package main

import (
	"os"
	"regexp"
	"strings"

	"datawald/config"
	"datawald/mapping"
)

type rulesCommand struct {
	Check rulesCheckCommand `cmd:"" help:"Check a rules file and name all its problems."`
	Diff  rulesDiffCommand  `cmd:"" help:"Show which staged orders other rules would change, and how."`
}

type rulesCheckCommand struct {
	File string `arg:"" help:"The rules file."`
}

// Help is the long form of the command's help.
func (rulesCheckCommand) Help() string {
	return `Prints the version of the rules, or each problem on a line of its own. Try rules out on an order with starter preview --rules.

Example:

    starter rules check rules.yaml`
}

// Run checks the file.
func (cmd rulesCheckCommand) Run(a *app) error {
	rules, problems := readRules(cmd.File)
	for _, p := range problems {
		a.warn("%s", p)
	}
	if len(problems) > 0 {
		return &exitError{code: exitInput}
	}
	a.say("%s: ok, version %s", cmd.File, rules.ID())
	return nil
}

// readRules reads a rules file; the problems name it, and the place in it.
func readRules(path string) (*mapping.Rules, []string) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, []string{unreadable(path, err)}
	}
	rules, err := config.ParseRules(text)
	if err == nil {
		return rules, nil
	}
	return nil, locate(lines(path + ":\n" + err.Error()))
}

// rulesOf gives the rules of an instance: those of a file, or those that its settings name.
func rulesOf(instance, path string) (*mapping.Rules, error) {
	if path != "" {
		rules, problems := readRules(path)
		return rules, inShort(problems)
	}
	rules, err := config.LoadRules(instance)
	if err == nil {
		return rules, nil
	}
	// The first line of an error of settings is a heading for all that follows.
	_, all, _ := strings.Cut(err.Error(), "\n")
	return nil, inShort(locate(lines(all)))
}

// inShort makes one line of many problems.
func inShort(problems []string) error {
	switch len(problems) {
	case 0:
		return nil
	case 1:
		return badInput("%s", problems[0])
	}
	return badInput("%s; and %d more, which starter rules check names", problems[0], len(problems)-1)
}

// lines takes a message of many lines apart: a problem for each, headings joined to what they head.
func lines(message string) (problems []string) {
	var headings []string
	for _, l := range strings.Split(message, "\n") {
		text := strings.TrimSpace(l)
		switch {
		case text == "":
		case strings.HasSuffix(text, ":"):
			headings = append(headings, text)
		default:
			problems = append(problems, strings.Join(append(headings, text), " "))
		}
	}
	return problems
}

// place is a line and a column behind the name of a file.
var place = regexp.MustCompile(`: (\d+:\d+: )`)

// locate writes the places of problems as editors know them: rules.yaml:3:5.
func locate(problems []string) []string {
	for i, p := range problems {
		if at := place.FindStringIndex(p); at != nil {
			problems[i] = p[:at[0]] + ":" + p[at[0]+2:]
		}
	}
	return problems
}
