package b1sim

import (
	"time"

	"github.com/shopspring/decimal"
)

// withDefaults fills what the caller left out, so that a demo needs nothing but item codes.
func (cfg Config) withDefaults() Config {
	cfg.defaultService()
	cfg.defaultMoney()
	cfg.defaultMasterData()
	return cfg
}

func (cfg *Config) defaultService() {
	orElse(&cfg.CompanyDB, "SBODEMOUS")
	orElse(&cfg.User, "manager")
	orElse(&cfg.Password, "sandbox")
	orElse(&cfg.Language, "en")
	orElse(&cfg.SessionTimeout, 30*time.Minute)
	orElse(&cfg.PageSize, 20)
	orElse(&cfg.KeepAlive, 5*time.Second)
	orElse(&cfg.KeepAliveMax, 100)
	orElse(&cfg.Seed, 1)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
}

func (cfg *Config) defaultMoney() {
	orElse(&cfg.LocalCurrency, "USD")
	orElse(&cfg.PriceDecimals, 6)
	orElse(&cfg.PercentDecimals, 6)
	orElse(&cfg.TaxRounding, TaxByDocument)
	orElse(&cfg.NegativeLines, NegativeQuantity)
	if cfg.Rates == nil {
		cfg.Rates = decimals(map[string]string{
			"EUR": "1.08", "GBP": "1.27", "BHD": "2.65", "TWD": "0.031", "JPY": "0.0067", "CAD": "0.73", "AUD": "0.66",
		})
	}
	if cfg.SumDecimals == nil {
		cfg.SumDecimals = map[string]int32{"JPY": 0, "BHD": 3}
	}
}

func (cfg *Config) defaultMasterData() {
	if cfg.Partners == nil {
		cfg.Partners = []Partner{
			{Code: "C-WEB", Name: "Web shop customer"},
			{Code: "C-WEB-EU", Name: "Web shop customer EU"},
			{Code: "C-WEB-UK", Name: "Web shop customer UK"},
			{Code: "C-WEB-APAC", Name: "Web shop customer Asia-Pacific"},
			{Code: "S-PAPER", Name: "Paper supplier", Supplier: true},
		}
	}
	if cfg.TaxCodes == nil {
		cfg.TaxCodes = decimals(map[string]string{"Exempt": "0", "CA825": "8.25", "NY8875": "8.875", "TX825": "8.25"})
	}
	if cfg.VatGroups == nil {
		cfg.VatGroups = decimals(map[string]string{"A0": "0", "A1": "19", "A2": "7"})
	}
	if cfg.Expenses == nil {
		cfg.Expenses = []Expense{{Code: 1, Name: "Freight"}, {Code: 2, Name: "Surcharge"}, {Code: 3, Name: "Rounding"}}
	}
	if cfg.ShippingTypes == nil {
		cfg.ShippingTypes = map[int]string{1: "Ground", 2: "Express", 3: "Store pickup"}
	}
	if cfg.PaymentTerms == nil {
		cfg.PaymentTerms = map[int]string{-1: "Cash basic", 1: "Net 30", 2: "Prepaid"}
	}
	if cfg.SalesPersons == nil {
		cfg.SalesPersons = map[int]string{-1: "No sales employee", 1: "Web shop"}
	}
	if cfg.PaymentMethods == nil {
		cfg.PaymentMethods = map[string]string{
			"Incoming BT": "Bank transfer", "Incoming CC": "Credit card", "Incoming CHK": "Check", "Incoming COD": "Cash on delivery",
		}
	}
	if cfg.Warehouses == nil {
		cfg.Warehouses = map[string]string{"01": "General warehouse", "02": "Web warehouse"}
	}
	if cfg.PartnerGroups == nil {
		cfg.PartnerGroups = map[int]string{100: "Customers"}
	}
	if cfg.PriceLists == nil {
		cfg.PriceLists = map[int]string{1: "Base Price"}
	}
	if cfg.Series == nil {
		cfg.Series = []int{8}
	}
}

// orElse sets a field that was left at its zero value.
func orElse[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// decimals reads a table of numbers written in this package.
func decimals(texts map[string]string) map[string]decimal.Decimal {
	out := make(map[string]decimal.Decimal, len(texts))
	for key, text := range texts {
		out[key] = decimal.RequireFromString(text)
	}
	return out
}
