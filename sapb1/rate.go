package sapb1

import (
	"context"
	"errors"
)

// HasRate reports whether B1 knows the exchange rate of a currency on a day (SBOBobService_GetCurrencyRate).
func (c *Client) HasRate(ctx context.Context, currency string, on Date) (bool, error) {
	return false, errors.New("sapb1: HasRate: being built")
}
