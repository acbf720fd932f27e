package config

import (
	"context"
	"fmt"
	"math"
	"os"
	"regexp"
	"strings"
	"time"

	"datawald/magento"
	"datawald/sapb1"
)

// Magento says how to reach and read one shop. Settings of the instance main have the plain names MAGENTO_…; those of
// another, say eu, MAGENTO_EU_….
type Magento struct {
	// URL is the shop's base address.
	URL string `split_words:"true"`
	// Token is an integration's access token, used as Bearer.
	Token string `split_words:"true" secret:"TOKEN"`
	// The four credentials of an integration, used to sign with OAuth 1.0a; they win over Token.
	ConsumerKey       string `split_words:"true" secret:"CONSUMER_KEY"`
	ConsumerSecret    string `split_words:"true" secret:"CONSUMER_SECRET"`
	AccessToken       string `split_words:"true" secret:"ACCESS_TOKEN"`
	AccessTokenSecret string `split_words:"true" secret:"ACCESS_TOKEN_SECRET"`
	// AdminUser and AdminPassword log in where there is no integration; the others win over them.
	AdminUser     string `split_words:"true"`
	AdminPassword string `split_words:"true" secret:"ADMIN_PASSWORD"`
	// Timeout bounds one call.
	Timeout time.Duration `split_words:"true" default:"60s"`
	// PageSize is the number of orders per call, 1 to 300.
	PageSize int `split_words:"true" default:"100"`
	// Stores are the store_ids whose orders are read; empty for all.
	Stores []int64 `split_words:"true"`
	// SyncFrom is the day (2006-01-02, UTC) from which orders are read the first time; empty: from the first order on.
	SyncFrom string `split_words:"true"`
	// Overlap is how far each run reads back, for rows that were committed late.
	Overlap time.Duration `split_words:"true" default:"5m"`
	// Settle is how far reading stays behind the shop's clock.
	Settle time.Duration `split_words:"true" default:"5s"`
	// WriteSettle is how long the shop may still carry out a write that it gave no clear answer to.
	WriteSettle time.Duration `split_words:"true" default:"2m"`
}

// Client makes the client of the shop.
func (m Magento) Client() (*magento.Client, error) { return m.ClientWith(nil) }

// ClientWith is Client; observe is told of each call.
func (m Magento) ClientWith(observe func(ctx context.Context, op string) func(error)) (*magento.Client, error) {
	s := m.settings()
	s.Observe = observe
	return magento.New(s)
}

// Way is how the client signs in.
func (m Magento) Way() (magento.Way, error) { return m.settings().Way() }

func (m Magento) settings() magento.Settings {
	return magento.Settings{URL: m.URL, Token: m.Token, Timeout: m.Timeout, Stores: m.Stores, AdminUser: m.AdminUser, AdminPassword: m.AdminPassword, OAuth: magento.OAuth{
		ConsumerKey: m.ConsumerKey, ConsumerSecret: m.ConsumerSecret, AccessToken: m.AccessToken, AccessTokenSecret: m.AccessTokenSecret}}
}

// From is SyncFrom as a time, zero when it is not set.
func (m Magento) From() time.Time {
	t, err := time.Parse(time.DateOnly, m.SyncFrom)
	if err != nil {
		return time.Time{}
	}
	return t
}

// anyAddress stands in for one that is reported as missing, so that what else is wrong is reported with it.
const anyAddress = "https://missing.example.com"

// withPassword is what is wrong with an address that has a user or a password in it: it would be shown wherever the address is. Empty for none.
func withPassword(prefix, address string) string {
	host, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(address, "https://"), "http://"), "/")
	if strings.Contains(host, "@") {
		return prefix + "_URL: has an @, and so a user or a password in it; want the address alone, and these in settings of their own"
	}
	return ""
}

func (m Magento) check(prefix string) (problems []string) {
	problems = append(problems, missing(map[string]string{prefix + "_URL": m.URL})...)
	if m.URL == "" {
		m.URL = anyAddress
	}
	if problem := withPassword(prefix, m.URL); problem != "" {
		return append(problems, problem)
	}
	_, err := m.Client()
	problems = append(problems, each(prefix, err)...)
	if _, err := time.Parse(time.DateOnly, m.SyncFrom); err != nil && m.SyncFrom != "" {
		problems = append(problems, fmt.Sprintf("%s_SYNC_FROM: is %q, want a day such as 2026-01-31", prefix, m.SyncFrom))
	}
	for _, id := range m.Stores {
		if id < 0 {
			problems = append(problems, fmt.Sprintf("%s_STORES: has %d, want store_ids such as 1,2", prefix, id))
		}
	}
	problems = append(problems, between(prefix+"_PAGE_SIZE", m.PageSize, 1, 300)...)
	problems = append(problems, positive(prefix+"_TIMEOUT", m.Timeout)...)
	problems = append(problems, notNegative(prefix+"_OVERLAP", m.Overlap)...)
	problems = append(problems, positive(prefix+"_WRITE_SETTLE", m.WriteSettle)...)
	return append(problems, notNegative(prefix+"_SETTLE", m.Settle)...)
}

// B1 says how to reach one B1 company and how hard to press it. The names follow those of Magento: B1_…, B1_EU_….
type B1 struct {
	// URL is the Service Layer's root, https://host:50000/b1s/v2.
	URL       string `split_words:"true"`
	CompanyDB string `split_words:"true"`
	User      string `split_words:"true"`
	Password  string `split_words:"true" secret:"PASSWORD"`
	// CAFile is a PEM file with the authority of the server's certificate.
	CAFile string `split_words:"true"`
	// Insecure switches the check of the certificate off. For trials only.
	Insecure bool `split_words:"true" default:"false"`
	// Timeout bounds one call.
	Timeout time.Duration `split_words:"true" default:"60s"`
	// MaxCalls bounds the calls at once, and the orders in hand at once, of one worker process.
	MaxCalls int `split_words:"true" default:"8"`
	// OrdersPerSecond bounds the orders taken up per second over all workers, attempts counted each; 0 for no bound. It bounds
	// no calls: an order is three of them or more.
	OrdersPerSecond float64 `split_words:"true" default:"0"`
	// AlarmAfter is how long B1 must have taken no order before the alarm is raised.
	AlarmAfter time.Duration `split_words:"true" default:"1m"`
	// LedgerTable is a user table of the company, made by `starter b1 prepare`, into which each order is written together
	// with the order itself, so that B1 refuses a second one. Empty: none.
	LedgerTable string `split_words:"true"`
	// SeesAll says that nothing in B1 hides sales orders from the connector's user though it is no superuser: no data ownership, no authorization by branch.
	SeesAll bool `split_words:"true" default:"false"`
	// Settle is how long to wait before looking for an order whose reply was lost, and between looks.
	Settle time.Duration `split_words:"true" default:"10s"`
	// Looks is how often to look and find nothing before such an order is sent again.
	Looks int `split_words:"true" default:"3"`
}

// Client makes the client of the company.
func (b B1) Client() (*sapb1.Client, error) { return b.ClientWith(nil, nil) }

// ClientWith is Client; tell hears how B1 does, and observe is told of each call.
func (b B1) ClientWith(tell func(context.Context, sapb1.Health) error, observe func(ctx context.Context, op string) func(error)) (*sapb1.Client, error) {
	return sapb1.New(sapb1.Settings{URL: b.URL, CompanyDB: b.CompanyDB, User: b.User, Password: b.Password, Timeout: b.Timeout,
		MaxCalls: b.MaxCalls, CAFile: b.CAFile, Insecure: b.Insecure, Tell: tell, Observe: observe})
}

func (b B1) check(prefix string) (problems []string) {
	problems = append(problems, missing(map[string]string{
		prefix + "_URL": b.URL, prefix + "_COMPANY_DB": b.CompanyDB, prefix + "_USER": b.User, prefix + "_PASSWORD": b.Password})...)
	if b.URL == "" {
		b.URL = anyAddress
	}
	if problem := withPassword(prefix, b.URL); problem != "" {
		return append(problems, problem)
	}
	_, err := b.Client()
	problems = append(problems, each(prefix, err)...)
	problems = append(problems, between(prefix+"_MAX_CALLS", b.MaxCalls, 1, 200)...)
	problems = append(problems, between(prefix+"_LOOKS", b.Looks, 1, 20)...)
	problems = append(problems, positive(prefix+"_TIMEOUT", b.Timeout)...)
	problems = append(problems, positive(prefix+"_SETTLE", b.Settle)...)
	if b.LedgerTable != "" && !ledgerPattern.MatchString(b.LedgerTable) {
		problems = append(problems, fmt.Sprintf("%s_LEDGER_TABLE: is %q, want 1 to 19 of A-Z, 0-9 and _, without @ and U_, such as DW_ORDERS", prefix, b.LedgerTable))
	}
	problems = append(problems, positive(prefix+"_ALARM_AFTER", b.AlarmAfter)...)
	if b.OrdersPerSecond < 0 || math.IsNaN(b.OrdersPerSecond) || math.IsInf(b.OrdersPerSecond, 0) {
		problems = append(problems, fmt.Sprintf("%s_ORDERS_PER_SECOND: is %v, want zero or more", prefix, b.OrdersPerSecond))
	}
	return problems
}

// ledgerPattern is the name of a user table: at most 19 characters (UserTablesMD.TableName), in the capitals in which B1 shows it.
var ledgerPattern = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,18}$`)

// RulesFile names the rules of an instance.
type RulesFile struct {
	// File is the path of the rules; RULES_FILE for main, RULES_EU_FILE for eu.
	File string `split_words:"true" default:"rules.example.yaml"`
}

// Load reads and checks the rules, and gives them the company's hooks.
func (f RulesFile) Load() (FileRules, error) {
	text, err := os.ReadFile(f.File)
	if err != nil {
		return FileRules{Name: f.File, Err: err}, err
	}
	rules, err := ParseRules(text)
	if err != nil {
		return FileRules{Name: f.File, Text: string(text), Err: err}, fmt.Errorf("%s:\n    %s", f.File, strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "\n    "))
	}
	return FileRules{Name: f.File, Text: string(text), Rules: rules}, nil
}

// prefix is the name under which an instance's settings stand: MAGENTO for main, MAGENTO_EU for eu.
func prefix(group, instance string) string {
	if instance == "main" {
		return group
	}
	return group + "_" + strings.ToUpper(strings.ReplaceAll(instance, "-", "_"))
}
