package order

import (
	"errors"
	"fmt"
	"regexp"
	"time"
)

// The times of an order that a Selection may go by, as Magento names them.
const (
	ByCreated = "created_at"
	ByUpdated = "updated_at"
)

// Selection is a part of a shop's orders.
type Selection struct {
	// By is the time that From and To are about: ByCreated, when the order was placed, or ByUpdated, its last change in Magento.
	By string `bson:"by" json:"by"`
	// From is inclusive, To exclusive; both in UTC.
	From time.Time `bson:"from" json:"from"`
	To   time.Time `bson:"to" json:"to"`
	// StoreID and Status (Magento's own, such as processing) narrow it; nil and empty select all.
	StoreID *int64 `bson:"store_id,omitempty" json:"store_id,omitempty"`
	Status  string `bson:"status,omitempty" json:"status,omitempty"`
}

// magentoStatus is what a status of Magento looks like: sales_order_status.status has 32 characters.
var magentoStatus = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)

// Validate gives all that is wrong with the selection, each as an error of its own (errors.Join).
func (s Selection) Validate() error {
	var all []error
	if s.By != ByCreated && s.By != ByUpdated {
		all = append(all, fmt.Errorf("by: is %q, want %s or %s", s.By, ByCreated, ByUpdated))
	}
	if s.From.IsZero() {
		all = append(all, errors.New("from: is missing, name the time from which orders are read"))
	}
	if s.To.IsZero() {
		all = append(all, errors.New("to: is missing, name the time up to which orders are read"))
	} else if !s.To.After(s.From) {
		all = append(all, fmt.Errorf("to: %s does not lie after from, %s", s.To.Format(time.RFC3339), s.From.Format(time.RFC3339)))
	}
	if s.StoreID != nil && *s.StoreID < 0 {
		all = append(all, fmt.Errorf("store: is %d, want a store_id of Magento", *s.StoreID))
	}
	if s.Status != "" && !magentoStatus.MatchString(s.Status) {
		all = append(all, fmt.Errorf("status: is %q, want a status of Magento such as processing", s.Status))
	}
	return errors.Join(all...)
}
