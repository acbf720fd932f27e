package mapping_test

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"datawald/sandbox/b1sim"
)

// schema is what a company says of its types: properties by type, members by enumeration.
type schema struct {
	name    string
	types   map[string]map[string]b1sim.Property
	members map[string][]string
}

// sentTypes are the types of all that is sent.
var sentTypes = []string{"Document", "DocumentLine", "DocumentAdditionalExpense", "AddressExtension", "BusinessPartner", "BPAddress", "ContactEmployee"}

// figuresOfB1 are writable, and never sent all the same: B1 computes them. A DocTotal that is sent becomes a discount,
// and a second price basis on a line makes B1 choose one.
var figuresOfB1 = map[string][]string{
	"Document": {"DocTotal", "DocTotalFc", "RoundingDiffAmount", "DownPaymentAmount", "VatPercent"},
	"DocumentLine": {"LineTotal", "RowTotalFC", "Price", "PriceAfterVAT", "GrossPrice", "GrossTotal", "GrossTotalFC", "TaxTotal",
		"TaxPercentagePerRow", "Rate"},
	"DocumentAdditionalExpense": {"TaxSum", "LineGross", "TaxPercent"},
}

// simulated is the schema that the simulator answers by. It is written down from a company's OData 4 metadata.
func simulated() schema {
	s := schema{name: "the simulated company", types: map[string]map[string]b1sim.Property{}, members: map[string][]string{}}
	for _, name := range sentTypes {
		s.types[name] = map[string]b1sim.Property{}
		for _, p := range b1sim.Properties(name) {
			s.types[name][p.Name] = p
			s.members[p.Type] = b1sim.Members(p.Type)
		}
	}
	return s
}

// edmx is the part of a metadata document that describes types.
type edmx struct {
	Types []edmxType `xml:"EntityType"`
	Parts []edmxType `xml:"ComplexType"`
	Enums []struct {
		Name    string `xml:"Name,attr"`
		Members []struct {
			Name string `xml:"Name,attr"`
		} `xml:"Member"`
	} `xml:"EnumType"`
}

type edmxType struct {
	Name       string `xml:"Name,attr"`
	Properties []struct {
		Name     string `xml:"Name,attr"`
		Type     string `xml:"Type,attr"`
		Writable string `xml:"Writable,attr"`
	} `xml:"Property"`
}

// parseMetadata reads a piece of a metadata document, which need not have one root. Complex properties say nothing of
// being writable; they are.
func parseMetadata(t testing.TB, name string, text []byte) schema {
	t.Helper()
	var doc edmx
	if err := xml.Unmarshal(slices.Concat([]byte("<Schema>"), text, []byte("</Schema>")), &doc); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	s := schema{name: name, types: map[string]map[string]b1sim.Property{}, members: map[string][]string{}}
	for _, typ := range append(doc.Types, doc.Parts...) {
		s.types[typ.Name] = map[string]b1sim.Property{}
		for _, p := range typ.Properties {
			s.types[typ.Name][p.Name] = b1sim.Property{Name: p.Name, Type: strings.ReplaceAll(p.Type, "SAPB1.", ""), Writable: p.Writable != "false"}
		}
	}
	for _, e := range doc.Enums {
		for _, m := range e.Members {
			s.members[e.Name] = append(s.members[e.Name], m.Name)
		}
	}
	return s
}

// schemas are those to check against: the simulator's, and SAP's own metadata where it lies beside the real orders
// (SANDBOX_ORDERS_DIR/../b1).
func schemas(t testing.TB) []schema {
	t.Helper()
	all := []schema{simulated()}
	if dir := ordersDir(); dir != "" {
		files, err := filepath.Glob(filepath.Join(dir, "..", "b1", "*writable-subset.xml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, parseMetadata(t, filepath.Base(file), text))
		}
	}
	return all
}

// ordersDir is the folder of real Magento documents; empty where there is none.
func ordersDir() string { return os.Getenv("SANDBOX_ORDERS_DIR") }
