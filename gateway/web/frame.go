package web

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"

	"datawald/gateway/access"
	"datawald/gateway/api"
	"datawald/order"
)

//go:embed templates
var templateFiles embed.FS

// loadPages reads the templates: each file of templates/ is a page, within the layout and with the parts.
func loadPages(a *assets) (map[string]*template.Template, error) {
	base := template.New("").Funcs(words).Funcs(template.FuncMap{"static": a.address})
	base, err := base.ParseFS(templateFiles, "templates/frame/*.html")
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(templateFiles, "templates/*.html")
	pages := map[string]*template.Template{}
	for _, name := range names {
		one, cloneErr := base.Clone()
		if cloneErr != nil {
			return nil, cloneErr
		}
		if one, err = one.ParseFS(templateFiles, name); err != nil {
			return nil, err
		}
		pages[strings.TrimSuffix(path.Base(name), ".html")] = one
	}
	return pages, err
}

// person is who has signed in.
type person struct {
	Name string
	Role access.Role
	// CSRF is the token that his forms carry.
	CSRF string
	// Provided is true when he comes in by the identity provider, and has no password here.
	Provided bool
}

// May reports whether the role is at least the one that is needed.
func (p *person) May(role access.Role) bool { return p != nil && p.Role.Allows(role) }

// frame is what the layout shows around each page.
type frame struct {
	Title string
	Who   *person
	// Here is the address of this page, Section the part of it that the navigation marks.
	Here, Section string
	Nav           []link
	Instances     []string
	// Instance is the one that the page shows; empty where it shows all of several.
	Instance string
	// Of and And name the instance in links, as the first parameter and as a further one; empty where there is only one.
	Of, And template.URL
	// Asked is when the page was asked for, in milliseconds since 1970: changes after it are told to the open page.
	Asked int64
	// Said is a sentence on what was just done.
	Said string
	Body any
}

type link struct {
	Path, Name, Icon string
}

// sections of the page; need is the role that sees it.
var sections = []struct {
	link
	need access.Role
}{
	{link{"/", "Today", "today"}, access.Viewer},
	{link{"/orders", "Orders", "orders"}, access.Viewer},
	{link{"/resync", "Resync", "work"}, access.Viewer},
	{link{"/rules", "Rules", "rules"}, access.Viewer},
	{link{"/runs", "Runs", "runs"}, access.Viewer},
	{link{"/reconciliation", "Reconciliation", "books"}, access.Viewer},
	{link{"/audit", "Audit", "audit"}, access.Operator},
	{link{"/users", "Users", "users"}, access.Admin},
}

// show writes a page. It is made before anything of it is sent, so that a fault gives no half page.
func (v *visit) show(status int, name, title string, body any) error {
	f := frame{Title: title, Who: v.who, Here: ownPath(v.r.URL.RequestURI()), Section: v.section(), Instances: v.settings.Instances,
		Instance: v.shown(), Asked: v.began.UnixMilli(), Said: v.said(), Body: body}
	if f.Instance != "" && len(f.Instances) > 1 {
		name := url.Values{"instance": {f.Instance}}.Encode()
		f.Of, f.And = template.URL("?"+name), template.URL("&"+name)
	}
	if v.r.Method != http.MethodGet {
		f.Here = ownPath(v.r.PostFormValue("back"))
	}
	for _, s := range sections {
		if v.who.May(s.need) {
			f.Nav = append(f.Nav, s.link)
		}
	}
	var out bytes.Buffer
	if err := v.pages[name].ExecuteTemplate(&out, "layout", f); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	_, _ = out.WriteTo(v.w) // whoever asked has gone
	return nil
}

func (v *visit) section() string {
	first, _, _ := strings.Cut(strings.TrimPrefix(v.r.URL.Path, "/"), "/")
	switch first { // what only forms are sent to
	case "keys":
		first = "users"
	case "schedule":
		first = "runs"
	}
	return "/" + first
}

// instance is the one that the address names, or the only one, or the first.
func (v *visit) instance() string {
	if name := v.r.URL.Query().Get("instance"); name != "" {
		return name
	}
	if len(v.settings.Instances) == 0 {
		return ""
	}
	return v.settings.Instances[0]
}

// shown is the instance of what the page shows: the list of orders shows all where the address names none.
func (v *visit) shown() string {
	if key, err := order.ParseKey(v.r.PathValue("key")); err == nil {
		return key.Instance()
	}
	if v.r.URL.Query().Get("instance") == "" && v.section() == "/orders" && len(v.settings.Instances) > 1 {
		return ""
	}
	return v.instance()
}

// ofInstance are the parameters of a question about one instance.
func (v *visit) ofInstance() url.Values { return url.Values{"instance": {v.instance()}} }

// asProblem is what the API answered instead; nil for a fault of the page.
func asProblem(err error) *api.Problem {
	p, _ := errors.AsType[*api.Problem](err)
	return p
}

// unlessProblem is a fault of the page; nil for what the API answered instead.
func unlessProblem(err error) error {
	if asProblem(err) != nil {
		return nil
	}
	return err
}

// said are sentences by the code in the address that a form leads to. What is said is fixed: an address can be made up.
var said = map[string]string{
	"retried": "It is tried again now, before all others.", "skipped": "It is skipped, and stays so until somebody resumes it.", "resumed": "It goes to B1 again.", "settled": "It is settled, until Magento changes it.",
	"bulk-retry": "%s orders are tried again now.", "bulk-skip": "%s orders are skipped.", "bulk-resume": "%s orders go to B1 again.", "bulk-settle": "%s orders are settled, until Magento changes them.",
	"sync": "A run has begun.", "sync-was": "A run was under way already.", "paused": "The schedule is paused: orders wait in Magento.", "schedule-on": "The schedule goes on.",
	"reconciling": "A reconciliation has begun. Its account comes here.",
	"activated":   "The rules are in force. Held orders are tried again by themselves.",
	"password":    "Your password is changed. Your other sessions have ended.", "user-added": "The user may sign in.", "user-changed": "The user is changed; his sessions have ended.",
	"user-removed": "The user is removed.", "key-revoked": "The key has ended.",
}

func (v *visit) said() string {
	text := said[v.r.URL.Query().Get("done")]
	if n := v.r.URL.Query().Get("n"); strings.Contains(text, "%s") {
		if len(n) > 9 || strings.Trim(n, "0123456789") != "" || n == "" {
			n = "The"
		}
		return fmt.Sprintf(text, n)
	}
	return text
}
