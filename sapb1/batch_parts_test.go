package sapb1

import (
	"strings"
	"testing"
)

// An answer that was cut off on the way is an error wherever the cut is: what it lacks may have been written in B1. Fails without: the
// closing boundary in readParts (an answer that ends within the head of a part counts as whole).
func TestReadParts_ACutAnswerIsNotWhole(t *testing.T) {
	whole := "--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{}\r\n--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 201 Created\r\n\r\n{}\r\n--b--\r\n"
	kind := "multipart/mixed; boundary=b"
	if parts, err := readParts(kind, strings.NewReader(whole)); err != nil || len(parts) != 2 {
		t.Fatalf("the whole has %d parts (%v)", len(parts), err)
	}
	closing := strings.Index(whole, "--b--")
	for n := range closing + len("--b-") {
		if parts, err := readParts(kind, strings.NewReader(whole[:n])); err == nil {
			t.Errorf("cut after %d bytes it counts as whole, with %d parts: %q", n, len(parts), whole[:n])
		}
	}
}
