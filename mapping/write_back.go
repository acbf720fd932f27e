package mapping

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// WriteBack says what Magento is told of an order once B1 has it. The zero value tells it nothing.
type WriteBack struct {
	// Comment is the text of a comment on the Magento order, which customers do not see, made of {doc_num}, {doc_entry}
	// and {increment_id}; empty for none.
	Comment string `yaml:"comment"`
	// ExtOrderID has the number of the sales order written into Magento's field ext_order_id.
	ExtOrderID bool `yaml:"ext_order_id"`
}

// Asked reports whether anything is to be written.
func (w WriteBack) Asked() bool { return w.Comment != "" || w.ExtOrderID }

// CommentOn is the comment on one order; empty when there is to be none.
func (w WriteBack) CommentOn(incrementID string, docNum, docEntry int64) string {
	return strings.NewReplacer("{increment_id}", incrementID, "{doc_num}", strconv.FormatInt(docNum, 10),
		"{doc_entry}", strconv.FormatInt(docEntry, 10)).Replace(w.Comment)
}

// ExternalID is what ext_order_id gets for a sales order: at most 19 digits, where Magento has room for 32 characters.
func (w WriteBack) ExternalID(docNum int64) string {
	if !w.ExtOrderID {
		return ""
	}
	return strconv.FormatInt(docNum, 10)
}

// maxComment bounds the template. Magento's column takes 64 KB; a longer text is a mistake.
const maxComment = 200

// writeBack checks the comment. It is recognised by its text when it is read again, so it must come back as it was
// sent: in one line, and without what shops take for tags.
func (c *checker) writeBack(w WriteBack) {
	const at = "write_back.comment"
	known := []string{"{doc_num}", "{doc_entry}", "{increment_id}"}
	for _, name := range placeholder.FindAllString(w.Comment, -1) {
		if !slices.Contains(known, name) {
			c.bad(at, "%s is unknown, want {doc_num}, {doc_entry} or {increment_id}", name)
		}
	}
	if n := len([]rune(w.Comment)); n > maxComment {
		c.bad(at, "has %d characters, want at most %d", n, maxComment)
	}
	if strings.ContainsAny(w.Comment, "<>") || strings.ContainsFunc(w.Comment, unicode.IsControl) {
		c.bad(at, "is %s, want one line without < and >", shown(w.Comment))
	}
	if w.Comment != "" && !strings.Contains(w.Comment, "{doc_num}") && !strings.Contains(w.Comment, "{doc_entry}") {
		c.bad(at, "is %s, want {doc_num} or {doc_entry} in it, or it does not say which sales order", shown(w.Comment))
	}
}

// shown quotes the beginning of a text.
func shown(s string) string {
	if r := []rune(s); len(r) > 40 {
		s = string(r[:40]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
