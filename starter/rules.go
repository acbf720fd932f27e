package main

import (
	"os"
	"regexp"
	"strings"

	"datawald/config"
	"datawald/mapping"
)

type rulesCommand struct {
	Show     rulesShowCommand     `cmd:"" help:"Show which rules are in force, since when, by whom and why, and which the workers use."`
	Check    rulesCheckCommand    `cmd:"" help:"Check a rules file and name all its problems."`
	Diff     rulesDiffCommand     `cmd:"" help:"Show which staged orders other rules would change, and how."`
	Activate rulesActivateCommand `cmd:"" help:"Put a rules file into force, without a restart."`
	Back     rulesBackCommand     `cmd:"" help:"Go back to a version that was in force."`
	History  rulesHistoryCommand  `cmd:"" help:"List what was in force since when, by whom and why."`
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
	_, rules, problems := readRules(cmd.File)
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
func readRules(path string) (text string, rules *mapping.Rules, problems []string) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", nil, []string{unreadable(path, err)}
	}
	rules, err = config.ParseRules(raw)
	if err == nil {
		return string(raw), rules, nil
	}
	return "", nil, locate(lines(path + ":\n" + err.Error()))
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
