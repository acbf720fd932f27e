package main

import (
	"fmt"
	"path/filepath"

	"datawald/config"
	"datawald/mapping"
	"datawald/order"
	"datawald/sapb1"
)

type doctorB1Command struct {
	instanceFlag
	JSON bool `help:"Print one line of JSON for programs."`
}

// Help is the long form of the command's help.
func (doctorB1Command) Help() string {
	return `Looks at SAP Business One as the worker will use it, one line for each check, and says what to do about anything that is wrong: whether the Service Layer answers, its certificate, the sign-in, what may be read, and each code that the rules file names (business partners, items, payment methods and terms, tax codes, freight, shipping types, warehouses, ...), with its line and column. It needs INSTANCES, the B1_… settings and RULES_FILE and nothing else; where the store answers and other rules are in force, it goes by those. It writes nothing to B1, signs in once and signs out again, and shows no personal data.

A line begins with ok, warn or FAIL for what was looked at, and with skip for what was not, which then says why: "not checked: ...".

The exit code is 0 when nothing failed, whatever was skipped, 1 when B1 does not answer or the command was interrupted, and 2 when settings, rules, rights or B1's set-up must be changed.

Example:

    starter doctor b1
    starter doctor b1 --instance eu
    starter doctor b1 --json`
}

// Run checks B1. The error has the exit code that Help names, and no text: the findings say it all.
func (cmd doctorB1Command) Run(a *app) error {
	return diagnose(a, cmd.instanceFlag, cmd.JSON, (*diagnosis).examineB1)
}

// examineB1 checks the settings and the rules, and then B1.
func (d *diagnosis) examineB1(a *app) {
	b1, err := config.LoadB1(d.Instance)
	probe := sapb1.Probe{Instance: d.Instance, LedgerTable: b1.LedgerTable, SeesAll: b1.SeesAll}
	if err == nil {
		probe.Client, err = b1.Client()
	}
	d.addSettings(err, func() string {
		return fmt.Sprintf("complete; B1_MAX_CALLS=%d, B1_TIMEOUT=%s", b1.MaxCalls, b1.Timeout)
	})
	d.URL = probe.Address()
	probe.Uses, probe.RulesFile = d.readRules(a)
	for f := range probe.Findings(a.ctx) {
		d.add(f)
	}
}

// readRules gives what the rules need of B1; nil where they cannot be read, which is a finding.
func (d *diagnosis) readRules(a *app) (*sapb1.Uses, string) {
	file, text, err := d.rulesText(a)
	if err != nil {
		d.badRules(err.Error(), "Set RULES_FILE to a copy of rules.example.yaml with the codes of your company.")
		return nil, ""
	}
	name := filepath.Base(file)
	uses, err := mapping.Uses(text)
	if err != nil {
		problems := lines(err.Error())
		for i, problem := range problems {
			mend := ""
			if i == len(problems)-1 {
				mend = "Correct the rules; starter rules check " + file + " says the same."
			}
			d.badRules(name+":"+problem, mend)
		}
		return nil, ""
	}
	d.add(order.Finding{Check: sapb1.CheckRules, Outcome: order.OutcomeOK, Seen: fmt.Sprintf("%s can be read; it names %d codes of B1", file, len(uses.Codes))})
	return uses, name
}

// rulesText is the text in force, where the store says so, or that of the rules file.
func (d *diagnosis) rulesText(a *app) (file string, text []byte, err error) {
	if f, err := inForce(a, d.Instance); err == nil && f.Seq > 0 && f.Version != fileVersion(d.Instance) {
		return "version " + f.Version, []byte(f.Text), nil
	}
	return config.LoadRulesText(d.Instance)
}

func (d *diagnosis) badRules(seen, mend string) {
	d.add(order.Finding{Check: sapb1.CheckRules, Outcome: order.OutcomeFail, Kind: order.Config, Seen: seen, Mend: mend})
}
