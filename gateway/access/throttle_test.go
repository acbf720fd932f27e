package access_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"datawald/gateway/access"
)

var (
	noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	home = netip.MustParseAddr("192.0.2.10")
	away = netip.MustParseAddr("198.51.100.20")
)

// Fails without: the count of the pair in begin, and its wait that doubles up to a limit.
func TestThrottle_WaitsLongerAndLonger(t *testing.T) {
	th := access.NewThrottle()
	at := noon
	n, wait := access.Tries("anna", home, at, th)
	if n != 5 || wait != 2*time.Second {
		t.Fatalf("%d tries, then %s; want five, then 2s", n, wait)
	}
	for _, want := range []time.Duration{4, 8, 16, 32, 64, 128, 256, 300, 300} {
		at = at.Add(wait)
		if n, wait = access.Tries("anna", home, at, th); n != 1 || wait != want*time.Second {
			t.Errorf("after the wait %d tries, then %s; want one, then %ds", n, wait, want)
		}
	}
	if n, _ := access.Tries("anna", home, at.Add(20*time.Minute), th); n != 5 {
		t.Errorf("%d tries after a pause, want five", n)
	}
}

// Fails without: the account in the name of the pair, or with an account that refuses addresses from which nothing wrong came.
func TestThrottle_LocksNobodyOutForWhatOthersDo(t *testing.T) {
	th := access.NewThrottle()
	for host := range 40 { // far more than the account bears
		access.Tries("anna", netip.AddrFrom4([4]byte{203, 0, 113, byte(host)}), noon, th)
	}
	if n, _ := access.Tries("anna", away, noon, th); n == 0 {
		t.Error("the right password from another address is not even looked at")
	}
	if n, _ := access.Tries("bert", home, noon, th); n != 5 {
		t.Errorf("another account has %d tries", n)
	}
}

// Fails without: the limit of the account: the addresses that were wrong before then wait for the window to end.
func TestThrottle_BoundsWhatManyAddressesTry(t *testing.T) {
	th := access.NewThrottle()
	first := netip.MustParseAddr("203.0.113.0")
	access.Tries("anna", first, noon, th)
	for host := range 40 {
		access.Tries("anna", netip.AddrFrom4([4]byte{203, 0, 113, byte(host)}), noon, th)
	}
	n, wait := access.Tries("anna", first, noon.Add(3*time.Second), th)
	if n != 0 || wait < 10*time.Minute {
		t.Errorf("%d more tries, then %s; want none for the rest of the window", n, wait)
	}
}

// Fails without: the limit of the address.
func TestThrottle_BoundsWhatOneAddressTries(t *testing.T) {
	th := access.NewThrottle()
	total := 0
	for account := range 40 {
		n, _ := access.Tries(fmt.Sprint("user", account), home, noon, th)
		total += n
	}
	if total != 30 {
		t.Errorf("one address has %d tries, want 30", total)
	}
	if n, _ := access.Tries("user50", home, noon.Add(16*time.Minute), th); n != 5 {
		t.Errorf("%d tries in the next window, want five", n)
	}
}

// Fails without: the half of the address in network.
func TestThrottle_TakesTheAddressesOfOneIPv6CustomerForOne(t *testing.T) {
	th := access.NewThrottle()
	access.Tries("anna", netip.MustParseAddr("2001:db8:1:2::1"), noon, th)
	if n, _ := access.Tries("anna", netip.MustParseAddr("2001:db8:1:2:ffff::2"), noon, th); n != 0 {
		t.Errorf("%d more tries from the next address", n)
	}
	if n, _ := access.Tries("anna", netip.MustParseAddr("2001:db8:1:3::1"), noon, th); n != 5 {
		t.Errorf("another customer has %d tries", n)
	}
}

// Fails without: right.
func TestThrottle_ForgivesWhoKnowsIt(t *testing.T) {
	th := access.NewThrottle()
	access.Tries("anna", home, noon, th)
	th.Right("anna", home)
	if n, _ := access.Tries("anna", home, noon, th); n != 5 {
		t.Errorf("%d tries after a right one, want five", n)
	}
}

// Fails without: the limit of the memory.
func TestThrottle_RemembersSoMuchAndNoMore(t *testing.T) {
	th := access.NewThrottle()
	for n := range access.MaxTries + 500 {
		access.Tries(fmt.Sprint(n), netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}), noon, th)
	}
	if n := th.Remembered(); n > 4*access.MaxTries {
		t.Errorf("it remembers %d, want at most %d", n, 4*access.MaxTries)
	}
}

// Fails without: the look at the address before the entries are made.
func TestThrottle_LetsNoAddressFillTheMemory(t *testing.T) {
	th := access.NewThrottle()
	access.Tries("anna", away, noon, th)
	for n := range access.MaxTries {
		access.Tries(fmt.Sprint(n), home, noon, th)
	}
	if n, _ := access.Tries("anna", away, noon, th); n != 0 {
		t.Errorf("another address with wrong passwords has %d more tries", n)
	}
}
