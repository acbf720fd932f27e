package store

import (
	"fmt"
	"slices"
	"time"

	"datawald/order"
)

// Staged is one order as DataWald knows it: where it stands, what Magento said, what B1 holds, and all that happened.
type Staged struct {
	Key order.Key `bson:"_id" json:"key"`
	// Rev counts writes; a write succeeds only on the revision it read.
	Rev int64 `bson:"rev" json:"-"`
	// Format is the DocumentFormat of the program that wrote it last; 0 for releases that had none.
	Format      int       `bson:"format,omitempty" json:"-"`
	Instance    string    `bson:"instance" json:"instance"`
	StoreID     int64     `bson:"store_id" json:"store_id"`
	IncrementID string    `bson:"increment_id" json:"increment_id"`
	EntityID    int64     `bson:"entity_id" json:"entity_id"`
	PlacedAt    time.Time `bson:"placed_at" json:"placed_at"`
	StagedAt    time.Time `bson:"staged_at" json:"staged_at"`
	ChangedAt   time.Time `bson:"changed_at" json:"changed_at"`
	// PostedAt is when it was first recorded as posted; zero before, and in documents of earlier releases that nobody has written since.
	// Kept by settle.
	PostedAt time.Time `bson:"posted_at,omitempty" json:"posted_at,omitzero"`

	Magento MagentoSide `bson:"magento" json:"magento"`
	// PayloadHash names the document in payloads; ContentHash what B1 is told; PostedHash what B1 was told.
	PayloadHash string `bson:"payload_hash" json:"payload_hash"`
	ContentHash string `bson:"content_hash" json:"content_hash"`
	PostedHash  string `bson:"posted_hash" json:"posted_hash"`
	// PostedPayload names the document from which the posted order was made.
	PostedPayload string `bson:"posted_payload" json:"posted_payload"`
	// Order is nil while the document could not be understood.
	Order *order.Order `bson:"-" json:"order,omitempty"`

	Status order.Status  `bson:"status" json:"status"`
	Reason *order.Reason `bson:"reason,omitempty" json:"reason,omitempty"`
	// Attention says what changed in Magento after the order was posted or skipped, or that B1 may have it twice. Settled is the one of which a
	// person has said that it is settled; nil while there is none.
	Attention *order.Reason `bson:"attention,omitempty" json:"attention,omitempty"`
	Settled   *Settled      `bson:"settled,omitempty" json:"settled,omitempty"`
	// SkippedHash is the ContentHash with which a person skipped the order; empty when it could not be read.
	SkippedHash string `bson:"skipped_hash,omitempty" json:"-"`

	BO *BackOffice `bson:"bo,omitempty" json:"bo,omitempty"`
	// Reference is the NumAtCard of the order; empty until it is claimed for B1 the first time.
	Reference string `bson:"reference" json:"reference"`
	// References are all under which it was sent or may have been, and under which B1 had it. The rules may give it another
	// one any day; none is ever taken off the list, so that it is found under each.
	References []string `bson:"references,omitempty" json:"references,omitempty"`
	Attempts   int      `bson:"attempts" json:"attempts"`
	// Failures counts the latest attempts, in a row, that came to nothing though B1 was there: it was too busy, or the way to it
	// broke. The pause before the next follows from it.
	Failures    int     `bson:"failures,omitempty" json:"-"`
	Claim       *Claim  `bson:"claim,omitempty" json:"claim,omitempty"`
	Intent      *Intent `bson:"intent,omitempty" json:"intent,omitempty"`
	RuleVersion string  `bson:"rule_version" json:"rule_version"`

	// Obstacle is the cancelled sales order (DocEntry) for which this order is held or cancelled. PassOver are those that a person
	// has let it pass, and those beside which its own went missing: it is sent although B1 has them. One that is cancelled later is an obstacle again.
	Obstacle int64   `bson:"obstacle,omitempty" json:"obstacle,omitempty"`
	PassOver []int64 `bson:"pass_over,omitempty" json:"pass_over,omitempty"`
	// AgainstCancelled is true when a person has let it pass cancelled sales orders, and nobody noted which: those that B1 has are
	// looked up. Earlier releases kept no more than this.
	AgainstCancelled bool `bson:"against_cancelled,omitempty" json:"against_cancelled,omitempty"`
	// Replaces is the document in B1 (DocEntry) that the next sending takes the place of; 0 for none. ReplacesDraft is true when that
	// is a draft, whose numbers are counted apart from those of sales orders; earlier releases did not tell the two apart.
	Replaces      int64 `bson:"replaces,omitempty" json:"replaces,omitempty"`
	ReplacesDraft bool  `bson:"replaces_draft,omitempty" json:"replaces_draft,omitempty"`
	// ErasedAt is when the personal data of the order, and the documents it came from, were erased; zero while they are there. Reading the order from Magento
	// again brings them back. Until then nothing of it is mapped or sent.
	ErasedAt time.Time `bson:"erased_at,omitempty" json:"erased_at,omitzero"`

	// Import is the run that brought the order as part of a backfill; empty for all others. It waits behind what is fresh, unless it is
	// Promoted: since the backfill brought it, Magento has changed it or a person asked for it. It is a fresh one then for good.
	Import   string `bson:"import,omitempty" json:"import,omitempty"`
	Promoted bool   `bson:"promoted,omitempty" json:"promoted,omitempty"`
	// Manual puts the order before all others; DueAt keeps it out of the queue until then.
	Manual bool      `bson:"manual" json:"manual"`
	DueAt  time.Time `bson:"due_at" json:"due_at"`
	// Queue orders the orders that wait: manual first, imports last, the oldest first in each. Empty for all others. Kept by settle.
	Queue string `bson:"queue,omitempty" json:"-"`

	// Reread is true while Magento is to be asked for the order again at DueAt, because it could not show it.
	Reread bool `bson:"reread,omitempty" json:"reread,omitempty"`

	// WriteBack is what Magento is told of the posted order; nil while the rules ask for nothing.
	WriteBack *WriteBack `bson:"write_back,omitempty" json:"write_back,omitempty"`
	// WriteBackQueue orders the write-backs that wait, or that a person should look at. Empty for all others. Kept by settle.
	WriteBackQueue string `bson:"write_back_queue,omitempty" json:"-"`

	// Search is what a text search looks into, in small letters; ReasonCode and AttentionCode are those of Reason and Attention. They stand here
	// beside what they come from because an index has them, and are kept by settle. Earlier releases had none (CompleteOrders).
	Search        string `bson:"search,omitempty" json:"-"`
	ReasonCode    string `bson:"reason_code,omitempty" json:"-"`
	AttentionCode string `bson:"attention_code,omitempty" json:"-"`

	Timeline []Event `bson:"-" json:"timeline"`
}

// Known adds a reference under which B1 may have the order to those under which it is looked for.
func (s *Staged) Known(reference string) {
	if reference != "" && !slices.Contains(s.References, reference) {
		s.References = append(s.References, reference)
	}
}

// PassBy notes that a cancelled sales order (DocEntry) that B1 has says nothing of the order.
func (s *Staged) PassBy(entry int64) {
	if !slices.Contains(s.PassOver, entry) {
		s.PassOver = append(s.PassOver, entry)
	}
}

// LetPass notes that a person lets the order pass a cancelled sales order (DocEntry) that B1 has, and that the next one takes its place.
func (s *Staged) LetPass(entry int64) {
	s.PassBy(entry)
	s.Replaces, s.ReplacesDraft = entry, false
}

// DocumentFormat grows with each release whose order documents say what the one before would drop by writing them. What a person does
// is refused by a program that finds a higher one: it is of an older release than the workers.
const DocumentFormat = 2

// Settled says which attention a person has settled: the code, and the content of the order for which it stood (its content hash; of a document
// that could not be read its payload hash). The same code with another content is a new one.
type Settled struct {
	Code    string `bson:"code" json:"code"`
	Content string `bson:"content" json:"-"`
}

// NewStaged is an order of which nothing but its name is known, at Rev 0.
func NewStaged(key order.Key) *Staged {
	return &Staged{Key: key, Instance: key.Instance(), StoreID: key.StoreID(), IncrementID: key.IncrementID()}
}

// MagentoSide is what Magento said last. State and Status may be empty: real documents lack them at times.
type MagentoSide struct {
	State     string      `bson:"state" json:"state"`
	Status    string      `bson:"status" json:"status"`
	UpdatedAt time.Time   `bson:"updated_at" json:"updated_at"`
	Total     order.Money `bson:"total" json:"total"`
	// ReadAt is when this version was read from Magento, by our clock.
	ReadAt time.Time `bson:"read_at" json:"read_at,omitzero"`
}

// BackOffice is the document in B1. For a draft DocEntry is the draft's.
type BackOffice struct {
	// CardCode is its business partner; empty for documents that an earlier release found or made.
	CardCode  string      `bson:"card_code" json:"card_code,omitempty"`
	DocEntry  int64       `bson:"doc_entry" json:"doc_entry"`
	DocNum    int64       `bson:"doc_num" json:"doc_num"`
	Draft     bool        `bson:"draft" json:"draft"`
	Reference string      `bson:"reference" json:"reference"`
	Total     order.Money `bson:"total" json:"total"`
	Lines     int         `bson:"lines" json:"lines"`
	// Linked is true when the document was found, not created, by the connector.
	Linked bool `bson:"linked" json:"linked"`
	// Sent is what the document was to be when it was sent or first found; nil where an earlier release noted it.
	Sent *Sent `bson:"sent,omitempty" json:"-"`
}

// Sent is what B1 must have made of an order as it was sent: Magento and the rules may say something else by the time it is
// looked at.
type Sent struct {
	// Total is the document's total in its own currency, Lines how many lines were sent.
	Total order.Money `bson:"total"`
	Lines int         `bson:"lines"`
	// Trees are the items that B1 must have broken up into their components.
	Trees []string `bson:"trees,omitempty"`
}

// Claim is the right of one worker to write the order to B1 until it expires.
type Claim struct {
	Token     string    `bson:"token" json:"-"`
	ExpiresAt time.Time `bson:"expires_at" json:"expires_at"`
}

// Intent stands in the store from just before the order is sent to B1 until its fate is known. Whoever finds it must
// look in B1 before sending anything.
type Intent struct {
	SentAt time.Time `bson:"sent_at" json:"sent_at"`
	Hash   string    `bson:"hash" json:"hash"`
	// Payload names the document that it was made from.
	Payload string `bson:"payload" json:"payload"`
	// Reference is the NumAtCard under which it was sent: the rules may give another one by the time it is looked for.
	Reference string `bson:"reference" json:"reference"`
	// CardCode is the business partner to which it was sent; empty in intents of earlier releases.
	CardCode string `bson:"card_code" json:"card_code"`
	// Sent is what B1 is to make of it; nil in intents of earlier releases.
	Sent *Sent `bson:"sent,omitempty" json:"-"`
	// Replaces and ReplacesDraft are the order's when it was sent.
	Replaces      int64 `bson:"replaces,omitempty" json:"replaces,omitempty"`
	ReplacesDraft bool  `bson:"replaces_draft,omitempty" json:"replaces_draft,omitempty"`
	// Looks counts the look-ups since then that found nothing, Sends how often it was sent without a clear answer.
	Looks int `bson:"looks" json:"looks"`
	Sends int `bson:"sends" json:"sends"`
	// Unanswered counts these too, and those that Sends leaves out because B1 failed at the orders of all: nothing sets it back.
	Unanswered int `bson:"unanswered,omitempty" json:"unanswered,omitempty"`
	// BegunAt is when the latest sending began that ended without a clear answer; SentAt is when it ended, then. Zero before.
	BegunAt time.Time `bson:"begun_at,omitempty" json:"begun_at,omitzero"`
	// Answer is the code that B1 gave, where it gave one that leaves the outcome open.
	Answer string `bson:"answer" json:"answer"`
	// Over is true when its sender has noted that the call ended, without a clear answer.
	Over bool `bson:"over,omitempty" json:"over,omitempty"`
}

// Event is one line of an order's story.
type Event struct {
	At         time.Time `json:"at"`
	Step       string    `json:"step"`
	Outcome    string    `json:"outcome"`
	Detail     string    `json:"detail,omitempty"`
	WorkflowID string    `json:"workflow_id,omitempty"`
	RunID      string    `json:"run_id,omitempty"`
	Actor      string    `json:"actor,omitempty"`
}

// A timeline keeps how the order began and what happened last; an outage of weeks must not fill the document.
const (
	timelineFirst = 10
	timelineLast  = 90
)

// Note adds an event and forgets from the middle when there are too many.
func (s *Staged) Note(e Event) {
	s.Timeline = append(s.Timeline, e)
	if len(s.Timeline) > timelineFirst+timelineLast {
		s.Timeline = append(s.Timeline[:timelineFirst:timelineFirst], s.Timeline[len(s.Timeline)-timelineLast:]...)
	}
}

// advance makes the next revision of the order, as it is to be written.
func (s *Staged) advance() {
	s.Rev++
	s.ChangedAt = now()
	s.settle()
}

// settle brings the fields that follow from others in line; every write goes through it.
func (s *Staged) settle() {
	s.Format = DocumentFormat
	s.Queue, s.WriteBackQueue = "", s.WriteBack.place(s.Key)
	s.Search, s.ReasonCode, s.AttentionCode = s.searched(), codeOf(s.Reason), codeOf(s.Attention)
	s.Promoted = s.Promoted || s.Import != "" && s.Manual
	if s.Status == order.Posted && s.PostedAt.IsZero() {
		s.PostedAt = s.posted()
	}
	if s.waits() {
		s.Queue = fmt.Sprintf("%d|%s|%s", s.lane(), s.PlacedAt.UTC().Format(time.RFC3339), s.Key)
	}
}

// posted is when the order, which is posted, was first recorded as that: now, unless its timeline tells of an earlier time.
func (s *Staged) posted() time.Time {
	if told := postedIn(s.Timeline); !told.IsZero() && s.ChangedAt.Sub(told) > writtenWithin {
		return told
	}
	return s.ChangedAt
}

// writtenWithin is how much earlier than its writing an event may be noted.
const writtenWithin = time.Minute

// postedIn is when a timeline first tells that the order was posted, zero when it does not.
func postedIn(timeline []Event) time.Time {
	for _, e := range timeline {
		if e.Outcome == string(order.Posted) {
			return e.At.UTC()
		}
	}
	return time.Time{}
}

// waits reports whether the connector must come back to the order by itself: open ones, those that a rule leaves out until
// a certain time, and those for which Magento is asked again.
func (s *Staged) waits() bool {
	return s.Status.Open() || s.Status == order.Excluded && !s.DueAt.IsZero() || s.Reread
}

// Behind reports whether the order waits behind all that is fresh, as an import.
func (s *Staged) Behind() bool { return s.Import != "" && !s.Promoted && !s.Manual }

// lane is 1 for orders that a person asked for, 5 for fresh ones, and 7 for imports. 0 is for the few that are not for B1 yet,
// so that a backlog does not hide them.
func (s *Staged) lane() int {
	switch {
	case s.Reread:
		return 0
	case s.Manual:
		return 1
	case s.Behind():
		return 7
	}
	return 5
}
