package b1sim

import "github.com/shopspring/decimal"

// sheet is the arithmetic of one document. Everything in it is in document currency; amounts are computed here from
// quantities and prices, never taken from the caller, with two exceptions that are B1's own: a line total without a
// price, and a document total, from which B1 solves the header discount backwards.
type sheet struct {
	decimals int32 // of amounts in document currency
	lines    []sheetLine
	charges  []sheetCharge
	discount decimal.Decimal     // header discount in per cent
	total    decimal.NullDecimal // document total sent by the caller, if any
	rounding decimal.Decimal     // rounding difference added to the total

	discountSum decimal.Decimal // results
	tax         decimal.Decimal
	grand       decimal.Decimal
}

// sheetLine is a document line.
type sheetLine struct {
	net     decimal.Decimal // line total
	taxCode string
	rate    decimal.Decimal // tax in per cent
	tax     decimal.Decimal // result
}

// sheetCharge is an additional expense. It is taxed by its own code, and no header discount touches it.
type sheetCharge struct {
	net  decimal.Decimal
	rate decimal.Decimal
	tax  decimal.Decimal // result
}

// compute fills the results.
func (s *sheet) compute(m money) error {
	for i := range s.charges {
		s.charges[i].tax = s.charges[i].net.Mul(share(s.charges[i].rate)).Round(s.decimals)
	}
	s.sum(m)
	if s.total.Valid && !s.total.Decimal.Equal(s.grand) {
		s.discount = s.solveDiscount().Round(m.percent)
		s.sum(m)
	}
	return s.check()
}

// sum adds the document up at the present header discount.
func (s *sheet) sum(m money) {
	s.taxLines(m)
	s.discountSum = s.netSum().Mul(share(s.discount)).Round(s.decimals)
	s.tax = decimal.Zero
	for _, line := range s.lines {
		s.tax = s.tax.Add(line.tax)
	}
	s.grand = s.netSum().Sub(s.discountSum).Add(s.rounding)
	for _, charge := range s.charges {
		s.tax = s.tax.Add(charge.tax)
		s.grand = s.grand.Add(charge.net)
	}
	s.grand = s.grand.Add(s.tax)
}

func (s *sheet) netSum() decimal.Decimal {
	sum := decimal.Zero
	for _, line := range s.lines {
		sum = sum.Add(line.net)
	}
	return sum
}

// solveDiscount returns the header discount at which the document comes to the total that was sent. A real order with
// lines of 4000.00 and a DocTotal of 4147.27 came out with a discount of -3.68175 %.
func (s *sheet) solveDiscount() decimal.Decimal {
	target, gross := s.total.Decimal.Sub(s.rounding), decimal.Zero
	for _, charge := range s.charges {
		target = target.Sub(charge.net).Sub(charge.tax)
	}
	for _, line := range s.lines {
		gross = gross.Add(line.net.Mul(plus(line.rate)))
	}
	if gross.IsZero() {
		return s.discount
	}
	return hundred.Sub(quotient(target.Mul(hundred), gross))
}

// check refuses contradictory amounts, as SAP KBA 3697554 lists them.
func (s *sheet) check() error {
	switch {
	case s.discount.GreaterThanOrEqual(hundred):
		return fail(codeDI, msgDiscount).at("[ORDR.DiscPrcnt]")
	case s.tax.IsNegative():
		return fail(codeDI, msgNegativeTax).at("[ORDR.VatSum]")
	case s.grand.IsNegative():
		return fail(codeDI, msgNegativeSum).at("[ORDR.DocTotal]")
	}
	return nil
}
