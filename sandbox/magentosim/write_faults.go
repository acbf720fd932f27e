package magentosim

import (
	"fmt"
	"net/http"
	"slices"
)

// Ways in which a write (POST of an order or of a comment) fails.
const (
	// WriteCommitDrop commits and then cuts the connection before a byte of the answer.
	WriteCommitDrop = "commit_then_drop"
	// WriteCommitBadGateway commits; a proxy answers 502 with a page of its own.
	WriteCommitBadGateway = "commit_then_502"
	// WriteCommitHTML commits; the answer is HTTP 200 with a page, as after a PHP fatal error in an observer.
	WriteCommitHTML = "commit_then_html_200"
	// WriteDropBefore cuts the connection and commits nothing.
	WriteDropBefore = "drop_before"
	// WriteErrorBefore commits nothing and answers 500, as Magento does with an exception that it does not know.
	WriteErrorBefore = "500_before"
)

// WriteFault makes writes fail while reads go on.
type WriteFault struct {
	// Kind is one of the Write… names.
	Kind string `json:"kind"`
	// Times ends it after so many writes. 0: it lasts.
	Times int `json:"times"`
}

func (w *WriteFault) validate() error {
	kinds := []string{WriteCommitDrop, WriteCommitBadGateway, WriteCommitHTML, WriteDropBefore, WriteErrorBefore}
	if w == nil || slices.Contains(kinds, w.Kind) && w.Times >= 0 {
		return nil
	}
	return fmt.Errorf("magentosim: write_fault is %q for %d times, want one of %v and 0 or more", w.Kind, w.Times, kinds)
}

// takeWriteFault gives the fault of one write and counts it; empty for none.
func (s *Shop) takeWriteFault() string {
	s.faultMu.Lock()
	defer s.faultMu.Unlock()
	f := s.faults.WriteFault
	if f == nil {
		return ""
	}
	left := *f
	switch left.Times--; left.Times {
	case 0:
		s.faults.WriteFault = nil
	case -1: // it lasts
	default:
		s.faults.WriteFault = &left
	}
	return f.Kind
}

// writing serves a write, or fails at it.
func (s *Shop) writing(serve func() reply) reply {
	kind := s.takeWriteFault()
	if kind == WriteDropBefore {
		return reply{drop: true}
	}
	if kind == WriteErrorBefore {
		return failed(internalError())
	}
	answer := serve()
	if kind == "" || answer.status != http.StatusOK {
		return answer
	}
	switch kind {
	case WriteCommitBadGateway:
		return reply{status: http.StatusBadGateway, page: "<h1>502 Bad Gateway</h1>"}
	case WriteCommitHTML:
		return reply{status: http.StatusOK, page: "<b>Fatal error</b>: Allowed memory size exhausted"}
	}
	return reply{drop: true}
}

// withoutStatus is an order as Magento shows it when its status is NULL: the member is missing. Magento REST: issue 37807.
func withoutStatus(raw []byte) []byte {
	doc, err := decode(raw)
	if err != nil {
		return raw
	}
	delete(doc, "status")
	return encode(doc)
}
