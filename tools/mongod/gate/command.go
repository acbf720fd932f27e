package gate

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// command is an OP_MSG taken apart: its body, and the lists of documents that some drivers send beside it.
type command struct {
	name       string
	database   string
	collection string // empty for commands that name none
	body       bson.Raw
	lists      []list
}

// list is a document sequence: what the wire protocol calls a section of kind 1.
type list struct {
	name string
	docs []bson.Raw
}

var errMalformed = errors.New("malformed OP_MSG")

// readOnly lists the commands that change nothing. All others, known or not, are taken for writes.
var readOnly = []string{
	"find", "getMore", "aggregate", "count", "distinct", "explain", "killCursors",
	"hello", "isMaster", "ismaster", "ping", "buildInfo", "buildinfo", "hostInfo", "serverStatus", "getParameter",
	"getCmdLineOpts", "getLog", "getFreeMonitoringStatus", "connectionStatus", "whatsmyuri", "currentOp", "listCommands",
	"listDatabases", "listCollections", "listIndexes", "collStats", "dbStats", "dataSize", "validate",
	"saslStart", "saslContinue", "logout", "endSessions", "usersInfo",
}

// writes says whether the command may change a database.
func (c *command) writes() bool { return !slices.Contains(readOnly, c.name) }

// removes says whether collections may be gone after the command.
func (c *command) removes() bool {
	return c.name == "drop" || c.name == "dropDatabase" || c.name == "renameCollection"
}

// writesDocuments says whether the command changes documents of collections that are there, or makes one by the first document;
// all other writes may change collections and indexes.
func (c *command) writesDocuments() bool {
	return c.name == "insert" || c.name == "update" || c.name == "delete" || c.name == "findAndModify"
}

// parse takes an OP_MSG apart. The parts share the message's memory.
func parse(m message) (*command, error) {
	c := &command{}
	for rest := m.sections(); len(rest) > 0; {
		size, err := c.addSection(rest)
		if err != nil {
			return nil, err
		}
		rest = rest[size:]
	}
	if c.body == nil {
		return nil, errMalformed
	}
	if err := c.readNames(); err != nil {
		return nil, err
	}
	return c, nil
}

// addSection reads the section at the start of b and returns its size.
func (c *command) addSection(b []byte) (int, error) {
	switch kind := b[0]; kind {
	case 0:
		doc, err := leadingDocument(b[1:])
		if err != nil {
			return 0, err
		}
		c.body = doc
		return 1 + len(doc), nil
	case 1:
		return c.addList(b)
	default:
		return 0, errMalformed
	}
}

// addList reads a section of kind 1: its size without the kind byte, a name that ends in NUL, documents.
func (c *command) addList(b []byte) (int, error) {
	if len(b) < 6 {
		return 0, errMalformed
	}
	end := 1 + int(int32(binary.LittleEndian.Uint32(b[1:])))
	if end < 6 || end > len(b) {
		return 0, errMalformed
	}

	name, rest, ok := bytes.Cut(b[5:end], []byte{0})
	if !ok {
		return 0, errMalformed
	}

	l := list{name: string(name)}
	for len(rest) > 0 {
		doc, err := leadingDocument(rest)
		if err != nil {
			return 0, err
		}
		l.docs = append(l.docs, doc)
		rest = rest[len(doc):]
	}
	c.lists = append(c.lists, l)
	return end, nil
}

// leadingDocument returns the BSON document at the start of b.
func leadingDocument(b []byte) (bson.Raw, error) {
	if len(b) < 5 {
		return nil, errMalformed
	}
	size := int(int32(binary.LittleEndian.Uint32(b)))
	if size < 5 || size > len(b) {
		return nil, errMalformed
	}
	return bson.Raw(b[:size]), nil
}

// readNames finds the command's name, which is the body's first key, and what it works on.
func (c *command) readNames() error {
	first, err := c.body.IndexErr(0)
	if err != nil {
		return errMalformed
	}
	c.name = first.Key()
	c.database, _ = c.body.Lookup("$db").StringValueOK()
	c.collection, _ = first.Value().StringValueOK()

	// renameCollection is sent to the admin database and names both sides in full.
	if c.name == "renameCollection" {
		c.database, c.collection, _ = strings.Cut(c.collection, ".")
	}
	return nil
}

// encode puts the command together again.
func (c *command) encode(requestID uint32) message {
	sections := append([]byte{0}, c.body...)
	for _, l := range c.lists {
		sections = append(sections, l.encode()...)
	}
	return newRequest(requestID, sections)
}

func (l list) encode() []byte {
	b := append([]byte{1, 0, 0, 0, 0}, l.name...)
	b = append(b, 0)
	for _, doc := range l.docs {
		b = append(b, doc...)
	}
	binary.LittleEndian.PutUint32(b[1:], uint32(len(b)-1))
	return b
}
