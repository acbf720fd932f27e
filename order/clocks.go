package order

import "time"

// IsOver reports whether a time has come, by either clock. The one that Go measures with stands still while a machine is
// suspended, the one on the wall may be set back: what must not happen after the end must not happen after it by any of them.
func IsOver(now, end time.Time) bool {
	return !now.Before(end) || !now.Round(0).Before(end.Round(0))
}
