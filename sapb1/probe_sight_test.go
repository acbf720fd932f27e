package sapb1_test

import (
	"net/http"
	"strings"
	"testing"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

// The doctor says whether B1 may keep orders from the user, and fails for nobody who may work with what he has. Fails without: each of the cases in allOrders; the sentence on the owner.
func TestProbe_LooksWhetherTheUserSeesAllOrders(t *testing.T) {
	const current = "/UsersService_GetCurrentUser"
	for name, tc := range map[string]struct {
		rights     b1sim.Rights
		answer     func(http.ResponseWriter, *http.Request) bool
		uses       *sapb1.Uses
		all        bool
		outcome    order.Outcome
		seen, mend string
	}{
		"a superuser":    {outcome: order.OutcomeOK, seen: "manager is a superuser"},
		"a regular user": {rights: b1sim.Rights{Regular: true}, outcome: order.OutcomeWarn, seen: "look as if they were gone.", mend: "make manager a superuser"},
		"and orders have an owner": {rights: b1sim.Rights{Regular: true}, uses: usesOf(use(sapb1.ListEmployees, "4", 14)), outcome: order.OutcomeWarn,
			seen: "The rules give orders an owner", mend: "set B1_SEES_ALL=true"},
		"and the settings say that it sees all": {rights: b1sim.Rights{Regular: true}, all: true, outcome: order.OutcomeOK, seen: "B1_SEES_ALL says that nothing hides orders"},
		"B1 does not say":                       {answer: says(current, 400, "", gone), outcome: order.OutcomeSkip, seen: "not checked: B1 does not say whether manager is a superuser"},
		"B1 is restarting":                      {answer: says(current, 503, "", "away"), outcome: order.OutcomeFail, seen: "503"},
	} {
		t.Run(name, func(t *testing.T) {
			b := start(t, companyOfAll())
			b.company.SetRights(tc.rights)
			if tc.answer != nil {
				b.front(tc.answer)
			}
			found := examine(t, b, "v2", func(p *sapb1.Probe) {
				p.SeesAll = tc.all
				if p.Uses = usesOf(); tc.uses != nil {
					p.Uses = tc.uses
				}
			})
			found.wants(t, "all orders", tc.outcome, tc.seen, tc.mend)
			if without := "The rules give orders an owner"; tc.uses == nil && len(found["all orders"]) > 0 && strings.Contains(found["all orders"][0].Seen, without) {
				t.Errorf("it says %q of rules that do not", without)
			}
		})
	}
}
