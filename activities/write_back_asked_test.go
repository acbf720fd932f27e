package activities_test

import (
	"testing"

	"datawald/activities"
	"datawald/mapping"
)

// Once the rules ask for nothing to be written nobody tries the orders any more that Magento refused, and so none of them may stand for a refusal; when they
// ask again, and while a release before has noted nothing, they do. Fails without: NoteWritesBack in atHead, its reading in WriteBackRefused.
func TestWriteBack_IsNotRefusedWhereTheRulesAskForNone(t *testing.T) {
	t.Parallel()
	d := newWritingDesk(t, "2.4.6", tellBoth)
	d.writer.Writer = refusing{d.writer.Writer}
	d.must()
	refused := func(when string, want bool) {
		t.Helper()
		since, err := d.db.WriteBackRefused(t.Context(), "main")
		if d.ok(err); since.IsZero() == want {
			t.Errorf("%s: refused since %s, want %t", when, since, want)
		}
	}
	head := func(tell mapping.WriteBack) {
		t.Helper()
		d.rules.WriteBack = tell
		_, err := d.acts.NextOrders(t.Context(), activities.NextOrdersInput{Instance: "main", Limit: 10})
		d.ok(err)
	}
	refused("before a run has looked", true)
	head(mapping.WriteBack{})
	refused("the rules ask for nothing", false)
	head(tellBoth)
	refused("they ask again", true)
	head(tellBoth)
	refused("they ask still", true)
}
