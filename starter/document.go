package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// asDocument is what a reader is told to give.
const asDocument = "give one order as Magento answers GET /rest/V1/orders/{id}"

// readDocument reads a Magento order document from a file, or from in when the name is "-".
func readDocument(name string, in io.Reader) ([]byte, error) {
	var raw []byte
	var err error
	where := name
	if name == "-" {
		where = "standard input"
		raw, err = io.ReadAll(in)
	} else {
		raw, err = os.ReadFile(name)
	}
	if err != nil {
		return nil, badInput("%s; %s, or the key of a staged order such as main:1:000000123", unreadable(where, err), asDocument)
	}
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")) // some editors begin a file with it
	if fault := faultOf(raw); fault != "" {
		return nil, badInput("%s: %s; %s", where, fault, asDocument)
	}
	return raw, nil
}

// unreadable says in words why a file cannot be read.
func unreadable(name string, err error) string {
	why := err
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		why = p.Err
	}
	return fmt.Sprintf("%s: cannot be read: %v", name, why)
}

// faultOf says why the text cannot be an order at all; empty when it may be one. What is wrong inside an order is for
// the conversion to say: such an order is held.
func faultOf(raw []byte) string {
	text := bytes.TrimSpace(raw)
	switch {
	case len(text) == 0:
		return "is empty"
	case bytes.HasPrefix(text, []byte("\xff\xfe")), bytes.HasPrefix(text, []byte("\xfe\xff")):
		return "is UTF-16 text; save it as UTF-8"
	case text[0] == '<':
		return "is a web page or XML, not JSON"
	}
	var members struct {
		Criteria json.RawMessage `json:"search_criteria"`
	}
	err := json.Unmarshal(raw, &members)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return "is not JSON: " + syntaxFault(raw, syntax)
	}
	switch {
	case text[0] != '{':
		return "is JSON, but not an object"
	case members.Criteria != nil:
		return "is a list of orders; take one out of its items"
	}
	return ""
}

// syntaxFault says where the text stops being JSON.
func syntaxFault(raw []byte, fault *json.SyntaxError) string {
	line, column := position(raw, fault.Offset)
	if fault.Offset >= int64(len(raw)) && !bytes.HasSuffix(bytes.TrimSpace(raw), []byte("}")) {
		return fmt.Sprintf("it breaks off at line %d, column %d", line, column)
	}
	return fmt.Sprintf("line %d, column %d: %v", line, column, fault)
}

// position turns the offset of the byte after a fault into line and column, both from 1.
func position(text []byte, offset int64) (line, column int) {
	before := text[:max(0, min(int(offset), len(text))-1)]
	return bytes.Count(before, []byte("\n")) + 1, len(before) - bytes.LastIndexByte(before, '\n')
}
