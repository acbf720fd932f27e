package magentosim

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ServeHTTP answers Magento's API under /rest and the control addresses beside it.
func (s *Shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/index.php")
	if rest, ok := strings.CutPrefix(path, "/rest/"); ok {
		s.serveREST(w, r, rest)
		return
	}
	if r.Method == http.MethodGet && path == "/magento_version" {
		s.serveVersion(w)
		return
	}
	if r.URL.Path == path && s.serveControl(w, r) {
		return
	}
	writeHTML(w, http.StatusNotFound, "<h1>Whoops, our bad...</h1>")
}

// reply is an answer of the API. parts are written one after the other.
type reply struct {
	status int
	parts  [][]byte
	// page is a page of HTML instead; drop closes the connection without an answer.
	page string
	drop bool
}

func ok(parts ...[]byte) reply { return reply{status: http.StatusOK, parts: parts} }

func failed(e *apiError) reply { return reply{status: e.status, parts: [][]byte{e.body()}} }

// serveREST applies the faults and answers the call.
func (s *Shop) serveREST(w http.ResponseWriter, r *http.Request, path string) {
	f, call := s.takeFaults()
	if !s.wait(r, f) {
		return
	}
	w.Header()["Date"] = []string{s.now().Format(http.TimeFormat)}
	switch {
	case f.Unavailable:
		writeHTML(w, http.StatusServiceUnavailable, "<h1>Service Temporarily Unavailable</h1>")
		return
	case f.RateLimit != nil:
		if f.RateLimit.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(f.RateLimit.RetryAfter))
		}
		writeHTML(w, f.RateLimit.Status, "<h1>Too Many Requests</h1>")
		return
	case f.HTML200:
		writeHTML(w, http.StatusOK, "<h1>Checking your browser</h1>")
		return
	}
	answer := s.route(r, path, f, call)
	if fields := r.URL.Query().Get("fields"); fields != "" && answer.status == http.StatusOK && len(answer.parts) > 0 {
		answer = project(answer, fields)
	}
	answer.write(w, f)
}

// wait is the latency of the shop; false when the caller went away.
func (s *Shop) wait(r *http.Request, f Faults) bool {
	delay := s.cfg.Latency + time.Duration(f.LatencyMS)*time.Millisecond
	if delay == 0 {
		return true
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// route finds the service for a path behind /rest/. A store code in front of V1 selects a store view but filters
// nothing; a code that is none makes the route unknown. Magento REST: devdocs issue 9405; webapi.xml.
func (s *Shop) route(r *http.Request, path string, f Faults, call uint64) reply {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if parts[0] == "all" || storeByCode(parts[0]) {
		parts = parts[1:]
	}
	if len(parts) < 2 || parts[0] != "V1" {
		return failed(noRoute())
	}
	parts = parts[1:]
	switch route := r.Method + " " + strings.Join(parts, "/"); {
	case route == "POST integration/admin/token":
		token, err := s.guard.adminToken(r, f)
		return answerOf(token, err)
	case route == "GET orders":
		return s.guarded(r, aclView, f, func() reply { return s.list(r, f, call) })
	case route == "GET store/websites":
		return s.guarded(r, aclStores, f, func() reply { return ok(websites()) })
	case route == "POST orders":
		return s.guarded(r, aclCreate, f, func() reply { return s.writing(func() reply { return s.save(r) }) })
	case r.Method == http.MethodGet && len(parts) == 2 && parts[0] == "orders":
		return s.guarded(r, aclView, f, func() reply { return s.get(parts[1], f) })
	case r.Method == http.MethodPost && len(parts) == 3 && parts[0] == "orders" && parts[2] == "comments":
		return s.guarded(r, aclComment, f, func() reply { return s.writing(func() reply { return s.comment(r, parts[1]) }) })
	default:
		return failed(noRoute())
	}
}

func (s *Shop) guarded(r *http.Request, resource string, f Faults, serve func() reply) reply {
	if err := s.guard.check(r, resource, f); err != nil {
		return failed(err)
	}
	return serve()
}

func answerOf(body []byte, err *apiError) reply {
	if err != nil {
		return failed(err)
	}
	return ok(body)
}

// serveVersion answers GET /magento_version: no more than the line. Magento REST: module-version Controller/Index.
func (s *Shop) serveVersion(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "Magento/"+s.line+" (Community)")
}

// get answers GET /V1/orders/{id}.
func (s *Shop) get(id string, f Faults) reply {
	entityID, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return failed(invalidType(id))
	}
	s.mu.RLock()
	r, found := s.byID[entityID]
	s.mu.RUnlock()
	if !found || r.hidden || f.PoisonGetMissing && f.poisons(entityID) {
		return failed(notFound())
	}
	if f.HideStatus {
		return ok(withoutStatus(r.raw))
	}
	return ok(r.raw)
}

// write sends the reply, whole or broken.
func (a reply) write(w http.ResponseWriter, f Faults) {
	switch {
	case a.drop:
		panic(http.ErrAbortHandler) // closes the connection
	case a.page != "":
		writeHTML(w, a.status, a.page)
		return
	}
	length := 0
	for _, part := range a.parts {
		length += len(part)
	}
	limit := length
	if (f.Truncate || f.Drop) && a.status == http.StatusOK {
		limit = length / 2
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if f.Drop {
		w.Header().Set("Content-Length", strconv.Itoa(length))
	} else {
		w.Header().Set("Content-Length", strconv.Itoa(limit))
	}
	w.WriteHeader(a.status)
	for _, part := range a.parts {
		part = part[:min(len(part), limit)]
		limit -= len(part)
		if _, err := w.Write(part); err != nil {
			return // the caller went away
		}
	}
	if f.Drop && a.status == http.StatusOK {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler) // closes the connection
	}
}

func writeHTML(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, "<!doctype html>\n<html><body>"+body+"</body></html>\n")
}
