package main

import (
	"os"
	"regexp"
	"slices"
	"strings"

	"datawald/config"
	"datawald/mapping"
)

type rulesCommand struct {
	Check rulesCheckCommand `cmd:"" help:"Check a rules file and name all its problems."`
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

// readRules reads a rules file; the problems name it.
func readRules(path string) (*mapping.Rules, []string) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, []string{unreadable(path, err)}
	}
	rules, err := mapping.ParseRules(text)
	if err == nil {
		return rules, nil
	}
	problems := lines(err.Error())
	slices.Sort(problems)
	for i, p := range problems {
		problems[i] = locate(path, p)
	}
	return nil, problems
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
	return nil, inShort(lines(all))
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

var (
	// excerpt is a line of the source that the YAML library prints below its message.
	excerpt = regexp.MustCompile(`^(>?\s*\d+ \|.*|\^)$`)
	// yamlPlace is how the YAML library begins its message: [line:column].
	yamlPlace = regexp.MustCompile(`\[(\d+):(\d+)\] `)
)

// lines takes a message of many lines apart: a problem for each, headings joined to what they head.
func lines(message string) (problems []string) {
	heading := ""
	for _, l := range strings.Split(message, "\n") {
		l = strings.TrimSpace(l)
		switch {
		case l == "" || excerpt.MatchString(l):
		case strings.HasSuffix(l, ":"):
			heading += l + " "
		default:
			problems, heading = append(problems, heading+l), ""
		}
	}
	if heading != "" {
		problems = append(problems, strings.TrimSpace(heading))
	}
	return problems
}

// locate puts the file, and the place in it where it is known, before a problem. A place in the middle of a message
// counts from the beginning of some part of the file, which no reader can find.
func locate(path, problem string) string {
	at := ": "
	if m := yamlPlace.FindStringSubmatchIndex(problem); m != nil && m[0] == 0 {
		at = ":" + problem[m[2]:m[3]] + ":" + problem[m[4]:m[5]] + ": "
	}
	return path + at + yamlPlace.ReplaceAllString(problem, "")
}
