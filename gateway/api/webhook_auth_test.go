package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"
)

const shopSecret = "correct-horse-battery"

var at = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func mac(secret, text string) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(text))
	return hex.EncodeToString(m.Sum(nil))
}

func stamped(when time.Time, signatures ...string) string {
	return fmt.Sprintf("t=%d,v1=%s", when.Unix(), strings.Join(signatures, ",v1="))
}

func TestCredentials_ShowTheSecretInOneWay(t *testing.T) {
	const body = `{"entity_id":12}`
	timed := func(when time.Time, secret, body string) string {
		return stamped(when, mac(secret, fmt.Sprintf("%d.%s", when.Unix(), body)))
	}
	for name, tc := range map[string]struct {
		given Credentials
		want  bool
	}{
		"header":                          {Credentials{Secret: shopSecret}, true},
		"bearer":                          {Credentials{Authorization: "Bearer " + shopSecret}, true},
		"bearer in small letters":         {Credentials{Authorization: "bearer " + shopSecret}, true},
		"query":                           {Credentials{Query: shopSecret}, true},
		"signature":                       {Credentials{Signature: "sha256=" + mac(shopSecret, body)}, true},
		"signature in capitals":           {Credentials{Signature: "sha256=" + strings.ToUpper(mac(shopSecret, body))}, true},
		"signature with time":             {Credentials{Timed: timed(at, shopSecret, body)}, true},
		"time a little off":               {Credentials{Timed: timed(at.Add(-5*time.Minute), shopSecret, body)}, true},
		"two signatures, one is right":    {Credentials{Timed: stamped(at, mac("the-secret-of-before", "x"), mac(shopSecret, fmt.Sprintf("%d.%s", at.Unix(), body)))}, true},
		"right beside a proxy's password": {Credentials{Authorization: "Basic dXNlcjpwYXNz", Secret: shopSecret}, true},

		"nothing":                   {Credentials{}, false},
		"wrong header":              {Credentials{Secret: shopSecret + "x"}, false},
		"beginning of it":           {Credentials{Secret: shopSecret[:10]}, false},
		"wrong bearer":              {Credentials{Authorization: "Bearer x"}, false},
		"basic":                     {Credentials{Authorization: "Basic " + shopSecret}, false},
		"bare authorization":        {Credentials{Authorization: shopSecret}, false},
		"wrong query":               {Credentials{Query: "x"}, false},
		"signature of another body": {Credentials{Signature: "sha256=" + mac(shopSecret, "{}")}, false},
		"signature of another key":  {Credentials{Signature: "sha256=" + mac("x", body)}, false},
		"signature cut off":         {Credentials{Signature: "sha256=" + mac(shopSecret, body)[:32]}, false},
		"signature that is no hex":  {Credentials{Signature: "sha256=zz"}, false},
		"empty signature":           {Credentials{Signature: "sha256="}, false},
		"too old":                   {Credentials{Timed: timed(at.Add(-301*time.Second), shopSecret, body)}, false},
		"from the future":           {Credentials{Timed: timed(at.Add(301*time.Second), shopSecret, body)}, false},
		"old with a new time":       {Credentials{Timed: stamped(at, mac(shopSecret, fmt.Sprintf("%d.%s", at.Add(-time.Hour).Unix(), body)))}, false},
		"time is not signed":        {Credentials{Timed: stamped(at, mac(shopSecret, body))}, false},
		"no time":                   {Credentials{Timed: "v1=" + mac(shopSecret, "."+body)}, false},
		"far too many signatures":   {Credentials{Timed: stamped(at, strings.Repeat("00,v1=", 50)+mac(shopSecret, fmt.Sprintf("%d.%s", at.Unix(), body)))}, false},
	} {
		if got := tc.given.show(shopSecret, []byte(body), at); got != tc.want {
			t.Errorf("%s: %t, want %t", name, got, tc.want)
		}
	}
}

func TestThrottle_TellsWrongSecretsToStayAwayWhenTheyAreMany(t *testing.T) {
	var th throttle
	for n := range maxWrong - 1 {
		if wait, many := th.count(at.Add(time.Duration(n) * time.Second)); wait != 0 || many {
			t.Fatalf("after %d it says %s, %t", n+1, wait, many)
		}
	}
	last := at.Add(59 * time.Second)
	if wait, many := th.count(last); wait != 0 || !many {
		t.Errorf("the one that is too many has to wait %s, %t", wait, many)
	}
	for n := range 10 * maxWrong {
		if wait, many := th.count(last.Add(time.Duration(n) * time.Millisecond)); wait != wrongWindow-time.Duration(n)*time.Millisecond || many {
			t.Fatalf("one more has to wait %s, %t; want the rest of the minute, said once", wait, many)
		}
	}
	if wait, many := th.count(last.Add(wrongWindow)); wait != 0 || many {
		t.Errorf("a minute later it says %s, %t", wait, many)
	}
	for n := range 10 * maxWrong { // few in each minute are never too many
		if wait, many := th.count(last.Add(3*wrongWindow + time.Duration(n)*3*time.Second)); wait != 0 || many {
			t.Fatal("a wrong secret every three seconds is too many")
		}
	}
}

func TestSeenEvents_AreRememberedForAWhileAndNotWithoutEnd(t *testing.T) {
	var s seenEvents
	s.add("", at)
	s.add("e-1", at)
	if s.has("", at) || s.has("e-2", at) || !s.has("e-1", at.Add(rememberFor-1)) || s.has("e-1", at.Add(rememberFor)) {
		t.Error("want e-1 alone remembered, for a while")
	}
	s.add("e-1", at.Add(time.Hour))
	if !s.has("e-1", at.Add(time.Hour)) {
		t.Error("taken anew it is not remembered")
	}
	for n := range 3 * rememberAll {
		s.add(fmt.Sprint("more ", n), at.Add(time.Hour))
	}
	if len(s.at) != rememberAll || s.has("e-1", at.Add(time.Hour)) || !s.has(fmt.Sprint("more ", 3*rememberAll-1), at.Add(time.Hour)) {
		t.Errorf("it remembers %d, want the latest %d", len(s.at), rememberAll)
	}
}
