// Package failpoint names the places at which tests kill the worker: the boundaries of the steps, where a crash would hurt
// most. In a program that is built without the tag "failpoints" it does nothing and costs nothing.
package failpoint

// Point is a place between two effects on the world.
type Point string

// The boundaries of the B1 step, in the order in which an order passes them.
const (
	Loaded         Point = "loaded"          // the order is read, nothing is written
	Mapped         Point = "mapped"          // B1 was asked what the mapping needs, nothing is written
	Claimed        Point = "claimed"         // claim and intent are in the store
	LookedUp       Point = "looked_up"       // B1 was asked for the order
	ReferenceTaken Point = "reference_taken" // the reference belongs to the order
	BuyerSettled   Point = "buyer_settled"   // the buyer exists in B1
	Sending        Point = "sending"         // everything is written, the next thing is the insert
	Answered       Point = "answered"        // B1 has answered, nothing of it is written
	Recorded       Point = "recorded"        // the outcome is in the store, Temporal does not know it
)

// The boundaries of making a business partner or a contact person.
const (
	PartnerClaimed  Point = "partner_claimed"  // claim and intent of the partner are in the store
	PartnerAlone    Point = "partner_alone"    // what he is looked for by is claimed too
	PartnerSending  Point = "partner_sending"  // B1 has nobody like him, the next thing is the sending
	PartnerAnswered Point = "partner_answered" // B1 has answered, nothing of it is written
	PartnerRecorded Point = "partner_recorded" // the partner is in the store, what he is looked for by is still claimed
)

// The boundaries of staging a page, and of ending a run.
const (
	PayloadsStored Point = "payloads_stored" // the documents are in the store
	OrdersAdded    Point = "orders_added"    // new orders of a page are staged, changed ones are not
	PageStaged     Point = "page_staged"     // the orders are, the cut is not moved
	CutMoved       Point = "cut_moved"       // the cut is, how far reading has come is not noted
	ReadingNoted   Point = "reading_noted"   // that is, but not that the reading is complete
	RunRecorded    Point = "run_recorded"    // the run's record is in the store, Temporal does not know it
)

// The boundaries of telling Magento.
const (
	TellingTaken    Point = "telling_taken"    // this attempt has the order alone
	TellingWriting  Point = "telling_writing"  // Magento lacks it, the next thing is the write
	TellingWritten  Point = "telling_written"  // Magento has answered a write, nothing of it is noted
	TellingRecorded Point = "telling_recorded" // it is in the store that Magento knows
)

// Points lists all of them.
func Points() []Point {
	return []Point{Loaded, Mapped, Claimed, LookedUp, ReferenceTaken, BuyerSettled, Sending, Answered, Recorded,
		PartnerClaimed, PartnerAlone, PartnerSending, PartnerAnswered, PartnerRecorded,
		PayloadsStored, OrdersAdded, PageStaged, CutMoved, ReadingNoted, RunRecorded,
		TellingTaken, TellingWriting, TellingWritten, TellingRecorded}
}
