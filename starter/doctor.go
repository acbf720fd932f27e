package main

import (
	"encoding/json"
	"strings"

	"datawald/config"
	"datawald/magento"
	"datawald/order"
)

type doctorCommand struct {
	Magento doctorMagentoCommand `cmd:"" help:"Check the shop: address, certificate, sign-in, rights, clock, page size, one order."`
}

type doctorMagentoCommand struct {
	instanceFlag
	JSON bool `help:"Print one line of JSON for programs."`
}

// Help is the long form of the command's help.
func (doctorMagentoCommand) Help() string {
	return `Looks at the shop as the worker will use it, one line for each check, and says what to do about anything that is wrong. It needs INSTANCES and the MAGENTO_… settings and nothing else, writes nothing, and shows no personal data.

The exit code is 0 when all is well or worth a warning, 1 when the shop does not answer, and 2 when settings or rights must be changed.

Example:

    starter doctor magento
    starter doctor magento --instance eu
    starter doctor magento --json`
}

// Run checks the shop.
func (cmd doctorMagentoCommand) Run(a *app) error {
	names, err := instanceNames()
	if err != nil {
		return err
	}
	name, err := cmd.choose(names)
	if err != nil {
		return err
	}
	d := &diagnosis{Instance: name, Findings: []order.Finding{}}
	show := func(f order.Finding) { showFinding(a, f) }
	if cmd.JSON {
		show = func(order.Finding) {}
	}
	d.examine(a, show)
	if cmd.JSON {
		e := json.NewEncoder(a.out)
		e.SetEscapeHTML(false)
		if err := e.Encode(d); err != nil {
			return err
		}
	}
	return d.verdict()
}

// diagnosis is what --json prints; programs rely on its members.
type diagnosis struct {
	Instance string          `json:"instance"`
	URL      string          `json:"url,omitempty"`
	Findings []order.Finding `json:"findings"`
}

// examine checks the settings and then the shop.
func (d *diagnosis) examine(a *app, show func(order.Finding)) {
	add := func(f order.Finding) {
		d.Findings = append(d.Findings, f)
		show(f)
	}
	m, err := config.LoadMagento(d.Instance)
	probe := magento.Probe{Instance: d.Instance, PageSize: m.PageSize, From: m.From()}
	if err == nil {
		probe.Client, err = m.Client()
	}
	for _, f := range settingsFindings(m, err) {
		add(f)
	}
	d.URL = probe.Address()
	for f := range probe.Findings(a.ctx) {
		add(f)
	}
}

// settingsFindings is a line for each problem, or how the sign-in is made.
func settingsFindings(m config.Magento, err error) (all []order.Finding) {
	if err == nil {
		way, _ := m.Way() // checked with the settings
		seen := "complete; the sign-in is by " + string(way)
		if way != magento.WayAdmin && m.AdminUser != "" || way == magento.WayOAuth && m.Token != "" {
			seen += ", the others that are given are not used"
		}
		return []order.Finding{{Check: order.CheckSettings, Outcome: order.OutcomeOK, Seen: seen}}
	}
	_, problems, _ := strings.Cut(err.Error(), "\n") // the first line is a heading
	for _, problem := range lines(problems) {
		all = append(all, order.Finding{Check: order.CheckSettings, Outcome: order.OutcomeFail, Kind: order.Config, Seen: problem})
	}
	all[len(all)-1].Mend = "Correct the environment; .env.example tells what each setting means."
	return all
}

// showFinding writes a line for people, and one under it for what to do.
func showFinding(a *app, f order.Finding) {
	a.say("%-4s  %-12s  %s", f.Outcome, f.Check, f.Seen)
	if f.Mend != "" {
		a.say("%20s-> %s", "", f.Mend)
	}
}

// verdict is the exit code: what must be changed weighs more than a shop that does not answer. The output says it all.
func (d *diagnosis) verdict() error {
	code := exitOK
	for _, f := range d.Findings {
		switch {
		case f.Outcome != order.OutcomeFail:
		case f.Kind == order.Transient && code == exitOK:
			code = exitFailed
		case f.Kind != order.Transient:
			code = exitInput
		}
	}
	if code == exitOK {
		return nil
	}
	return &exitError{code: code}
}
