package b1sim

import (
	"fmt"
	"net/http"
	"strings"
)

// servePing answers SAP's health check, which needs no session (Service Layer manual 3.21).
func (c *Company) servePing(w http.ResponseWriter, r *http.Request) {
	sender := ""
	switch strings.TrimSuffix(r.URL.Path, "/") {
	case "/ping", "/ping/load-balancer":
		sender = "load balancer"
	case "/ping/node/1":
		sender = "node1"
	default:
		http.NotFound(w, r)
		return
	}
	now := c.cfg.Now()
	answer := newResponse(http.StatusOK, mustJSON(map[string]string{
		"message": "pong", "sender": sender, "timestamp": fmt.Sprintf("%d.%03d", now.Unix(), now.Nanosecond()/1e6),
	}))
	write(w, answer)
}
