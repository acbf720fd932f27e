package order_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"datawald/order"
)

// filled is an order in which no field is empty.
func filled() *order.Order {
	o := &order.Order{}
	fill(reflect.ValueOf(o).Elem(), 1)
	return o
}

// fill gives every field below v a value that follows from n.
func fill(v reflect.Value, n int) {
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		*x = time.Date(2026, 11, n, 10, 0, 0, 0, time.UTC)
		return
	case *decimal.Decimal:
		*x = decimal.New(int64(n), -2)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), n)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.String:
		v.SetString(fmt.Sprint("text ", n))
	case reflect.Int64:
		v.SetInt(int64(n))
	case reflect.Bool:
		v.SetBool(n%2 == 1)
	default:
		panic("no value for " + v.Type().String())
	}
}

// leaves lists the paths of all single values of v: Totals.Tax, Lines.Price.
func leaves(v reflect.Value, path string) []string {
	switch {
	case v.Type() == reflect.TypeFor[time.Time](), v.Type() == reflect.TypeFor[decimal.Decimal]():
		return []string{path}
	case v.Kind() == reflect.Pointer:
		return leaves(v.Elem(), path)
	case v.Kind() == reflect.Slice:
		return leaves(v.Index(0), path)
	case v.Kind() == reflect.Struct:
		var all []string
		for i := range v.NumField() {
			all = append(all, leaves(v.Field(i), strings.TrimPrefix(path+"."+v.Type().Field(i).Name, "."))...)
		}
		return all
	}
	return []string{path}
}

// at finds the value of a path.
func at(o *order.Order, path string) reflect.Value {
	v := reflect.ValueOf(o).Elem()
	open := func() {
		for v.Kind() == reflect.Pointer || v.Kind() == reflect.Slice {
			if v.Kind() == reflect.Slice {
				v = v.Index(0)
				continue
			}
			v = v.Elem()
		}
	}
	for name := range strings.SplitSeq(path, ".") {
		open()
		v = v.FieldByName(name)
	}
	open()
	return v
}

// volatile changes by itself while goods and money stay the same.
var volatile = []string{"State", "Status", "UpdatedAt", "Totals.Paid", "Totals.Authorized", "Totals.Refunded", "Totals.Canceled",
	"Lines.QtyCanceled", "Lines.QtyRefunded", "Base.Totals.Paid", "Base.Totals.Authorized", "Base.Totals.Refunded", "Base.Totals.Canceled",
	"Totals.ShippingCanceled", "Totals.ShippingRefunded", "Base.Totals.ShippingCanceled", "Base.Totals.ShippingRefunded",
	"Lines.RowTotal", "Lines.RowTotalInclTax", "Base.Lines.RowTotal", "Base.Lines.RowTotalInclTax"}

func TestContentHash_ChangesWithEachThingThatB1IsTold(t *testing.T) {
	before := filled().ContentHash()
	all := leaves(reflect.ValueOf(filled()).Elem(), "")
	for _, path := range volatile {
		if !slices.Contains(all, path) {
			t.Errorf("there is no %s", path)
		}
	}
	for _, path := range all {
		o := filled()
		fill(at(o, path), 2)
		changed := o.ContentHash() != before
		if want := !slices.Contains(volatile, path); changed != want {
			t.Errorf("another %s: the hash changes: %t, want %t", path, changed, want)
		}
	}
}

func TestContentHash_ChangesWithTheNumberAndOrderOfLines(t *testing.T) {
	o := filled()
	second := o.Lines[0]
	second.SKU = "second"
	o.Lines = append(o.Lines, second)
	hashes := map[string]string{filled().ContentHash(): "one line", o.ContentHash(): "two lines"}
	slices.Reverse(o.Lines)
	hashes[o.ContentHash()] = "two lines turned round"
	o.Lines = nil
	hashes[o.ContentHash()] = "no line"
	o = filled()
	o.Shipping = nil
	hashes[o.ContentHash()] = "no shipping address"
	if len(hashes) != 5 {
		t.Errorf("only %d different hashes of 5 different orders: %v", len(hashes), hashes)
	}
}

func TestContentHash_IsTheSameForTheSameValues(t *testing.T) {
	before := filled().ContentHash()
	if len(before) != 37 {
		t.Errorf("hash %q has %d digits, want 37: the form and 32 of the content", before, len(before))
	}

	stored, err := json.Marshal(filled())
	if err != nil {
		t.Fatal(err)
	}
	var read order.Order
	if err := json.Unmarshal(stored, &read); err != nil {
		t.Fatal(err)
	}
	if read.ContentHash() != before {
		t.Error("the hash changes when the order is written and read")
	}

	o := filled()
	o.Totals.Grand = num("0.0100")
	o.CreatedAt = o.CreatedAt.In(time.FixedZone("east", 3600))
	if o.ContentHash() != before {
		t.Error("the hash changes with the way an amount or a time is written")
	}
}

func TestContentHash_LeavesTheOrderAlone(t *testing.T) {
	o := filled()
	o.ContentHash()
	if !reflect.DeepEqual(o, filled()) {
		t.Errorf("after hashing the order is %+v", o)
	}
}

func TestOrder_DestinationIsWhereTheGoodsGo(t *testing.T) {
	o := &order.Order{Currency: "EUR", Billing: order.Address{City: "Bonn"}, Totals: order.Totals{Grand: num("7.5")}}
	if got := o.Destination().City; got != "Bonn" {
		t.Errorf("virtual goods go to %q, want the billing address", got)
	}
	o.Shipping = &order.Address{City: "Ulm"}
	if got := o.Destination().City; got != "Ulm" {
		t.Errorf("goods go to %q, want the shipping address", got)
	}
	if got := o.Total().String(); got != "7.50 EUR" {
		t.Errorf("total is %s", got)
	}
}
