package b1sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// createPartner answers POST BusinessPartners.
func (x *exec) createPartner(set *entitySet, in row) (*outcome, error) {
	code, err := x.partnerCode(set, in)
	if err != nil {
		return nil, err
	}
	partner := in.clone()
	partner["CardCode"] = code
	partner.orDefault(row{
		"CardType": "cCustomer", "GroupCode": int64(100), "Currency": x.c.cfg.LocalCurrency, "Valid": no, "Frozen": no,
		"VatLiable": "vLiable", "PayTermsGrpCode": int64(-1), "SalesPersonCode": int64(-1),
	})
	if err := x.numberChildren(partner, in.list("BPAddresses"), in.list("ContactEmployees")); err != nil {
		return nil, err
	}
	return &outcome{set: set, row: x.save(set, partner), created: true}, nil
}

// partnerCode is the code of a new partner: the one it brings, or the next of its series.
func (x *exec) partnerCode(set *entitySet, in row) (string, error) {
	code, number := in.text("CardCode"), int(in.integer("Series"))
	at := slices.IndexFunc(x.c.cfg.PartnerSeries, func(s PartnerSeries) bool { return s.Number == number })
	switch {
	case in.has("Series") && at < 0:
		return "", fail(codeNoSeries, msgSeries)
	case code == "" && at < 0:
		return "", fail(codeDI, msgCodeMissing).at("[OCRD.CardCode]")
	case code == "":
		return x.nextPartner(set, x.c.cfg.PartnerSeries[at]), nil
	case x.tx.table(set).get(code) != nil:
		return "", fail(codeBusiness, msgBPDuplicate, code)
	}
	return code, nil
}

// nextPartner is the first code of a series behind all that are in use.
func (x *exec) nextPartner(set *entitySet, s PartnerSeries) string {
	orElse(&s.Digits, 5)
	last := 0
	x.tx.table(set).each(func(partner row) bool {
		if digits, ok := strings.CutPrefix(partner.text("CardCode"), s.Prefix); ok {
			if n, err := strconv.Atoi(digits); err == nil {
				last = max(last, n)
			}
		}
		return true
	})
	return fmt.Sprintf("%s%0*d", s.Prefix, s.Digits, last+1)
}

// patchPartner merges properties. Rows of addresses and contacts merge too: a row that is not sent stays, unless the
// caller asks for replacement with B1S-ReplaceCollectionsOnPatch.
func (x *exec) patchPartner(set *entitySet, old, changes row) (*outcome, error) {
	addresses, contacts := changes.list("BPAddresses"), changes.list("ContactEmployees")
	if !isOn(x.req.header, "B1S-ReplaceCollectionsOnPatch") {
		addresses = mergeRows(old.list("BPAddresses"), addresses, "RowNum", "AddressName")
		contacts = mergeRows(old.list("ContactEmployees"), contacts, "InternalCode", "")
	} else {
		addresses = orKeep(changes, "BPAddresses", addresses, old)
		contacts = orKeep(changes, "ContactEmployees", contacts, old)
	}
	next := old.merge(changes)
	if err := x.numberChildren(next, addresses, contacts); err != nil {
		return nil, err
	}
	x.save(set, next)
	return &outcome{set: set}, nil
}

// orKeep keeps the stored rows of a collection that the caller did not send.
func orKeep(changes row, name string, sent []row, old row) []row {
	if changes.has(name) {
		return sent
	}
	return old.list(name)
}

// mergeRows lays changed rows over stored ones with the same number or name, and adds the others. Without a name the
// number alone decides: a contact that is sent with the name of another is a second one, and refused.
func mergeRows(old, changes []row, number, name string) []row {
	rows := slices.Clone(old)
	for _, change := range changes {
		at := slices.IndexFunc(rows, func(r row) bool {
			if change.has(number) {
				return r[number] == change[number]
			}
			return name != "" && r.text(name) == change.text(name)
		})
		if at < 0 {
			rows = append(rows, change)
			continue
		}
		rows[at] = rows[at].merge(change)
	}
	return rows
}

// numberChildren stores addresses and contacts in the partner and numbers the new ones. The name of a contact must be
// unique in its partner, else -2035.
func (x *exec) numberChildren(partner row, addresses, contacts []row) error {
	code := partner.text("CardCode")
	numbered := make([]row, len(addresses))
	for i, address := range addresses {
		if state := address.text("State"); !x.c.knowsState(address.text("Country"), state) {
			return fail(codeDI, msgEnterCode).at("[CRD1.State]")
		}
		numbered[i] = address.clone()
		numbered[i].orDefault(row{"AddressType": "bo_ShipTo"})
		numbered[i]["RowNum"], numbered[i]["BPCode"] = int64(i), code
	}
	next, seen := x.lastContact(), map[string]bool{}
	named := make([]row, len(contacts))
	for i, contact := range contacts {
		if name := strings.ToLower(contact.text("Name")); seen[name] || name == "" {
			return fail(codeDuplicate, msgDuplicate).at(fmt.Sprintf("[ContactEmployees.Name][line: %d]", i+1))
		}
		seen[strings.ToLower(contact.text("Name"))] = true
		named[i] = contact.clone()
		if !contact.has("InternalCode") {
			next++
			named[i]["InternalCode"] = next
		}
		named[i]["CardCode"] = code
		named[i].orDefault(row{"Active": yes})
	}
	partner["BPAddresses"], partner["ContactEmployees"] = numbered, named
	return nil
}

// PutPartner adds a partner, or replaces the one with its code and all that it has, as a person in B1 would.
func (c *Company) PutPartner(p Partner) error {
	if p.Code == "" {
		return fmt.Errorf("b1sim: a partner has no code")
	}
	return c.transact(func(tx *transaction) error {
		next := partnerRow(p)
		if old := tx.named(setPartners).get(p.Code); old != nil {
			next["DataVersion"] = old["DataVersion"]
		}
		(&exec{c: c, tx: tx}).save(c.tables[setPartners].set, next)
		return nil
	})
}

// lastContact is the highest contact number in use in the company.
func (x *exec) lastContact() int64 {
	var last int64
	x.tx.named(setPartners).each(func(partner row) bool {
		for _, contact := range partner.list("ContactEmployees") {
			last = max(last, contact.integer("InternalCode"))
		}
		return true
	})
	return last
}
