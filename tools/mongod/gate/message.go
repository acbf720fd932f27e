package gate

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	headerSize = 16
	// maxMessage is MongoDB's limit (48,000,000 bytes) and some room for the header.
	maxMessage = 48_000_000 + 1024

	opMsg = 2013

	flagChecksum = 1 << 0
	// flagMoreToCome in a request tells the server to send no reply.
	flagMoreToCome = 1 << 1
)

// message is one wire message, header included. The header is four little-endian int32: length, request ID, the ID that
// a reply answers, and the operation code.
type message []byte

func (m message) opCode() int32 { return int32(binary.LittleEndian.Uint32(m[12:])) }

// isCommand says whether m has the layout of OP_MSG, the only one that carries commands other than the first greeting.
func (m message) isCommand() bool {
	return m.opCode() == opMsg && len(m) >= headerSize+5
}

func (m message) flags() uint32 { return binary.LittleEndian.Uint32(m[headerSize:]) }

func (m message) setFlags(flags uint32) { binary.LittleEndian.PutUint32(m[headerSize:], flags) }

// sections returns what follows the flags, without the optional checksum.
func (m message) sections() []byte {
	end := len(m)
	if m.flags()&flagChecksum != 0 {
		end -= 4
	}
	return m[headerSize+4 : max(end, headerSize+4)]
}

// newRequest makes an OP_MSG of sections.
func newRequest(requestID uint32, sections []byte) message {
	m := make(message, headerSize+4, headerSize+4+len(sections))
	binary.LittleEndian.PutUint32(m[0:], uint32(headerSize+4+len(sections)))
	binary.LittleEndian.PutUint32(m[4:], requestID)
	binary.LittleEndian.PutUint32(m[12:], opMsg)
	return append(m, sections...)
}

// newReply makes an OP_MSG that answers a request with a document.
func newReply(requestID uint32, body []byte) message {
	m := newRequest(0, append([]byte{0}, body...))
	binary.LittleEndian.PutUint32(m[8:], requestID)
	return m
}

func (m message) requestID() uint32 { return binary.LittleEndian.Uint32(m[4:]) }

// readMessage reads one message. io.EOF means that the other side ended the connection between two messages.
func readMessage(r io.Reader) (message, error) {
	var header [headerSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, err
	}

	size := int(int32(binary.LittleEndian.Uint32(header[:])))
	if size < headerSize || size > maxMessage {
		return nil, fmt.Errorf("a message of %d bytes: this is not the MongoDB wire protocol", size)
	}

	m := make(message, size)
	copy(m, header[:])
	if _, err := io.ReadFull(r, m[headerSize:]); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("read a message of %d bytes: %w", size, err)
	}
	return m, nil
}
