package magento_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"datawald/magento"
	"datawald/order"
	"datawald/sandbox/magentosim"
)

const megabyte = 1 << 20

// weighed serves a shop and notes the size of each page that was asked for and of each answer.
type weighed struct {
	shop http.Handler

	mu    sync.Mutex
	pages []int // bytes of the answers to lists of orders
}

func (w *weighed) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	c := &measured{ResponseWriter: out}
	w.shop.ServeHTTP(c, r)
	w.mu.Lock()
	defer w.mu.Unlock()
	if strings.HasSuffix(r.URL.Path, "/orders") {
		w.pages = append(w.pages, c.bytes)
	}
}

type measured struct {
	http.ResponseWriter
	bytes int
}

func (c *measured) Write(b []byte) (int, error) {
	n, err := c.ResponseWriter.Write(b)
	c.bytes += n
	return n, err
}

// heavyShop holds orders of these sizes, one a second, numbered from 1.
func heavyShop(t *testing.T, sizes ...int) *weighed {
	t.Helper()
	shop := newShop(t, magentosim.Config{})
	for n, size := range sizes {
		raw := document(map[string]any{"entity_id": n + 1, "increment_id": fmt.Sprintf("%09d", n+1),
			"updated_at": second(n).Format("2006-01-02 15:04:05"), "customer_note": strings.Repeat("x", size)})
		if err := shop.Add(raw); err != nil {
			t.Fatal(err)
		}
	}
	return &weighed{shop: shop}
}

func repeat(size, times int) []int { return slices.Repeat([]int{size}, times) }

func TestReader_AsksForSmallerPagesOfLargeOrders(t *testing.T) {
	shop := heavyShop(t, repeat(megabyte, 60)...)
	reader := &magento.Reader{Client: newClient(t, magento.Settings{URL: serve(t, shop)}), PageSize: 300}
	read, broken := readPast(t, reader)
	if len(read) != 60 || len(broken) != 0 {
		t.Errorf("read %d orders and %d are broken, want 60 and none", len(read), len(broken))
	}
	tooLarge := 0
	for _, bytes := range shop.pages {
		if bytes > 5*megabyte {
			tooLarge++
		}
	}
	if tooLarge > 2 { // the first page, and one that is a tenth of it: nobody knows what orders weigh before one is seen
		t.Errorf("%d of the answers are larger than 5 MB: %v", tooLarge, shop.pages)
	}
	if len(shop.pages) > 70 { // two for each page of two
		t.Errorf("it took %d lists", len(shop.pages))
	}
}

func TestReader_ReturnsToFullPagesWhenOrdersAreSmall(t *testing.T) {
	shop := heavyShop(t, append(repeat(megabyte, 20), repeat(10, 150)...)...)
	reader := &magento.Reader{Client: newClient(t, magento.Settings{URL: serve(t, shop)}), PageSize: 50}
	if read, _ := readPast(t, reader); len(read) != 170 {
		t.Errorf("read %d orders, want 170", len(read))
	}
	if len(shop.pages) > 40 {
		t.Errorf("it took %d lists: small orders are still read a few at a time", len(shop.pages))
	}
}

func TestReader_AnOrderLargerThanAnAnswerMayBeIsNamedAndPassed(t *testing.T) {
	shop := heavyShop(t, 10, 10, 9*megabyte, 10, 10)
	reader := &magento.Reader{Client: newClient(t, magento.Settings{URL: serve(t, shop)}), PageSize: 100}
	read, broken := readPast(t, reader)
	slices.Sort(read)
	if broken = slices.Compact(broken); !slices.Equal(read, []int64{1, 2, 4, 5}) || !slices.Equal(broken, []int64{3}) {
		t.Errorf("read %v, cannot be shown: %v; want all but 3, and 3", read, broken)
	}
	page, err := reader.Next(t.Context(), order.Cut{UpdatedAt: second(1), EntityID: 2})
	if err != nil || len(page.Documents) == 0 || !strings.Contains(page.Documents[0].Fault, "larger than 8 MB") {
		t.Errorf("the page behind the second order: %v; want it to say why the third is missing", err)
	}
}

func TestFindByIncrementIDs_OfLargeOrders(t *testing.T) {
	client := newClient(t, magento.Settings{URL: serve(t, heavyShop(t, repeat(megabyte, 20)...))})
	var numbers []string
	for n := range 20 {
		numbers = append(numbers, fmt.Sprintf("%09d", n+1))
	}
	found, err := client.FindByIncrementIDs(t.Context(), numbers)
	if err != nil || len(found) != 20 {
		t.Errorf("found %d orders, %v; want 20", len(found), err)
	}
}
