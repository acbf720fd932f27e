// Package standalone brings what a program finds on a usual system, and not in an image that holds nothing but the program: the authorities
// that sign certificates, used where the system has none, and the time zones. A program imports it for that alone.
package standalone

import (
	_ "time/tzdata" // used where the system has none

	_ "golang.org/x/crypto/x509roots/fallback"
)
