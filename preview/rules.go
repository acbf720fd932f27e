package preview

import "datawald/mapping"

// ParseRules reads a rules file to be tried, with whatever a company adds to its rules in Go. Its error is of type
// mapping.Problems.
func ParseRules(text []byte) (*mapping.Rules, error) { return mapping.ParseRules(text) }
