package store

import (
	"fmt"
	"reflect"

	"github.com/shopspring/decimal"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// registry stores decimals as text: exact, readable, and the same on every server (the embedded store has no Decimal128).
func registry() *bson.Registry {
	r := bson.NewRegistry()
	t := reflect.TypeFor[decimal.Decimal]()
	r.RegisterTypeEncoder(t, bson.ValueEncoderFunc(func(_ bson.EncodeContext, w bson.ValueWriter, v reflect.Value) error {
		return w.WriteString(v.Interface().(decimal.Decimal).String())
	}))
	r.RegisterTypeDecoder(t, bson.ValueDecoderFunc(func(_ bson.DecodeContext, rd bson.ValueReader, v reflect.Value) error {
		if rd.Type() != bson.TypeString {
			return fmt.Errorf("decimal stored as %s, want string", rd.Type())
		}
		text, err := rd.ReadString()
		if err != nil {
			return err
		}
		d, err := decimal.NewFromString(text)
		if err != nil {
			return err
		}
		v.Set(reflect.ValueOf(d))
		return nil
	}))
	return r
}
