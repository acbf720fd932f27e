package sapb1

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
)

// entity is a row to be created: the set it goes to, and its body.
type entity struct {
	set  string
	body any
}

// changeSet writes the creations as the only change set of a $batch (Service Layer manual 3.10.5), for B1 to carry out
// together or not at all. Each has a Content-ID: without one version 4 refuses the batch, and it must be unique (B1SLayer
// issues 8 and 81). The boundaries are random and longer than any line of a body could hold by chance.
func changeSet(root string, creations []entity) (contentType string, body []byte, err error) {
	var b bytes.Buffer
	outer, inner := "batch_"+rand.Text(), "changeset_"+rand.Text()
	fmt.Fprintf(&b, "--%s\r\nContent-Type: multipart/mixed;boundary=%s\r\n\r\n", outer, inner)
	for i, e := range creations {
		text, err := json.Marshal(e.body)
		if err != nil {
			return "", nil, err
		}
		fmt.Fprintf(&b, "--%s\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: %d\r\n\r\n", inner, i+1)
		fmt.Fprintf(&b, "POST %s/%s\r\nContent-Type: application/json\r\n\r\n%s\r\n", root, e.set, text)
	}
	fmt.Fprintf(&b, "--%s--\r\n--%s--\r\n", inner, outer)
	return "multipart/mixed;boundary=" + outer, b.Bytes(), nil
}

// batchRoot is the root by which the requests inside a batch are addressed: B1 reads them itself, so that whatever a proxy
// puts in front of /b1s is left out.
func batchRoot(base string) string {
	if at := strings.LastIndex(base, "/b1s/"); at >= 0 {
		return base[at:]
	}
	_, host, _ := strings.Cut(base, "://")
	_, path, _ := strings.Cut(host, "/")
	return strings.TrimSuffix("/"+path, "/")
}

// partAnswer is the answer to one request of a batch.
type partAnswer struct {
	id     string // Content-ID, where the answer repeats it
	status int
	header http.Header
	body   []byte
}

// setAnswer is what a batch of one change set was answered.
type setAnswer struct {
	// done are the answers of a change set that was carried out, in its order.
	done []partAnswer
	// failed answers one that was not: a single plain part in place of the nested ones (manual 3.10.6).
	failed *partAnswer
}

// readSetAnswer reads the answer to a batch of one change set. What does not look as the manual has it is an error, and the
// outcome unknown.
func readSetAnswer(contentType string, body []byte) (*setAnswer, error) {
	parts, err := readParts(contentType, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if len(parts) != 1 {
		return nil, fmt.Errorf("the answer to one change set has %d parts", len(parts))
	}
	if kind := parts[0].header.Get("Content-Type"); strings.HasPrefix(kind, "multipart/") {
		return readDone(kind, parts[0].body)
	}
	answer, err := readPart(parts[0])
	if err != nil {
		return nil, err
	}
	if answer.status < 300 {
		return nil, fmt.Errorf("the change set is answered by one part with HTTP %d", answer.status)
	}
	return &setAnswer{failed: answer}, nil
}

// readDone reads the nested answers of a change set that was carried out.
func readDone(contentType string, body []byte) (*setAnswer, error) {
	parts, err := readParts(contentType, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	all := &setAnswer{}
	for _, part := range parts {
		answer, err := readPart(part)
		if err != nil {
			return nil, err
		}
		all.done = append(all.done, *answer)
	}
	return all, nil
}

// rawPart is one part of a multipart body.
type rawPart struct {
	header textproto.MIMEHeader
	body   []byte
}

// readParts cuts a multipart body. One without its closing boundary was cut off on the way.
func readParts(contentType string, body io.Reader) (parts []rawPart, err error) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || !strings.HasPrefix(kind, "multipart/") || params["boundary"] == "" {
		return nil, fmt.Errorf("the answer is of type %q, not multipart", contentType)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	// An answer that was cut off within the head of a part ends for the reader as a whole one does.
	if !bytes.Contains(append([]byte("\n"), text...), []byte("\n--"+params["boundary"]+"--")) {
		return nil, io.ErrUnexpectedEOF
	}
	reader := multipart.NewReader(bytes.NewReader(text), params["boundary"])
	for {
		part, err := reader.NextRawPart()
		if err == io.EOF { //nolint:errorlint // an EOF that is wrapped is one at the wrong place, and no end
			return parts, nil
		}
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return nil, err
		}
		parts = append(parts, rawPart{part.Header, content})
	}
}

// readPart reads an application/http part: status line, headers, body. Its Content-Length is not relied upon: the part has
// an end of its own.
func readPart(p rawPart) (*partAnswer, error) {
	reader := textproto.NewReader(bufio.NewReader(bytes.NewReader(p.body)))
	line, err := reader.ReadLine()
	if err != nil {
		return nil, err
	}
	answer := &partAnswer{id: p.header.Get("Content-ID")}
	if _, err := fmt.Sscanf(line, "HTTP/1.1 %d", &answer.status); err != nil {
		return nil, fmt.Errorf("a part does not begin with a status line")
	}
	header, err := reader.ReadMIMEHeader()
	if err != nil && !errors.Is(err, io.EOF) { // a part without a body may lack the empty line
		return nil, err
	}
	answer.header = http.Header(header)
	answer.body, err = io.ReadAll(reader.R)
	answer.body = bytes.TrimSpace(answer.body)
	return answer, err
}
