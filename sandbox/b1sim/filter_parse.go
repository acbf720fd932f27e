package b1sim

import "strings"

// filterParser reads a $filter: and, or, not, eq, ne, gt, ge, lt, le, parentheses, startswith, endswith, contains and
// substringof. The Service Layer knows no arithmetic, date or string functions (Service Layer manual 3.7).
type filterParser struct {
	tokens   []token
	property func(name string) *property
	foldCase bool
}

// parseFilter compiles a $filter for a type.
func parseFilter(text string, property func(string) *property, foldCase bool) (condition, error) {
	p := &filterParser{tokens: scanFilter(text), property: property, foldCase: foldCase}
	cond, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.peek().kind != tokenEnd {
		return nil, fail(codeQuery, msgFilter)
	}
	return cond, nil
}

func (p *filterParser) peek() token { return p.tokens[0] }

func (p *filterParser) next() token {
	t := p.tokens[0]
	if len(p.tokens) > 1 {
		p.tokens = p.tokens[1:]
	}
	return t
}

// accept takes the next token if it is that word or mark.
func (p *filterParser) accept(kind tokenKind, text string) bool {
	if t := p.peek(); t.kind != kind || t.text != text {
		return false
	}
	p.next()
	return true
}

func (p *filterParser) or() (condition, error) {
	left, err := p.and()
	for err == nil && p.accept(tokenName, "or") {
		var right condition
		right, err = p.and()
		left = either{left, right}
	}
	return left, err
}

func (p *filterParser) and() (condition, error) {
	left, err := p.unary()
	for err == nil && p.accept(tokenName, "and") {
		var right condition
		right, err = p.unary()
		left = both{left, right}
	}
	return left, err
}

func (p *filterParser) unary() (condition, error) {
	if p.accept(tokenName, "not") {
		inner, err := p.unary()
		return inverse{inner}, err
	}
	if p.accept(tokenMark, "(") {
		inner, err := p.or()
		if err == nil && !p.accept(tokenMark, ")") {
			err = fail(codeQuery, msgFilter)
		}
		return inner, err
	}
	return p.predicate()
}

// predicate reads a comparison or a function call.
func (p *filterParser) predicate() (condition, error) {
	name := p.next()
	if name.kind != tokenName {
		return nil, fail(codeQuery, msgFilter)
	}
	if strings.Contains(name.text, "/") {
		return nil, fail(codeQuery, msgSymbol)
	}
	if p.accept(tokenMark, "(") {
		return p.function(name.text)
	}
	prop := p.property(name.text)
	if prop == nil {
		return nil, fail(codeQuery, msgFilterField, name.text)
	}
	op := p.next()
	if op.kind != tokenName || !isComparison(op.text) {
		return nil, fail(codeQuery, msgFilter)
	}
	return p.comparison(prop, op.text, p.next())
}

func (p *filterParser) comparison(prop *property, op string, literal token) (condition, error) {
	c := compare{prop: prop, op: op, foldCase: p.foldCase}
	switch literal.kind {
	case tokenName:
		if literal.text != "null" {
			return nil, fail(codeQuery, msgFilter)
		}
		return c, nil
	case tokenString, tokenPlain:
		value, ok := parseScalar(prop, literal.text)
		if !ok || prop.kind >= kindPart || prop.kind == kindText && literal.kind == tokenPlain {
			return nil, fail(codeQuery, msgFilter)
		}
		c.value = value
		return c, nil
	}
	return nil, fail(codeQuery, msgFilter)
}

// function reads the arguments of a text function; substringof has them the other way round. "eq true" may follow.
func (p *filterParser) function(name string) (condition, error) {
	if name != "startswith" && name != "endswith" && name != "contains" && name != "substringof" {
		return nil, fail(codeQuery, msgFunction)
	}
	first := p.next()
	comma := p.accept(tokenMark, ",")
	second := p.next()
	if name == "substringof" {
		first, second = second, first
	}
	if !comma || first.kind != tokenName || second.kind != tokenString || !p.accept(tokenMark, ")") {
		return nil, fail(codeQuery, msgFilter)
	}
	prop := p.property(first.text)
	if prop == nil {
		return nil, fail(codeQuery, msgFilterField, first.text)
	}
	var cond condition = match{prop: prop, function: name, text: second.text, foldCase: p.foldCase}
	if p.accept(tokenName, "eq") {
		switch answer := p.next().text; answer {
		case "true":
		case "false":
			cond = inverse{cond}
		default:
			return nil, fail(codeQuery, msgFilter)
		}
	}
	return cond, nil
}

func isComparison(word string) bool {
	switch word {
	case "eq", "ne", "gt", "ge", "lt", "le":
		return true
	}
	return false
}
