package mapping_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// problems says what of a body B1 would not take as it is meant. userFields are the user-defined fields that the rules
// name.
func (s schema) problems(typeName string, body any, userFields []string) []string {
	text, err := json.Marshal(body)
	if err != nil {
		return []string{err.Error()}
	}
	var value any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		return []string{err.Error()}
	}
	c := metadataCheck{schema: s, userFields: userFields}
	c.object(typeName, typeName, value)
	return c.found
}

type metadataCheck struct {
	schema
	userFields []string
	found      []string
}

func (c *metadataCheck) bad(at, format string, args ...any) {
	c.found = append(c.found, at+" "+fmt.Sprintf(format, args...))
}

func (c *metadataCheck) object(at, typeName string, value any) {
	members, ok := value.(map[string]any)
	if !ok {
		c.bad(at, "is %T, want an object", value)
		return
	}
	for name, v := range members {
		here := at + "." + name
		p, known := c.types[typeName][name]
		switch {
		case strings.HasPrefix(name, "U_"):
			if !slices.Contains(c.userFields, name) {
				c.bad(here, "is a user-defined field that the rules do not name")
			}
		case !known:
			c.bad(here, "does not exist")
		case !p.Writable:
			c.bad(here, "is not writable")
		case slices.Contains(figuresOfB1[typeName], name):
			c.bad(here, "is a figure that B1 computes")
		default:
			c.value(here, p.Type, v)
		}
	}
}

var (
	wholePattern = regexp.MustCompile(`^-?\d+$`)
	collection   = regexp.MustCompile(`^Collection\((.*)\)$`)
)

func (c *metadataCheck) value(at, typeName string, v any) {
	number, isNumber := v.(json.Number)
	text, isText := v.(string)
	_, isDay := time.Parse(time.DateOnly, text)
	if of := collection.FindStringSubmatch(typeName); of != nil {
		list, ok := v.([]any)
		if !ok {
			c.bad(at, "is %T, want a list", v)
		}
		for i, e := range list {
			c.object(fmt.Sprintf("%s[%d]", at, i), of[1], e)
		}
		return
	}
	if c.types[typeName] != nil {
		c.object(at, typeName, v)
		return
	}
	sound := false
	switch typeName {
	case "Edm.String":
		sound = isText
	case "Edm.Double":
		sound = isNumber
	case "Edm.Int32":
		sound = isNumber && wholePattern.MatchString(number.String())
	case "Edm.DateTime":
		sound = isText && isDay == nil
	default: // an enumeration; of some the members are not known
		members := c.members[typeName]
		sound = isText && (len(members) == 0 || slices.Contains(members, text))
	}
	if !sound {
		c.bad(at, "is %T, which is no %s", v, typeName)
	}
}
