package main_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

func TestReadyThenCleanExitOnSIGTERM(t *testing.T) {
	dbpath := filepath.Join(t.TempDir(), "not", "there", "yet")
	p := start(t, dbpath)
	insert(t, p.connect().Collection("orders"), "a") // the client stays connected

	host, port, err := net.SplitHostPort(p.address)
	if err != nil || host != "127.0.0.1" || port == "0" {
		t.Errorf("port file holds %q, want a loopback address with the real port", p.address)
	}
	if got := p.output.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "ready on mongodb://"+p.address) {
		t.Errorf("printed %q, want one line that says where it is ready", got)
	}

	if code := p.terminate(); code != 0 {
		t.Errorf("exit code %d after SIGTERM, want 0", code)
	}
	for _, name := range []string{"shop.sqlite-wal", "mongod.sock"} {
		if _, err := os.Stat(filepath.Join(dbpath, name)); err == nil {
			t.Errorf("%s is still there after a clean exit", name)
		}
	}
}

func TestErrorNamesPortInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())

	p := launch(t, "--dbpath", t.TempDir(), "--port", port)
	wantFailure(t, p, 1, "port "+port, "in use", "--port")
}

func TestErrorNamesHolderOfDirectory(t *testing.T) {
	dbpath := t.TempDir()
	first := start(t, dbpath)

	second := launch(t, "--dbpath", dbpath, "--port", "0")
	wantFailure(t, second, 1, dbpath, fmt.Sprintf("process %d", first.command.Process.Pid), "--dbpath")

	first.kill()
	start(t, dbpath) // a lock does not outlive its holder
}

func TestErrorsOfCommandLine(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"NoDirectory", []string{"--port", "0"}, "--dbpath is missing"},
		{"PortTooHigh", []string{"--dbpath", "x", "--port", "65536"}, "--port 65536"},
		{"PathNoURI", []string{"--dbpath", "a?b"}, "must not contain"},
		{"UnknownFlag", []string{"--journal"}, "journal"},
		{"Argument", []string{"--dbpath", "x", "start"}, `unexpected argument "start"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantFailure(t, launch(t, tt.args...), 2, tt.want)
		})
	}
}

func TestVersionNamesFerretDB(t *testing.T) {
	p := launch(t, "--version")
	if code := p.exitCode(); code != 0 || !strings.Contains(p.output.String(), "FerretDB v1.24.2") {
		t.Errorf("exit code %d, printed %q, want 0 and the version of FerretDB", code, p.output)
	}
}

func TestPathTooLongForSocket(t *testing.T) {
	dbpath := filepath.Join(t.TempDir(), strings.Repeat("long/", 20))
	insert(t, start(t, dbpath).connect().Collection("orders"), "a")
}

func TestCompareAndSetLosesNothing(t *testing.T) {
	collection := start(t, t.TempDir()).connect().Collection("cuts")
	ctx := context.Background()
	if _, err := collection.InsertOne(ctx, bson.M{"_id": "main", "rev": 0}); err != nil {
		t.Fatal(err)
	}

	const writers, each = 8, 20
	var wg sync.WaitGroup
	for range writers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for won := 0; won < each; {
				ok, err := raise(ctx, collection)
				if err != nil {
					t.Error(err)
					return
				}
				if ok {
					won++
				}
			}
		}()
	}
	wg.Wait()

	var got struct{ Rev int }
	if err := collection.FindOne(ctx, bson.M{"_id": "main"}).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Rev != writers*each {
		t.Errorf("rev = %d after %d successful updates", got.Rev, writers*each)
	}
}

// raise adds one to rev if nobody else did in the meantime.
func raise(ctx context.Context, collection *mongo.Collection) (bool, error) {
	var doc struct{ Rev int }
	if err := collection.FindOne(ctx, bson.M{"_id": "main"}).Decode(&doc); err != nil {
		return false, err
	}
	result, err := collection.ReplaceOne(ctx, bson.M{"_id": "main", "rev": doc.Rev}, bson.M{"rev": doc.Rev + 1})
	if err != nil {
		return false, err
	}
	return result.MatchedCount == 1, nil
}

func wantFailure(t *testing.T, p *process, code int, words ...string) {
	t.Helper()
	if got := p.exitCode(); got != code {
		t.Errorf("exit code %d, want %d", got, code)
	}
	for _, word := range words {
		if !strings.Contains(p.output.String(), word) {
			t.Errorf("printed %q, want %q in it", p.output, word)
		}
	}
}

func insert(t *testing.T, collection *mongo.Collection, id string) {
	t.Helper()
	if _, err := collection.InsertOne(context.Background(), bson.M{"_id": id}); err != nil {
		t.Fatal(err)
	}
}
