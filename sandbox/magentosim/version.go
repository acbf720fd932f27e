package magentosim

import (
	"fmt"
	"strconv"
	"strings"
)

// release is a Magento version: three numbers and the security patch ("2.4.6-p4" is 2, 4, 6, 4).
type release [4]int

// parseVersion reads "2.3", "2.4.6" or "2.4.6-p4". A missing third number is a release late in that line.
func parseVersion(s string) (release, error) {
	r := release{0, 0, 99, 0}
	main, patch, hasPatch := strings.Cut(s, "-p")
	parts := strings.Split(main, ".")
	if len(parts) < 2 || len(parts) > 3 {
		return r, fmt.Errorf("magentosim: Version is %q, want a number like 2.4.6", s)
	}
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil {
			return r, fmt.Errorf("magentosim: Version is %q, want a number like 2.4.6", s)
		}
		r[i] = n
	}
	if !hasPatch {
		return r, nil
	}
	n, err := strconv.Atoi(patch)
	if err != nil {
		return r, fmt.Errorf("magentosim: Version is %q, want a number like 2.4.6-p4", s)
	}
	r[3] = n
	return r, nil
}

// atLeast tells whether r is the given release or a later one.
func (r release) atLeast(o release) bool {
	for i := range r {
		if r[i] != o[i] {
			return r[i] > o[i]
		}
	}
	return true
}

// rowTotalRule says what row_total means in the REST reply.
type rowTotalRule int

const (
	rowTotalStored        rowTotalRule = iota // as in the database: price x qty
	rowTotalAfterDiscount                     // a web API processor takes the discount off
	rowTotalUnitPrice                         // the quantity is lost
)

// commentRule says what a comment does to the status of its order.
type commentRule int

const (
	commentCopiesStatus commentRule = iota // always, and a comment without status empties it
	commentKeepsStatus                     // another status than the current one is refused
	commentWithinState                     // a status of the current state may be set, others are refused
)

// traits are the behaviours that differ between releases.
type traits struct {
	// repeatsLastPage: a page beyond the end is the last page again, up to 2.3.
	// Magento REST: issues 3787, 8099 and 26986 (fixed in 2.4).
	repeatsLastPage bool
	// rowTotal: the stored one up to 2.2, after discount from 2.3, without quantity in 2.4.8.
	// Magento REST: Model/Order/Webapi/ChangeOutputArray.php, OCA/connector-magento issue 301, issue 39984.
	rowTotal rowTotalRule
	// childPrice: the child row of a configurable repeats its parent's price, in 2.3 and again from 2.4.6-p4.
	// Magento REST: issues 22562 and 38603.
	childPrice bool
	// acceptsSHA1: HMAC-SHA1 signatures, up to 2.4.2. Magento REST: Oauth.php getSupportedSignatureMethods, issue 33940.
	acceptsSHA1 bool
	// jwtAdminTokens: an admin token is a JWT, from 2.4.4. Magento REST: module-jwt-user-token etc/di.xml.
	jwtAdminTokens bool
	// comment: Magento REST: Model/Order.php addStatusHistory up to 2.4.6, issue 38723 for 2.4.7, then commit fd879d4a80.
	comment commentRule
	// renewsProtectCode: a raw save writes a new protect_code, in 2.3.
	renewsProtectCode bool
}

func traitsOf(r release) traits {
	t := traits{
		repeatsLastPage:   !r.atLeast(release{2, 4, 0, 0}),
		acceptsSHA1:       !r.atLeast(release{2, 4, 3, 0}),
		jwtAdminTokens:    r.atLeast(release{2, 4, 4, 0}),
		renewsProtectCode: !r.atLeast(release{2, 4, 0, 0}),
	}
	is23 := r.atLeast(release{2, 3, 0, 0}) && !r.atLeast(release{2, 4, 0, 0})
	t.childPrice = is23 || r.atLeast(release{2, 4, 6, 4})
	switch {
	case r.atLeast(release{2, 4, 8, 0}):
		t.rowTotal = rowTotalUnitPrice
	case r.atLeast(release{2, 3, 0, 0}):
		t.rowTotal = rowTotalAfterDiscount
	}
	switch {
	case r.atLeast(release{2, 4, 7, 1}):
		t.comment = commentWithinState
	case r.atLeast(release{2, 4, 7, 0}):
		t.comment = commentKeepsStatus
	}
	return t
}
