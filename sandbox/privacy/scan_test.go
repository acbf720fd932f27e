package privacy

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
	"datawald/store"
)

// Orders in which everything personal carries a mark go all ways that there are: posted, held by B1 with an answer that names the buyer, left out, tried again and
// skipped by people who write his name. No mark is in any history of Temporal, in what its lists show, in a log at its most talkative, in a metric, or in
// a collection that is to hold none. Then one person is erased: nothing of him is left anywhere, and of all others everything.
// Fails without: Redactor in hold; Words in the desk; the summary that names numbers alone; DropDocuments, HideInAudit, ForgetPartners and EraseAnswers.
func TestScan_NoMarkWhereNoneMayBe(t *testing.T) {
	w := newWorld(t, *marked)
	s := &scan{world: w}
	s.fill()
	w.start()
	s.run()
	s.look()
	s.erase()
}

type scan struct {
	*world
	held, veto, excluded magentosim.Placed
}

// personOf is whose the n-th order is: the first three are of one person.
func personOf(n int) int { return max(n-2, 0) }

// fill brands all orders. Three are of one person, who has an account in one of them and is a guest in the others.
func (s *scan) fill() {
	s.t.Helper()
	all := s.shop.Orders()
	for n, p := range all {
		branded := brand(personOf(n))
		err := s.shop.Update(p.EntityID, func(doc map[string]any) {
			branded(doc)
			doc["state"], doc["status"] = "processing", "processing"
			if payment, ok := doc["payment"].(map[string]any); ok {
				payment["method"] = "checkmo"
			}
			if delete(doc, "customer_id"); n == 1 || n > 2 && n%3 == 0 {
				doc["customer_id"], doc["customer_is_guest"] = 5000+personOf(n), 0
			} else {
				doc["customer_is_guest"] = 1
			}
		})
		if err != nil {
			s.t.Fatal(err)
		}
	}
	s.held, s.veto, s.excluded = all[4], all[5], all[6]
	s.must(s.company.Inject(b1sim.Rule{Fault: b1sim.NotificationVeto, Probability: 1, Key: s.veto.IncrementID, Text: "Customer F" + markOf(3) + " L" + markOf(3) + " is blocked, see " + emailOf(3)}))
	s.must(s.company.Inject(b1sim.Rule{Fault: b1sim.UnknownItem, Probability: 1, Key: s.held.IncrementID}))
	s.must(s.shop.Update(s.excluded.EntityID, func(doc map[string]any) { doc["state"], doc["status"] = "pending_payment", "pending_payment" }))
}

func (s *scan) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// run lets the programs work, and people too.
func (s *scan) run() {
	s.t.Helper()
	s.until("every order is settled", func() bool {
		c := s.counts()
		total := int64(0)
		for _, n := range c {
			total += n
		}
		return total == int64(*marked) && c[order.Pending] == 0
	})
	if c := s.counts(); c[order.Posted] < int64(*marked)*6/10 || c[order.Held] < 2 || c[order.Excluded] < 1 {
		s.t.Fatalf("the orders are %v, want most of them posted", c)
	}
	why := `{"reason":"F` + markOf(3) + ` L` + markOf(3) + ` called from 0` + markOf(3) + `"}`
	key := string(s.key(s.veto))
	s.ask(http.MethodGet, "/api/v1/orders?instance="+s.instance+"&q="+markOf(3), "")
	s.ask(http.MethodGet, "/api/v1/orders/"+key, "")
	s.ask(http.MethodGet, "/api/v1/orders/"+key+"/preview", "")
	s.ask(http.MethodPost, "/api/v1/orders/"+key+"/retry", why)
	s.until("the retry is over", func() bool {
		doc, err := s.db.Get(s.t.Context(), s.key(s.veto))
		return err == nil && doc.Status == order.Held && doc.Attempts > 1
	})
	if code := s.ask(http.MethodPost, "/api/v1/orders/"+key+"/skip", why); code != http.StatusOK {
		s.t.Fatalf("skip: %d", code)
	}
	s.ask(http.MethodPost, "/api/v1/resyncs", fmt.Sprintf(`{"instance":%q,"increment_ids":[%q]}`, s.instance, s.shop.Orders()[8].IncrementID))
	s.ask(http.MethodGet, "/api/v1/orders/not:a:key"+mark, "")
	for _, args := range [][]string{{"status"}, {"resync", s.shop.Orders()[7].IncrementID, "--wait"}, {"doctor", "temporal"}, {"resync", s.held.IncrementID, "--wait"}} {
		s.starter(args...)
	}
}

// ask sends a request as an admin, and gives the status.
func (s *scan) ask(method, path, body string) int {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, "http://"+s.gateway+path, strings.NewReader(body))
	s.must(err)
	req.Header.Set("Authorization", "Bearer "+gatewayKey)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", "scan-"+path)
	}
	res, err := http.DefaultClient.Do(req)
	s.must(err)
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	s.must(err)
	return res.StatusCode
}

// look scans all places.
func (s *scan) look() {
	s.t.Helper()
	histories := s.histories()
	if n := strings.Count(histories, "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED"); n < *marked {
		s.t.Errorf("%d histories were read, want one for each of %d orders", n, *marked)
	}
	places := map[string]string{"Temporal's histories": histories, "the starter's words": s.said.String()}
	for _, name := range []string{"worker", "gateway"} {
		text, err := os.ReadFile(s.works.Log(name))
		s.must(err)
		if len(text) == 0 {
			s.t.Errorf("the %s has logged nothing", name)
		}
		places["the log of the "+name] = string(text)
	}
	for _, name := range []string{"WORKER_METRICS_ADDRESS", "GATEWAY_METRICS_ADDRESS"} {
		places["the metrics at "+name] = s.metrics(setting(s.env, name))
	}
	dump := s.dump()
	for name, text := range dump {
		class, ok := store.Collections[name]
		if !ok {
			s.t.Errorf("the collection %s is in no table of what is personal", name)
		}
		if !class.Personal {
			places["the collection "+name] = text
		}
	}
	for _, name := range slices.Sorted(maps.Keys(places)) {
		for _, place := range findMarks(places[name], mark) {
			s.t.Errorf("%s: …%s…", name, place)
		}
	}
	// What is looked with sees marks where they are.
	for _, name := range []string{"orders", "payloads"} {
		if len(findMarks(dump[name], markOf(3))) == 0 {
			s.t.Errorf("no mark is found in %s, where they are", name)
		}
	}
}

// histories are all histories once there is one for each order.
func (s *scan) histories() string {
	s.t.Helper()
	s.until("all workflows are listed", func() bool {
		count, err := s.temporal.CountWorkflow(s.t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Query: `WorkflowType="InsertOrder"`})
		return err == nil && count.Count >= int64(*marked)-1
	})
	return s.allHistories()
}

// allHistories are all histories of the namespace, with what lists and descriptions show of each workflow and each schedule.
func (s *scan) allHistories() string {
	s.t.Helper()
	var all strings.Builder
	write := func(m proto.Message) {
		text, err := protojson.Marshal(m)
		s.must(err)
		all.Write(unfolded(text))
	}
	listed := 0
	for token := []byte(nil); ; {
		page, err := s.temporal.ListWorkflow(s.t.Context(), &workflowservice.ListWorkflowExecutionsRequest{PageSize: 100, NextPageToken: token})
		s.must(err)
		write(page)
		for _, e := range page.Executions {
			listed++
			s.history(e.Execution.WorkflowId, e.Execution.RunId, write)
		}
		if token = page.NextPageToken; len(token) == 0 {
			break
		}
	}
	schedules, err := s.temporal.WorkflowService().ListSchedules(s.t.Context(), &workflowservice.ListSchedulesRequest{Namespace: setting(s.env, "TEMPORAL_NAMESPACE"), MaximumPageSize: 100})
	s.must(err)
	write(schedules)
	s.t.Logf("%d workflows were read, %d KB", listed, all.Len()>>10)
	return all.String()
}

func (s *scan) history(workflowID, runID string, write func(proto.Message)) {
	s.t.Helper()
	events := s.temporal.GetWorkflowHistory(s.t.Context(), workflowID, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	h := &historypb.History{}
	for events.HasNext() {
		e, err := events.Next()
		s.must(err)
		h.Events = append(h.Events, e)
	}
	write(h)
	d, err := s.temporal.DescribeWorkflowExecution(s.t.Context(), workflowID, runID)
	s.must(err)
	write(d)
}

// unfolded is a message with its payloads, which are base64 in JSON, as the texts that they are.
func unfolded(text []byte) []byte {
	var v any
	if json.Unmarshal(text, &v) != nil {
		return text
	}
	out, _ := json.Marshal(unfold(v))
	return append(text, out...)
}

func unfold(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if data, ok := value.(string); ok && name == "data" {
				var raw []byte
				if json.Unmarshal([]byte(`"`+data+`"`), &raw) == nil {
					v[name] = string(raw)
					continue
				}
			}
			v[name] = unfold(value)
		}
	case []any:
		for i := range v {
			v[i] = unfold(v[i])
		}
	}
	return v
}

// metrics is what a program tells a collector.
func (s *scan) metrics(address string) string {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+address+"/metrics", nil)
	s.must(err)
	res, err := http.DefaultClient.Do(req)
	s.must(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	s.must(err)
	if res.StatusCode != http.StatusOK || !strings.Contains(string(body), "datawald_") {
		s.t.Errorf("%s shows no metrics: HTTP %d", address, res.StatusCode)
	}
	return string(body)
}

// dump is every collection of the database as text, with documents that are packed unpacked.
func (s *scan) dump() map[string]string {
	s.t.Helper()
	c, err := mongo.Connect(options.Client().ApplyURI(setting(s.env, "MONGODB_URI")))
	s.must(err)
	defer func() { _ = c.Disconnect(context.WithoutCancel(s.t.Context())) }()
	db := c.Database(s.database)
	names, err := db.ListCollectionNames(s.t.Context(), bson.D{})
	s.must(err)
	unpacker, err := zstd.NewReader(nil)
	s.must(err)
	defer unpacker.Close()
	all := map[string]string{}
	for _, name := range names {
		cur, err := db.Collection(name).Find(s.t.Context(), bson.D{})
		s.must(err)
		var docs []bson.D
		s.must(cur.All(s.t.Context(), &docs))
		var text strings.Builder
		for _, d := range docs {
			for n, field := range d {
				b, ok := field.Value.(bson.Binary)
				switch {
				case ok && field.Key == "zstd":
					plain, err := unpacker.DecodeAll(b.Data, nil)
					s.must(err)
					d[n].Value = string(plain)
				case ok:
					d[n].Value = string(b.Data)
				}
			}
			fmt.Fprintf(&text, "%q\n", fmt.Sprint(d))
		}
		all[name] = text.String()
	}
	return all
}

func setting(env []string, name string) string {
	for _, pair := range env {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}

// erase takes the person of three orders out, first to look, then for good; and the one who was skipped.
func (s *scan) erase() {
	s.t.Helper()
	s.quiet()
	before := s.dump()
	code, printed := s.starter("erase", "--customer", emailOf(0))
	if code != 0 || !strings.Contains(printed, "orders                       3") || !strings.Contains(printed, "documents of Magento         3") {
		s.t.Errorf("to look: exit %d\n%s", code, printed)
	}
	if looked := s.dump(); looked["orders"] != before["orders"] || looked["payloads"] != before["payloads"] || looked["partners"] != before["partners"] {
		s.t.Error("to look has changed something")
	}
	if code, printed = s.starter("erase", "--customer", strings.ToUpper(emailOf(0)), "--yes"); code != 0 {
		s.t.Errorf("erase: exit %d\n%s", code, printed)
	}
	if code, printed = s.starter("erase", "--customer", emailOf(3), "--instance", s.instance, "--yes"); code != 0 {
		s.t.Errorf("erase who was skipped: exit %d\n%s", code, printed)
	}
	// One whose order is still under way keeps it, and is named by the key of the order alone.
	heldKey := string(s.key(s.held))
	if code, printed = s.starter("erase", "--customer", emailOf(2), "--yes"); code != 3 || !strings.Contains(printed, heldKey+" (held)") {
		doc, _ := s.db.Get(s.t.Context(), s.key(s.held))
		s.t.Errorf("erase who is under way: exit %d\n%s %v %v %+v", code, printed, doc.Status, doc.Reason, doc.Timeline)
	}
	if places := findMarks(printed, mark); len(places) > 0 {
		s.t.Errorf("the starter says %q", places)
	}
	after := s.dump()
	for name, text := range after {
		for _, person := range []int{0, 3} {
			for _, place := range findMarks(text, markOf(person)) {
				s.t.Errorf("%s still has of person %d: …%s…", name, person, place)
			}
		}
		if kept := len(findMarks(text, markOf(2))); (kept > 0) != (len(findMarks(before[name], markOf(2))) > 0) {
			s.t.Errorf("%s: the data of another person went, or came", name)
		}
	}
	if was, is := strings.Count(before["payloads"], "\n"), strings.Count(after["payloads"], "\n"); was-is < 4 || was-is > 6 {
		s.t.Errorf("%d documents went, want those of four orders", was-is)
	}
	if was, is := strings.Count(before["partners"], "\n"), strings.Count(after["partners"], "\n"); is >= was {
		s.t.Errorf("of %d remembered partners %d are left, want fewer", was, is)
	}
	if was, is := strings.Count(before["orders"], "\n"), strings.Count(after["orders"], "\n"); was != is {
		s.t.Errorf("of %d orders %d are left: their account must stay", was, is)
	}
	if n := len(s.company.DuplicateKeys()); n != 0 {
		s.t.Errorf("B1 has %d orders twice", n)
	}
}

// quiet ends the programs, so that nothing changes while it is looked at.
func (s *scan) quiet() {
	s.t.Helper()
	for _, p := range s.works.Parts() {
		p.Stop(20 * time.Second)
	}
}
