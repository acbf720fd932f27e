package mapping

// Source is the Magento order as it was received, for expressions and hooks: any path can be read. A nil Source is an order
// of which nothing is known but what order.Order holds.
type Source struct {
	raw []byte
}

// NewSource takes a Magento document; it is read when something asks for it.
func NewSource(document []byte) *Source { return &Source{raw: document} }
