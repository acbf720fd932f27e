package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"datawald/config"
	"datawald/magento"
	"datawald/order"
)

type doctorCommand struct {
	Magento  doctorMagentoCommand  `cmd:"" help:"Check the shop: address, certificate, sign-in, rights, clock, page size, one order."`
	Temporal doctorTemporalCommand `cmd:"" help:"Check what moves the orders: Temporal, the store, the workers, the schedule and its runs."`
	B1       doctorB1Command       `cmd:"" name:"b1" help:"Check B1: address, certificate, sign-in, rights, the codes that the rules name, clock, latency."`
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

// Run checks the shop. The error has the exit code that Help names, and no text: the findings say it all.
func (cmd doctorMagentoCommand) Run(a *app) error {
	return diagnose(a, cmd.instanceFlag, cmd.JSON, (*diagnosis).examineShop)
}

// diagnose examines the other side of an instance and shows what is found, line by line or as one line of JSON at the end.
func diagnose(a *app, flag instanceFlag, asJSON bool, examine func(*diagnosis, *app)) error {
	names, err := instanceNames()
	if err != nil {
		return err
	}
	name, err := flag.choose(names)
	if err != nil {
		return err
	}
	d := &diagnosis{Instance: name, Findings: []order.Finding{}, show: func(order.Finding) {}}
	shown := &display{app: a}
	if !asJSON {
		d.show = shown.add
	}
	examine(d, a)
	shown.flush()
	if asJSON {
		e := json.NewEncoder(a.out)
		e.SetEscapeHTML(false)
		if err := e.Encode(d); err != nil {
			return err
		}
	}
	if err := d.verdict(); err != nil || a.ctx.Err() == nil {
		return err
	}
	return &exitError{code: exitFailed} // interrupted: not everything was looked at
}

// diagnosis is what --json prints; programs rely on its members.
type diagnosis struct {
	Instance string          `json:"instance"`
	URL      string          `json:"url,omitempty"`
	Findings []order.Finding `json:"findings"`

	show func(order.Finding)
}

func (d *diagnosis) add(f order.Finding) {
	d.Findings = append(d.Findings, f)
	d.show(f)
}

// examineShop checks the settings and then the shop.
func (d *diagnosis) examineShop(a *app) {
	m, err := config.LoadMagento(d.Instance)
	probe := magento.Probe{Instance: d.Instance, PageSize: m.PageSize, From: m.From()}
	if err == nil {
		probe.Client, err = m.Client()
	}
	d.addSettings(err, func() string {
		way, _ := m.Way() // checked with the settings
		seen := "complete; the sign-in is by " + string(way)
		if way != magento.WayAdmin && m.AdminUser != "" || way == magento.WayOAuth && m.Token != "" {
			seen += ", the others that are given are not used"
		}
		return seen
	})
	d.URL = probe.Address()
	for f := range probe.Findings(a.ctx) {
		d.add(f)
	}
}

// addSettings adds a line for each problem, or what is to be said of settings that are complete.
func (d *diagnosis) addSettings(err error, complete func() string) {
	if err == nil {
		d.add(order.Finding{Check: order.CheckSettings, Outcome: order.OutcomeOK, Seen: complete()})
		return
	}
	_, text, _ := strings.Cut(err.Error(), "\n") // the first line is a heading
	problems := lines(text)
	for i, problem := range problems {
		f := order.Finding{Check: order.CheckSettings, Outcome: order.OutcomeFail, Kind: order.Config, Seen: problem}
		if i == len(problems)-1 {
			f.Mend = "Correct the environment; .env.example tells what each setting means."
		}
		d.add(f)
	}
}

// display writes findings for people, as they come. Of many checks in a row that are skipped for the same reason it names the
// number alone: they would hide what failed.
type display struct {
	*app
	skipped []order.Finding
}

// mostSkipped is how many skipped checks in a row are named.
const mostSkipped = 3

func (s *display) add(f order.Finding) {
	if len(s.skipped) > 0 && f.Seen != s.skipped[0].Seen {
		s.flush()
	}
	if f.Outcome == order.OutcomeSkip {
		s.skipped = append(s.skipped, f)
		return
	}
	s.line(f)
}

// flush writes the skipped checks that are held back.
func (s *display) flush() {
	all := s.skipped
	s.skipped = nil
	if len(all) > mostSkipped {
		all[0].Check, all = fmt.Sprintf("%d checks", len(all)), all[:1]
	}
	for _, f := range all {
		s.line(f)
	}
}

// checkWidth is the length of the longest name of a check.
const checkWidth = 15

// line writes a line, and one under it for what to do.
func (s *display) line(f order.Finding) {
	s.say("%-4s  %-*s  %s", f.Outcome, checkWidth, f.Check, f.Seen)
	if f.Mend != "" {
		s.say("%*s-> %s", checkWidth+8, "", f.Mend)
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
