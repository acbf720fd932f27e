package magentosim

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// address is a postal address. Everything in here is invented: example.com mails, 555 numbers.
type address struct {
	first, last string
	company     string
	vatID       string
	street      []string
	city        string
	postcode    string
	country     string
	region      string
	regionCode  string
	regionID    int64 // 0: free text
	telephone   string
	email       string
}

// customer is who places an order.
type customer struct {
	id          int64 // 0: guest
	first, last string
	email       string
	dob         string
	gender      int64 // 0: not given
	group       int64
}

type place struct {
	city, postcode, region, code string
	id                           int64
}

var (
	firstNames       = []string{"Testa", "Samplo", "Demina", "Fixtor", "Mockery", "Placida", "Proba", "Dumas"}
	lastNames        = []string{"Exampleton", "Sandbox", "Placeholder", "Testington", "McMock", "O'Fixture", "Demoski", "Loremson"}
	germanFirstNames = []string{"Jörg", "Käthe", "Günther", "Sören", "Änne", "Probine", "Björn", "Musterike"}
	germanLastNames  = []string{"Mustermann", "Beispielhöfer", "Tästmüller", "Übungsleiter", "Großprobe", "Platzhälter"}

	usStreets     = []string{"%d Sample Street", "%d Placeholder Avenue", "%d Testing Boulevard", "%d Mock Lane"}
	germanStreets = []string{"Musterstraße %d", "Prüfgäßchen %d", "Beispielweg %d", "Übungsplatz %d"}

	usPlaces = []place{
		{"Los Angeles", "90001", "California", "CA", 12},
		{"San Francisco", "94105-2201", "California", "CA", 12},
		{"New York", "10001", "New York", "NY", 43},
		{"Buffalo", "14201", "New York", "NY", 43},
		{"Austin", "73301", "Texas", "TX", 57},
		{"Houston", "77001", "Texas", "TX", 57},
		{"Portland", "97201", "Oregon", "OR", 49},
		{"Orlando", "32801", "Florida", "FL", 18},
		{"Detroit", "48201", "Michigan", "MI", 33},
		{"Wilmington", "19801", "Delaware", "DE", 15},
	}
	germanPlaces = []place{
		{"Köln", "50667", "Nordrhein-Westfalen", "NRW", 88},
		{"München", "80331", "Bayern", "BAY", 81},
		{"Görlitz", "02826", "Sachsen", "SAS", 91},
		{"Würzburg", "97070", "Bayern", "BAY", 81},
		{"Berlin", "10115", "Berlin", "BER", 82},
		{"Lübeck", "23552", "", "", 0},                                         // no region given
		{"Düsseldorf", "40210", "Rheinland am Rhein", "Rheinland am Rhein", 0}, // free text
	}
	companies = []string{"Example Supplies Inc.", "Placeholder Trading LLC", "Sandbox & Sons", "Mock Industries Ltd."}
)

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// chance is true in the given percentage of cases.
func chance(r *rand.Rand, percent int) bool { return r.IntN(100) < percent }

// newAddress invents an address for a person of a store.
func newAddress(r *rand.Rand, s store, first, last, email string) address {
	a := address{first: first, last: last, email: email, country: "US"}
	at, street := pick(r, usPlaces), pick(r, usStreets)
	a.telephone = fmt.Sprintf("(555) 555-%04d", 100+r.IntN(100))
	if s.german {
		at, street, a.country = pick(r, germanPlaces), pick(r, germanStreets), "DE"
		a.telephone = fmt.Sprintf("+49 555 %06d", r.IntN(1000000))
	}
	a.city, a.postcode = at.city, at.postcode
	a.region, a.regionCode, a.regionID = at.region, at.code, at.id
	a.street = []string{fmt.Sprintf(street, 1+r.IntN(199))}
	if chance(r, 15) {
		a.street = append(a.street, fmt.Sprintf("Suite %d", 1+r.IntN(40)))
	}
	if s.exempt || chance(r, 8) {
		a.company = pick(r, companies)
		a.street = append(a.street, "Receiving dock "+string(rune('A'+r.IntN(4))))
	}
	if s.exempt && chance(r, 50) {
		a.vatID = fmt.Sprintf("US%09d", r.IntN(1_000_000_000))
	}
	return a
}

// newCustomer chooses one of the shop's customers, or a guest in two cases of five.
func newCustomer(r *rand.Rand, s store) customer {
	firsts, lasts := firstNames, lastNames
	if s.german {
		firsts, lasts = germanFirstNames, germanLastNames
	}
	f, l := r.IntN(len(firsts)), r.IntN(len(lasts))
	c := customer{first: firsts[f], last: lasts[l]}
	c.email = mailOf(c.first) + "." + mailOf(c.last) + "@example.com"
	if !s.exempt && chance(r, 40) {
		return c
	}
	c.id = s.id*1000 + int64(f*len(lasts)+l)
	c.group = 1
	if s.exempt {
		c.group = 2
	}
	if f%2 == 0 {
		c.gender = 1 + int64(l%2)
		c.dob = fmt.Sprintf("19%02d-%02d-15 00:00:00", 50+f*3, 1+l%12)
	}
	return c
}

var mailLetters = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "'", "")

func mailOf(name string) string { return mailLetters.Replace(strings.ToLower(name)) }
