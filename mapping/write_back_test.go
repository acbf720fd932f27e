package mapping_test

import (
	"strings"
	"testing"

	"datawald/mapping"
)

func TestWriteBack_SaysWhatMagentoIsTold(t *testing.T) {
	const none = "default:"
	tests := map[string]struct {
		section, comment, id string
	}{
		"nothing, unless asked": {none, "", ""},
		"an empty section":      {"write_back: {}\n" + none, "", ""},
		"switched off":          {"write_back: {comment: \"\", ext_order_id: false}\n" + none, "", ""},
		"a comment":             {"write_back: {comment: \"{increment_id} is sales order {doc_num} ({doc_entry}) in B1\"}\n" + none, "000000012 is sales order 167 (9) in B1", ""},
		"ext_order_id":          {"write_back: {ext_order_id: true}\n" + none, "", "167"},
		"both":                  {"write_back:\n  comment: Größe {doc_num} & {doc_num}\n  ext_order_id: true\n" + none, "Größe 167 & 167", "167"},
		"the longest":           {"write_back: {comment: \"{doc_num}" + strings.Repeat("ä", 191) + "\"}\n" + none, "167" + strings.Repeat("ä", 191), ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			rules, err := mapping.ParseRules([]byte(strings.Replace(small, none, tc.section, 1)))
			if err != nil {
				t.Fatal(err)
			}
			w := rules.WriteBack
			if got := w.CommentOn("000000012", 167, 9); got != tc.comment {
				t.Errorf("comment %q, want %q", got, tc.comment)
			}
			if got := w.ExternalID(167); got != tc.id {
				t.Errorf("ext_order_id %q, want %q", got, tc.id)
			}
			if w.Asked() != (tc.comment != "" || tc.id != "") {
				t.Errorf("asked is %t", w.Asked())
			}
		})
	}
}
