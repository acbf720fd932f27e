package b1sim

// Property is a property of a type of the Service Layer as the metadata of a company describes it.
type Property struct {
	// Name is written as B1 writes it.
	Name string
	// Type is the name in the metadata: Edm.String, Edm.Int32, Edm.Double, Edm.DateTime, Edm.Time, the name of an
	// enumeration, or that of a complex type, in Collection(…) for a list of them.
	Type string
	// Writable is false for what B1 ignores on input.
	Writable bool
}

// edmTypes are the kinds under their names in the metadata.
var edmTypes = map[kind]string{
	kindText: "Edm.String", kindInteger: "Edm.Int32", kindNumber: "Edm.Double", kindDate: "Edm.DateTime", kindTime: "Edm.Time",
}

// Properties lists the properties of a type that the simulated company knows, such as Document, DocumentLine or
// BusinessPartner; none for an unknown one.
func Properties(typeName string) []Property {
	t := types[typeName]
	if t == nil {
		return nil
	}
	out := make([]Property, len(t.props))
	for i, p := range t.props {
		out[i] = Property{Name: p.name, Type: p.typeName(), Writable: !p.readOnly}
	}
	return out
}

func (p property) typeName() string {
	switch {
	case p.kind == kindList || p.isList:
		return "Collection(" + p.of + ")"
	case p.kind == kindPart || p.kind == kindOpaque || p.kind == kindEnum:
		return p.of
	}
	return edmTypes[p.kind]
}

// Members are the names of an enumeration's members; none where they are not known.
func Members(enumeration string) []string {
	var names []string
	for _, member := range enumerations[enumeration] {
		names = append(names, member[0])
	}
	return names
}
