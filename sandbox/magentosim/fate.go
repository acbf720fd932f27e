package magentosim

import (
	"math/rand/v2"
	"time"
)

// fate is how far an order has come.
type fate struct {
	state, status                         string
	invoiced, shipped, refunded, canceled bool
	beforeHold                            [2]string     // state and status an order on hold came from
	after                                 time.Duration // longest time between placing and this state
}

var (
	fateNew        = fate{state: "new", status: "pending", after: 5 * time.Second}
	fateUnpaid     = fate{state: "pending_payment", status: "pending_payment", after: time.Minute}
	fateReview     = fate{state: "payment_review", status: "payment_review", after: 10 * time.Minute}
	fateProcessing = fate{state: "processing", status: "processing", invoiced: true, after: 3 * time.Hour}
	fateComplete   = fate{state: "complete", status: "complete", invoiced: true, shipped: true, after: 60 * time.Hour}
	fateClosed     = fate{state: "closed", status: "closed", invoiced: true, refunded: true, after: 90 * time.Hour}
	fateCanceled   = fate{state: "canceled", status: "canceled", canceled: true, after: 30 * time.Hour}
	fateHeld       = fate{state: "holded", status: "holded", beforeHold: [2]string{"new", "pending"}, after: 12 * time.Hour}
)

// chooseFate draws how far an order has come: most are new or in processing.
func chooseFate(r *rand.Rand, p payment, physical, live bool) fate {
	if live {
		return firstFate(r, p, physical)
	}
	n := r.IntN(100)
	switch {
	case p == freePayment:
		return paidFate(physical)
	case n < 7:
		return fateCanceled
	case n < 11:
		return fateClosed
	case n < 15:
		return fateHeld
	case n < 19 && p == paypal:
		return fateUnpaid
	case n < 21 && p == paypal:
		return fateReview
	case n < 34:
		return fateComplete
	case p == paypal || n < 70:
		return paidFate(physical)
	default:
		return fateNew
	}
}

// firstFate is the state an order has right after it was placed.
func firstFate(r *rand.Rand, p payment, physical bool) fate {
	switch {
	case p == paypal && chance(r, 10):
		return fateUnpaid
	case p == paypal || p == freePayment:
		return paidFate(physical)
	default:
		return fateNew
	}
}

// paidFate is processing, or complete at once when nothing has to be sent.
func paidFate(physical bool) fate {
	if physical {
		return fateProcessing
	}
	f := fateComplete
	f.after = fateProcessing.after
	return f
}
