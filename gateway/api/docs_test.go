package api_test

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
)

// The page names every operation with its parameters and how to call it, and needs nothing from elsewhere. Fails without: describe.
func TestDocs_ShowEveryOperation(t *testing.T) {
	w := newWorld(t)
	r := w.get("/api/docs")
	page := string(r.body)
	if r.status != 200 || r.header.Get("Content-Type") != "text/html; charset=utf-8" || !strings.Contains(r.header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Fatalf("status %d, %v", r.status, r.header)
	}
	for path, methods := range document31(t).Paths {
		for method, op := range methods {
			if !strings.Contains(page, `<article id="`+op.OperationID+`"`) || !strings.Contains(page, "<b>"+strings.ToUpper(method)+"</b> <code>"+path+"</code>") {
				t.Errorf("%s %s is not there", method, path)
			}
			for _, p := range op.Parameters {
				if !strings.Contains(page, "<code>"+p.Name+"</code>") {
					t.Errorf("%s %s: parameter %s is not there", method, path, p.Name)
				}
			}
		}
	}
	if style := w.get("/api/docs.css"); style.status != 200 || style.header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("style: status %d, %v", style.status, style.header)
	}
	for _, must := range []string{"curl -X POST &#39;http://localhost:8080/api/v1/schedule/pause&#39;", "<b>GET</b> <code>/api/v1/statistics</code>", "At most 168", "orders.more"} {
		if !strings.Contains(page, must) {
			t.Errorf("the page does not say %s", must)
		}
	}
	for _, foreign := range []string{"<script", "style=", "src=", "https://"} {
		if strings.Contains(page, foreign) {
			t.Errorf("the page has %s", foreign)
		}
	}
	wellFormed(t, page)
}

// wellFormed fails unless all elements of the page are closed, and all ids are there once.
func wellFormed(t *testing.T, page string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Entity = xml.HTMLEntity
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if ids[m[1]] {
			t.Errorf("the id %s is there twice", m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(` href="#([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !ids[m[1]] {
			t.Errorf("a link leads to #%s, which is not there", m[1])
		}
	}
}
