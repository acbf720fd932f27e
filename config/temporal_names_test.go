package config_test

import (
	"context"
	"encoding/binary"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/log"

	"datawald/config"
	"datawald/sandbox/testkit"
)

// nameServer knows the address of each name, 127.0.0.1, and is silent when it is asked for anything else, as the one of Docker 20.10 is on a
// network without a way out. text is closed when it is asked for a text.
func nameServer(t *testing.T) (address string, text <-chan struct{}) {
	t.Helper()
	asked := make(chan struct{})
	var once sync.Once
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		buffer := make([]byte, 1024)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			kind, answer := answerTo(buffer[:n])
			if answer != nil {
				_, _ = conn.WriteTo(answer, from)
			}
			if kind == typeTXT {
				once.Do(func() { close(asked) })
			}
		}
	}()
	return conn.LocalAddr().String(), asked
}

// The kinds of questions: for an address, a text, an address of IPv6.
const typeA, typeTXT, typeAAAA = 1, 16, 28

// answerTo is the answer to a question for an address; nil to one of any other kind. IPv6 has none.
func answerTo(question []byte) (kind uint16, answer []byte) {
	const head = 12
	end := head
	for end < len(question) && question[end] != 0 {
		end += int(question[end]) + 1
	}
	if end+5 > len(question) {
		return 0, nil
	}
	kind = binary.BigEndian.Uint16(question[end+1:])
	if kind != typeA && kind != typeAAAA {
		return kind, nil
	}
	answer = append([]byte{}, question[:end+5]...)
	binary.BigEndian.PutUint16(answer[2:], 0x8180) // an answer, without an error
	copy(answer[6:], []byte{0, 0, 0, 0, 0, 0})     // nothing after the question
	if kind == typeA {
		answer[7] = 1
		answer = append(answer, 0xc0, head, 0, typeA, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1)
	}
	return kind, answer
}

// asIn names the name server and the address for a process of its own, in which all names are asked there.
const asIn = "DATAWALD_TEST_NAMES"

// A name server that says nothing but addresses keeps nobody from Temporal. gRPC would ask it for a TXT record first, and wait ten seconds for
// an answer. Fails without: WithDisableServiceConfig.
func TestTemporal_IsReachedWhereTheNameServerKnowsAddressesAlone(t *testing.T) {
	if names, address, ok := strings.Cut(os.Getenv(asIn), "="); ok {
		net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(_ context.Context, _, _ string) (net.Conn, error) { return net.Dial("udp", names) }}
		if c, err := (config.Temporal{TemporalAddress: address, TemporalNamespace: "default"}).Dial(t.Context(), log.NewStructuredLogger(testkit.Silent())); err == nil {
			c.Close()
		}
		return
	}
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	reached := make(chan struct{})
	go func() {
		if conn, err := server.Accept(); err == nil {
			_ = conn.Close()
			close(reached)
		}
	}()
	_, port, _ := strings.Cut(server.Addr().String(), ":")
	env(t)
	names, text := nameServer(t)
	caller := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	caller.Env = append(os.Environ(), asIn+"="+names+"=temporal.example:"+port)
	if err := caller.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = caller.Process.Kill(), caller.Wait() })
	select {
	case <-reached:
	case <-text: // it would be ten seconds until it comes to the server
		t.Error("the name server is asked for a TXT record")
	case <-time.After(time.Minute):
		t.Error("nobody has come to the server within a minute")
	}
}
