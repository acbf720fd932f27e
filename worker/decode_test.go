package main

import (
	"encoding/base64"
	"strings"
)

// decode writes all strings below v, and what they hold when they are base64: Temporal's payloads are.
func decode(to *strings.Builder, v any) {
	switch x := v.(type) {
	case map[string]any:
		for k, item := range x {
			to.WriteString(k + "\n")
			decode(to, item)
		}
	case []any:
		for _, item := range x {
			decode(to, item)
		}
	case string:
		to.WriteString(x + "\n")
		if b, err := base64.StdEncoding.DecodeString(x); err == nil {
			to.WriteString(string(b) + "\n")
		}
	}
}
