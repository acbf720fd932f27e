// Package alive lets a program ask the one that runs beside it whether it does well. Health checks of containers use it: `gateway --health` in
// the gateway's container. So the image needs neither a shell nor wget.
package alive

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"time"
)

// patience is how long the program has to answer: less than the time-out of the health checks, so that what is wrong is told.
const patience = 4 * time.Second

// Asked reports whether --health is among the arguments of a program.
func Asked(args []string) bool { return slices.Contains(args, "--health") }

// End ends the health check: with code 0 when err is nil, and else with 1 and the reason on standard error, where `docker inspect` shows it.
func End(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Ask asks this machine for path at the port of address, where the program listens, and wants an answer of 200. encrypted says that it speaks
// TLS there.
func Ask(ctx context.Context, address, path string, encrypted bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	url, err := here(address, path, encrypted)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	transport := &http.Transport{} // and no proxy
	if encrypted {
		// The certificate is for the name by which others come. The question goes to this machine alone, and holds no secret.
		transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12} //nolint:gosec // see above
	}
	res, err := (&http.Client{Transport: transport, CheckRedirect: noRedirect}).Do(req)
	if err != nil {
		return fmt.Errorf("no answer: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, res.Status)
	}
	return nil
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// here is the address as this machine reaches it: a program that listens on all addresses is asked on loopback.
func here(address, path string, encrypted bool) (string, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", err
	}
	if port == "" || port == "0" {
		return "", errors.New("the port is chosen at the start: nobody knows it")
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	scheme := "http://"
	if encrypted {
		scheme = "https://"
	}
	return scheme + net.JoinHostPort(host, port) + path, nil
}
