package order

import "time"

// Cut is how far an instance has been read: everything up to and including this row is staged.
// It is ordered by (UpdatedAt, EntityID), as Magento's rows are read.
type Cut struct {
	// UpdatedAt has Magento's resolution of one second.
	UpdatedAt time.Time `bson:"updated_at" json:"updated_at"`
	EntityID  int64     `bson:"entity_id" json:"entity_id"`
}

// After reports whether c lies behind d, that is, whether moving from d to c is a step forward.
func (c Cut) After(d Cut) bool {
	if !c.UpdatedAt.Equal(d.UpdatedAt) {
		return c.UpdatedAt.After(d.UpdatedAt)
	}
	return c.EntityID > d.EntityID
}

// IsZero reports whether nothing has been read yet.
func (c Cut) IsZero() bool { return c.UpdatedAt.IsZero() }
