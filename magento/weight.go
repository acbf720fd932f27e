package magento

import (
	"fmt"

	"datawald/order"
)

// This file keeps pages small in bytes. Most orders have 10 KB, but a shop whose modules put attachments or logs into its
// orders sends a hundred times that, and a page of them would take more memory than a worker has.

const (
	// pageWeight is what a page should weigh at most, in bytes. Reading and staging take a few times that.
	pageWeight = 3 << 20
	// maxAnswer bounds one answer, in bytes. An order that is larger by itself is held: some module has gone astray in it,
	// and a document of MongoDB has 16 MB at most.
	maxAnswer = 8 << 20
	// failureTooLarge is that of a failure for an answer beyond maxAnswer.
	failureTooLarge = "too_large"
)

// tooLarge is an answer of which only the beginning was read. A smaller page is the cure.
func tooLarge(op string) *order.Failure {
	return &order.Failure{Kind: order.Transient, System: system, Op: op, Code: failureTooLarge,
		Message: fmt.Sprintf("the answer is larger than %d MB", maxAnswer>>20),
		Hint:    "Look at the order in Magento: a module puts too much into its document. Its extension attributes can be switched off for the integration."}
}

// weigh remembers what the orders of a list weigh on average: those of the next page will be much the same.
func (r *Reader) weigh(l *listing) {
	bytes := 0
	for _, d := range l.items {
		bytes += len(d.Raw)
	}
	if n := len(l.items); n > 0 {
		r.weight.Store(int64(bytes / n))
	}
}

// light is the size at which a page of such orders stays within the weight, at least 1.
func (r *Reader) light(size int) int {
	if weight := int(r.weight.Load()); weight > 0 {
		return max(1, min(size, pageWeight/weight))
	}
	return size
}
