package activities

import (
	"fmt"
	"time"

	"datawald/order"
	"datawald/store"
)

// This file says of each finding what it is and what to do about it.

func missingInStoreReason(o *compared) order.Reason {
	what := fmt.Sprintf("Magento has the order, last changed at %s; it was never staged, though Magento is read further than that.", o.account.UpdatedAt.Format(time.DateTime))
	if o.account.Fault != "" {
		what = fmt.Sprintf("Magento has an order with the entity_id %d and cannot show it; the store does not know it.", o.account.EntityID)
	}
	return order.Reason{Code: string(store.FindMissingInStore), Message: what,
		Hint: "It is staged by a reconciliation that heals, and goes to B1 unless it is there. If there are others, raise MAGENTO_OVERLAP: Magento shows them late."}
}

func beforeFirstReason(o *compared) order.Reason {
	r := missingInStoreReason(o)
	if r.Code = "before_first_of_store"; o.account.Fault != "" {
		r.Code, r.Hint = "cannot_be_shown", "Have the order mended in Magento. It is then read like any other that is changed; if it is not, bring it in with starter backfill."
		return r
	}
	r.Message += " It was placed before the first order of its store that is here."
	r.Hint = "Was MAGENTO_SYNC_FROM set back, or a store added? Such orders may have been entered in B1 by hand, so that none is sent by itself. Bring it in with starter backfill if it is wanted."
	return r
}

func staleReason(o *compared) order.Reason {
	return order.Reason{Code: string(store.FindStaleInStore), Message: fmt.Sprintf("Magento changed the order at %s; the store has it as of %s, though Magento is read further than that.",
		o.account.UpdatedAt.Format(time.DateTime), o.doc.Magento.UpdatedAt.UTC().Format(time.DateTime)),
		Hint: "It is read again by a reconciliation that heals. If there are others, raise MAGENTO_OVERLAP: Magento shows them late."}
}

func duplicateReason(o *compared) order.Reason {
	return order.Reason{Code: string(store.FindDuplicate), Field: "NumAtCard", Message: fmt.Sprintf("B1 has %d sales orders of it: %s.", len(o.live), o.numbers()),
		Hint: fmt.Sprintf("Cancel all but one in B1, before both are delivered. DataWald knows %d: keep that one if you can.", o.docNum())}
}

func cancelledReason(o *compared) order.Reason {
	return order.Reason{Code: string(store.FindCancelledInB1), Field: "Cancelled", Message: fmt.Sprintf("Sales order %d was cancelled in B1 after it was posted.", o.docNum()),
		Hint: "A reconciliation that heals notes it. Resync the order if it is to be sent anew."}
}

func cancelledElsewhereReason(o *compared) order.Reason {
	return order.Reason{Code: "cancelled_under_another", Field: "Cancelled", Message: fmt.Sprintf("B1 has nothing under its reference. What has the number of sales order %d (DocEntry %d) stands under another reference and is cancelled.", o.docNum(), o.entry()),
		Hint: "See in B1 whether it is this order's. Nothing is sent and nothing noted by itself."}
}

func otherDocumentReason(o *compared) order.Reason {
	return order.Reason{Code: string(store.FindOtherDocument), Field: "DocEntry", Message: fmt.Sprintf("B1 has the sales order %s of it; %d, as which it was posted, is gone or cancelled.", o.numbers(), o.docNum()),
		Hint: "A reconciliation that heals looks once more and goes by the one that is there."}
}

func strangeReason(o *compared) order.Reason {
	return order.Reason{Code: "other_company", Field: "DocEntry", Message: fmt.Sprintf("B1 has the sales order %s under the reference of the order, and it was posted as %d: that may be another company, or another customer's.", o.numbers(), o.docNum()),
		Hint: "Check B1_COMPANY_DB and B1_URL, and the sales order's customer and reference."}
}

func unexpectedReason(o *compared) order.Reason {
	return order.Reason{Code: string(store.FindUnexpectedInB1), Field: "Orders", Message: fmt.Sprintf("The order is cancelled, and B1 has the sales order %s of it.", o.numbers()),
		Hint: "Cancel it in B1, or resync the order if it is wanted after all."}
}

func keyChangedReason(o *compared) order.Reason {
	return order.Reason{Code: string(store.FindKeyChanged), Field: "NumAtCard", Message: fmt.Sprintf("Sales order %d has another customer reference number than it was posted with.", o.docNum()),
		Hint: "Set it back in B1: the page of the order shows it. Without it the order cannot be told from one that is missing. It is never sent anew for this."}
}

func setBackReason(o *compared) order.Reason {
	return order.Reason{Code: "number_of_another", Field: "DocEntry", Message: fmt.Sprintf("B1 does not have sales order %d any more, and has given its number (DocEntry %d) to another order.", o.docNum(), o.entry()),
		Hint: "Was B1's database set back? Then find out what it lacks, and resync those orders."}
}

func otherCompanyReason(o *compared) order.Reason {
	return order.Reason{Code: "other_company", Field: "Orders", Message: fmt.Sprintf("B1 does not have sales order %d, which was posted into another company than the one of today.", o.docNum()),
		Hint: "Check B1_COMPANY_DB and B1_URL. If the company was moved on purpose, resync what it lacks."}
}

func missingInB1Reason(o *compared) order.Reason {
	what := fmt.Sprintf("B1 does not have sales order %d any more, neither under its reference nor under its number (DocEntry %d).", o.docNum(), o.entry())
	if o.draft {
		what = fmt.Sprintf("B1 has a draft in place of sales order %d.", o.docNum())
	}
	return order.Reason{Code: string(store.FindMissingInB1), Field: "Orders", Message: what,
		Hint: "A reconciliation that heals looks once more and sends it anew. Find out who removed it."}
}

// mayBeHiddenReason is missingInB1Reason where B1 may have the order, and not show it.
func mayBeHiddenReason(o *compared) order.Reason {
	r := missingInB1Reason(o)
	r.Code = store.MayBeHidden
	r.Message += " The connector's user is no superuser, as far as B1 tells: data ownership may hide the order from it."
	r.Hint = "Nothing is sent. Look in B1 as a superuser. If it is there, let the connector's user see all orders (starter doctor b1 says how). If nothing in B1 hides orders from it, set B1_SEES_ALL=true: the next reconciliation that heals sends anew what is gone."
	return r
}

// lostAndHiddenReason is missingInStoreReason where B1 may have the order, and not show it.
func lostAndHiddenReason(o *compared) order.Reason {
	r := missingInStoreReason(o)
	r.Code = store.MayBeHidden
	r.Message = fmt.Sprintf("Magento has the order, last changed at %s; the store had it too, as its reference says, and has lost it. Whether B1 has it is not certain: the connector's user is no superuser, as far as B1 tells, and data ownership may hide the order from it.",
		o.account.UpdatedAt.Format(time.DateTime))
	r.Hint = "It is not staged by itself: where B1 hides it, it would be sent a second time. Let the connector's user see all orders (starter doctor b1 says how), or set B1_SEES_ALL=true if nothing in B1 hides orders from it: the next reconciliation that heals stages it. Do not resync it before."
	return r
}
