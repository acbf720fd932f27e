package api

import (
	"encoding/base64"
	"encoding/json"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"datawald/order"
	"datawald/store"
)

// stateParam is an order's state as a parameter.
type stateParam string

// Schema lists the states, so that the document and the check always agree with package order.
func (stateParam) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, st := range order.Statuses() {
		s.Enum = append(s.Enum, string(st))
	}
	return s
}

// writeBackParam is how far Magento was told of an order, as a parameter.
type writeBackParam string

// Schema lists the states of package store.
func (writeBackParam) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, st := range store.WriteBackStates() {
		s.Enum = append(s.Enum, string(st))
	}
	return s
}

// optional is a parameter whose absence is not its zero value.
type optional[T any] struct {
	Value T
	Set   bool
}

// Schema is that of the value.
func (o optional[T]) Schema(r huma.Registry) *huma.Schema {
	return huma.SchemaFromType(r, reflect.TypeFor[T]())
}

// Receiver is where huma puts the value.
func (o *optional[T]) Receiver() reflect.Value { return reflect.ValueOf(o).Elem().Field(0) }

// OnParamSet hears from huma whether there was one.
func (o *optional[T]) OnParamSet(isSet bool, _ any) { o.Set = isSet }

// cursor is the wire form of a place in a list of orders. Callers hand it back as it is.
type cursor struct {
	PlacedAt time.Time `json:"t"`
	Key      string    `json:"k"`
}

func encodeCursor(last store.Staged) string {
	text, err := json.Marshal(cursor{PlacedAt: last.PlacedAt.UTC(), Key: string(last.Key)})
	if err != nil {
		panic(err) // a time of the store and a string can be written
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func decodeCursor(text string) (*store.Position, error) { return cursorAt("query.cursor", text) }

// cursorAt reads one back; location is where it stands in the request.
func cursorAt(location, text string) (*store.Position, error) {
	var c cursor
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(raw, &c)
	}
	key, keyErr := order.ParseKey(c.Key)
	if err != nil || keyErr != nil {
		return nil, invalid(location, "is not one of this list; leave it out to begin with the newest order")
	}
	return &store.Position{PlacedAt: c.PlacedAt, Key: key}, nil
}
