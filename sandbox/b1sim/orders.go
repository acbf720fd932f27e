package b1sim

// createOrder answers POST Orders. B1 does not check that the customer's reference number is new on a sales order (SAP
// Note 1354920), and neither does this.
func (x *exec) createOrder(set *entitySet, in row) (*outcome, error) {
	if err := x.orderFault(in); err != nil {
		return nil, err
	}
	doc, err := x.newDocument(in)
	if err != nil {
		return nil, err
	}
	if x.needsApproval(doc) {
		return x.holdForApproval(doc)
	}
	return &outcome{set: set, row: x.file(set, doc), created: true}, nil
}

// newDocument checks and prices the content of a new document.
func (x *exec) newDocument(in row) (row, error) {
	content := in.clone()
	content["DocObjectCode"] = orderObjectName
	if content.text("HandWritten") != yes {
		delete(content, "DocNum")
	}
	content["DocumentLines"] = renumber(x.breakUp(in.list("DocumentLines")))
	d := document{x: x, row: content}
	if err := d.build(); err != nil {
		return nil, err
	}
	return d.row, nil
}

// renumber gives new lines their numbers, from 0.
func renumber(lines []row) []row {
	out := make([]row, len(lines))
	for i, line := range lines {
		out[i] = line.clone()
		out[i]["LineNum"] = int64(i)
	}
	return out
}

// file gives a priced document its numbers and stores it.
func (x *exec) file(set *entitySet, doc row) row {
	entry := x.tx.next(set)
	doc["DocEntry"] = entry
	doc.orDefault(row{"DocNum": entry, "Series": int64(x.c.cfg.Series[0])})
	now := x.c.cfg.Now()
	doc["CreationDate"], doc["DocTime"] = now.Format(dateForm), now.Format(timeForm)
	for _, line := range doc.list("DocumentLines") {
		line["DocEntry"] = entry // the lines were made for this document, nobody else has them
	}
	return x.save(set, doc)
}

// patchDocument changes a document. Header properties and addresses merge; lines merge by LineNum, a line that is not
// sent stays, a new number is a new line; amounts are computed again when a line or a price condition changed.
func (x *exec) patchDocument(set *entitySet, old, changes row) (*outcome, error) {
	next := old.merge(changes)
	if err := x.checkChanges(old, changes); err != nil {
		return nil, err
	}
	if !affectsTotals(changes) {
		x.save(set, next)
		return &outcome{set: set}, nil
	}
	if old.text("DocumentStatus") != "bost_Open" {
		return nil, fail(codeDI, msgClosed)
	}
	next["DocumentLines"] = mergeLines(old.list("DocumentLines"), changes.list("DocumentLines"))
	restateAmounts(next, changes, old.text("DocCurrency") != x.c.money.local)
	d := document{x: x, row: next}
	if err := d.build(); err != nil {
		return nil, err
	}
	x.save(set, d.row)
	return &outcome{set: set}, nil
}

// checkChanges checks the codes that a PATCH sends; those that stand in the document already are not looked at again.
func (x *exec) checkChanges(old, changes row) error {
	d := document{x: x, row: changes.clone()}
	if changes.has("CardCode") {
		if err := d.takePartner(); err != nil {
			return err
		}
	} else {
		d.partner = x.tx.named(setPartners).get(old.text("CardCode"))
	}
	if err := d.checkCodes(); err != nil {
		return err
	}
	return d.checkAddress()
}

func affectsTotals(changes row) bool {
	for _, name := range []string{
		"DocumentLines", "DocumentAdditionalExpenses", "DiscountPercent", "DocTotal", "DocTotalFc", "Rounding", "RoundingDiffAmount",
	} {
		if changes.has(name) {
			return true
		}
	}
	return false
}

// mergeLines lays changed lines over the stored ones. A line that gets a new price drops what was made of the old one.
func mergeLines(old, changes []row) []row {
	lines := append([]row{}, old...)
	for _, change := range changes {
		at := -1
		for i, line := range lines {
			if change.has("LineNum") && line.integer("LineNum") == change.integer("LineNum") {
				at = i
			}
		}
		if at < 0 {
			added := change.clone()
			added["LineNum"] = int64(len(lines))
			lines = append(lines, added)
			continue
		}
		base := lines[at].clone()
		if hasPrice(change) || change.has("LineTotal") || change.has("RowTotalFC") {
			for _, name := range []string{"UnitPrice", "Price", "GrossPrice", "PriceAfterVAT", "LineTotal", "RowTotalFC"} {
				delete(base, name)
			}
		}
		lines[at] = base.merge(change)
	}
	return lines
}

// restateAmounts turns a stored document back into one that can be priced: the old totals go, and charges are stated
// in document currency as on input.
func restateAmounts(next, changes row, foreign bool) {
	for _, name := range []string{"DocTotal", "DocTotalFc"} {
		if !changes.has(name) {
			delete(next, name)
		}
	}
	if changes.has("DocumentAdditionalExpenses") || !foreign {
		return
	}
	var charges []row
	for _, charge := range next.list("DocumentAdditionalExpenses") {
		restated := charge.clone()
		restated["LineTotal"] = charge["LineTotalFC"]
		charges = append(charges, restated)
	}
	next["DocumentAdditionalExpenses"] = charges
}

// action answers POST Orders(n)/Cancel, /Close and /Reopen: 204.
func (x *exec) action(set *entitySet, old row, name string) (*outcome, error) {
	if set.name != setOrders {
		return nil, fail(codeUnsupported, msgUnsupported)
	}
	open, cancelled := old.text("DocumentStatus") == "bost_Open", old.text("Cancelled") == yes
	next := old.clone()
	switch {
	case (name == "Cancel" || name == "Close") && !open:
		return nil, fail(codeDI, msgClosed)
	case name == "Cancel":
		next["Cancelled"], next["CancelStatus"] = yes, "csYes"
		next["CancelDate"] = x.c.cfg.Now().Format(dateForm)
		setStatus(next, "bost_Close")
	case name == "Close":
		setStatus(next, "bost_Close")
	case name == "Reopen" && (open || cancelled):
		return nil, fail(codeDI, msgReopen)
	case name == "Reopen":
		setStatus(next, "bost_Open")
	default:
		return nil, fail(codeUnsupported, msgUnsupported)
	}
	x.save(set, next)
	return &outcome{set: set}, nil
}

// setStatus opens or closes a document with all its lines.
func setStatus(doc row, status string) {
	doc["DocumentStatus"] = status
	lines := make([]row, 0, len(doc.list("DocumentLines")))
	for _, line := range doc.list("DocumentLines") {
		line = line.clone()
		line["LineStatus"] = status
		lines = append(lines, line)
	}
	doc["DocumentLines"] = lines
}

// orderFault raises the failure that was ordered for this document, if any.
func (x *exec) orderFault(in row) error {
	armed := x.c.faults.takeFirst(orderFaults, x.req.call)
	if armed == nil {
		return nil
	}
	lines := in.list("DocumentLines")
	last := max(len(lines)-1, 0)
	switch armed.Fault {
	case LockedPeriod:
		return fail(codePeriod, msgPeriod)
	case MissingRate:
		currency := in.text("DocCurrency")
		orElse(&currency, x.c.money.local)
		return fail(codeRate, msgRate, currency)
	case UnknownItem:
		return fail(codeBusiness, msgItemMissing).atLine("DocumentLines.ItemCode", last)
	case NegativeStock:
		return fail(codeBusiness, msgStock).atLine("DocumentLines.ItemCode", last)
	}
	return fail(codeDI, msgVeto, armed.vetoText())
}

// needsApproval tells whether the approval procedure takes the document, by rule or by an ordered fault.
func (x *exec) needsApproval(doc row) bool {
	rule := x.c.settings.approval
	if rule.On && (rule.Above.IsZero() || doc.number("DocTotal").GreaterThan(rule.Above)) {
		return true
	}
	return x.c.faults.take(ApprovalDraft, x.req.call) != nil
}

// holdForApproval files the document as a draft and answers -2028 although it did so (API reference, note on POST
// Orders). With Prefer: return-no-content the answer is a bare 204.
func (x *exec) holdForApproval(doc row) (*outcome, error) {
	doc["AuthorizationStatus"] = "dasPending"
	hidden := fail(codeNoMatch, msgNoMatch)
	if x.req.inSet && !prefersNoContent(x.req.header) {
		x.tx.outlive(doc)
		return nil, hidden // in a change set an error undoes everything
	}
	x.file(x.c.tables[setDrafts].set, doc)
	return &outcome{hidden: hidden}, nil
}

// createDraft answers POST Drafts for drafts of sales orders.
func (x *exec) createDraft(set *entitySet, in row) (*outcome, error) {
	if in.text("DocObjectCode") != orderObjectName {
		return nil, fail(codeUnsupported, msgUnsupported)
	}
	doc, err := x.newDocument(in)
	if err != nil {
		return nil, err
	}
	return &outcome{set: set, row: x.file(set, doc), created: true}, nil
}
