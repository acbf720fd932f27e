package magentosim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// LoadReport says what became of the files of OrdersDir.
type LoadReport struct {
	// Files are the names of the files that are in the shop.
	Files []string
	// Skipped are the others.
	Skipped []SkippedFile
}

// SkippedFile is a file that holds no order the shop could take.
type SkippedFile struct {
	// Name is the file's name without folder.
	Name string
	// Reason is a sentence for people.
	Reason string
}

// Loaded reports on the documents of OrdersDir.
func (s *Shop) Loaded() LoadReport { return s.loaded }

// loadDocuments reads every *.json of OrdersDir by name.
func (s *Shop) loadDocuments() error {
	if s.cfg.OrdersDir == "" {
		return nil
	}
	paths, err := filepath.Glob(filepath.Join(s.cfg.OrdersDir, "*.json"))
	if err != nil {
		return fmt.Errorf("magentosim: OrdersDir: %w", err)
	}
	if _, err := os.Stat(s.cfg.OrdersDir); err != nil {
		return fmt.Errorf("magentosim: OrdersDir: %w", err)
	}
	slices.Sort(paths)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("magentosim: OrdersDir: %w", err)
		}
		name := filepath.Base(path)
		if reason := s.loadDocument(raw); reason != "" {
			s.loaded.Skipped = append(s.loaded.Skipped, SkippedFile{Name: name, Reason: reason})
			continue
		}
		s.loaded.Files = append(s.loaded.Files, name)
	}
	return nil
}

// loadDocument adds one document; a reason means it was not taken.
func (s *Shop) loadDocument(raw []byte) (reason string) {
	raw = bytes.TrimSpace(raw)
	if reason := notAnOrder(raw); reason != "" {
		return reason
	}
	r, err := newRecord(raw, KindDocument)
	if err != nil {
		return err.Error()
	}
	if held, ok := s.byID[r.entityID]; ok && held.kind == KindDocument && held.uniqueKey() == r.uniqueKey() {
		return "" // taken up from an earlier run
	}
	if err := s.insert(r); err != nil {
		return err.Error()
	}
	return ""
}

// notAnOrder tells other documents of a Magento shop from orders; "" means it looks like an order.
func notAnOrder(raw []byte) string {
	if bytes.HasPrefix(raw, []byte{'['}) {
		return "not an order document: a list"
	}
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(raw, &doc); err != nil {
		return "not an order document: not a JSON object"
	}
	if _, ok := doc["total_count"]; ok {
		return "not an order document: the result of a search"
	}
	if _, ok := doc["order_id"]; ok {
		return "not an order document: an invoice, shipment or credit memo"
	}
	if _, ok := doc["entity_id"]; !ok {
		return "not an order document: it has no entity_id"
	}
	return ""
}

// documentIDs are the numbers a document takes from the shop's sequences, and its SKUs.
type documentIDs struct {
	QuoteID json.Number `json:"quote_id"`
	Items   []struct {
		ItemID json.Number `json:"item_id"`
		SKU    string      `json:"sku"`
	} `json:"items"`
	BillingAddressID json.Number `json:"billing_address_id"`
}

// readIDs is lenient: what is not there or has another type counts as nothing.
func readIDs(raw []byte) documentIDs {
	var ids documentIDs
	_ = json.Unmarshal(raw, &ids)
	return ids
}
