package config

import (
	"net/url"
	"strings"
)

// Company names the B1 company, the same for every instance that feeds it: host and database, in small letters.
func (b B1) Company() string {
	host := b.URL
	if u, err := url.Parse(b.URL); err == nil {
		host = u.Host
	}
	return strings.ToLower(host + "/" + b.CompanyDB)
}
