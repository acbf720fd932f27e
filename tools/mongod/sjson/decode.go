package sjson

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Decode makes BSON of a document's text, of the fields that the projection keeps.
func Decode(text []byte, projection Projection) (bson.Raw, error) {
	d := decoder{values: scanner{text: text}}
	d.values.expect(`{"$s":`)
	d.schema.text = d.values.text
	d.values.skip()

	kept := make([][]byte, 0, 8)
	d.members(func(name []byte) bool { return projection.keeps(string(name)) }, func(element []byte) {
		kept = append(kept, element)
	}, true)
	if err := d.failed(); err != nil {
		return nil, err
	}
	if len(d.values.text) != 0 {
		return nil, errUnknown
	}
	return projection.document(kept), nil
}

// decoder reads the schema and the values side by side: FerretDB writes both in the order of the fields.
type decoder struct {
	schema, values scanner
}

func (d *decoder) failed() error {
	if d.schema.err != nil {
		return d.schema.err
	}
	return d.values.err
}

// members reads the fields of a document and gives each that is wanted as a BSON element. Those of the top level come after
// the schema, in an object that is open already.
func (d *decoder) members(wanted func(name []byte) bool, give func(element []byte), top bool) {
	if !top {
		d.values.expect("{")
	}
	if d.schema.take("{}") {
		d.values.expect("}")
		return
	}
	d.schema.expect(`{"p":{`)
	for first := true; d.failed() == nil && !d.schema.take("}"); first = false {
		if !first {
			d.schema.expect(",")
		}
		if !first || top {
			d.values.expect(",")
		}
		d.member(wanted, give)
	}
	d.schema.expect(`,"$k":`)
	d.schema.skip()
	d.schema.expect("}")
	d.values.expect("}")
}

func (d *decoder) member(wanted func(name []byte) bool, give func(element []byte)) {
	name, same := d.schema.stringValue(), d.values.stringValue()
	d.schema.expect(":")
	d.values.expect(":")
	if !bytes.Equal(name, same) || bytes.IndexByte(name, 0) >= 0 {
		d.schema.fail()
		return
	}
	if wanted != nil && !wanted(name) {
		d.schema.skip()
		d.values.skip()
		return
	}
	give(d.element(nil, name))
}

// element appends one BSON element: type, name, value.
func (d *decoder) element(to, name []byte) []byte {
	at := len(to)
	to = append(append(append(to, 0), name...), 0)
	d.schema.expect(`{"t":`)
	kind, _ := d.schema.rawString()
	if d.values.take("null") { // whatever the schema says, as FerretDB has it
		to[at] = byte(bson.TypeNull)
		for d.schema.err == nil && !d.schema.take("}") {
			d.schema.expect(",")
			d.schema.stringValue()
			d.schema.expect(":")
			d.schema.skip()
		}
		return to
	}
	to, t := d.value(to, string(kind))
	to[at] = byte(t)
	d.schema.expect("}")
	return to
}

// value appends a value of the kind that the schema names.
func (d *decoder) value(to []byte, kind string) ([]byte, bson.Type) {
	switch kind {
	case String:
		return appendString(to, d.values.stringValue()), bson.TypeString
	case "object":
		d.schema.expect(`,"$s":`)
		return d.document(to), bson.TypeEmbeddedDocument
	case Array:
		return d.array(to), bson.TypeArray
	case Int:
		return binary.LittleEndian.AppendUint32(to, uint32(d.integer(32))), bson.TypeInt32
	case Long:
		return binary.LittleEndian.AppendUint64(to, uint64(d.integer(64))), bson.TypeInt64
	case Date:
		return binary.LittleEndian.AppendUint64(to, uint64(d.integer(64))), bson.TypeDateTime
	case Bool:
		return append(to, d.boolean()), bson.TypeBoolean
	case Double:
		f, err := strconv.ParseFloat(d.values.number(), 64)
		d.check(err)
		return binary.LittleEndian.AppendUint64(to, math.Float64bits(f)), bson.TypeDouble
	case "timestamp":
		n, err := strconv.ParseUint(d.values.number(), 10, 64)
		d.check(err)
		return binary.LittleEndian.AppendUint64(to, n), bson.TypeTimestamp
	case ObjectID:
		return d.objectID(to), bson.TypeObjectID
	case "binData":
		return d.binary(to), bson.TypeBinary
	case "regex":
		return d.regex(to), bson.TypeRegex
	}
	d.schema.fail()
	return to, 0
}

func (d *decoder) check(err error) {
	if err != nil {
		d.values.fail()
	}
}

func (d *decoder) integer(bits int) int64 {
	n, err := strconv.ParseInt(d.values.number(), 10, bits)
	d.check(err)
	return n
}

func (d *decoder) boolean() byte {
	if d.values.take("true") {
		return 1
	}
	d.values.expect("false")
	return 0
}

// document appends an embedded document: its size, its elements, a zero.
func (d *decoder) document(to []byte) []byte {
	at := len(to)
	to = append(to, 0, 0, 0, 0)
	d.members(nil, func(element []byte) { to = append(to, element...) }, false)
	return closeDocument(to, at)
}

// array appends an array: a document whose names are the places.
func (d *decoder) array(to []byte) []byte {
	at := len(to)
	to = append(to, 0, 0, 0, 0)
	d.schema.expect(`,"i":[`)
	d.values.expect("[")
	for n := 0; d.failed() == nil && !d.schema.take("]"); n++ {
		if n > 0 {
			d.schema.expect(",")
			d.values.expect(",")
		}
		to = d.element(to, strconv.AppendInt(nil, int64(n), 10))
	}
	d.values.expect("]")
	return closeDocument(to, at)
}

func (d *decoder) objectID(to []byte) []byte {
	id, err := hex.AppendDecode(nil, d.values.stringValue())
	if err != nil || len(id) != 12 {
		d.values.fail()
	}
	return append(to, id...)
}

func (d *decoder) binary(to []byte) []byte {
	content, err := base64.StdEncoding.AppendDecode(nil, d.values.stringValue())
	d.check(err)
	d.schema.expect(`,"s":`)
	subtype, err := strconv.ParseUint(d.schema.number(), 10, 8)
	d.check(err)
	if byte(subtype) == bson.TypeBinaryBinaryOld { // its content has a length of its own
		d.values.fail()
	}
	to = binary.LittleEndian.AppendUint32(to, uint32(len(content)))
	return append(append(to, byte(subtype)), content...)
}

func (d *decoder) regex(to []byte) []byte {
	pattern := d.values.stringValue()
	d.schema.expect(`,"o":`)
	options := d.schema.stringValue()
	if bytes.IndexByte(pattern, 0) >= 0 || bytes.IndexByte(options, 0) >= 0 {
		d.values.fail()
	}
	return append(append(append(append(to, pattern...), 0), options...), 0)
}

func appendString(to, value []byte) []byte {
	to = binary.LittleEndian.AppendUint32(to, uint32(len(value)+1))
	return append(append(to, value...), 0)
}

func closeDocument(to []byte, at int) []byte {
	to = append(to, 0)
	binary.LittleEndian.PutUint32(to[at:], uint32(len(to)-at))
	return to
}
