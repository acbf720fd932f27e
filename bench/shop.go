package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"datawald/sandbox/magentosim"
)

// credentials are those of the simulated shop; it signs like a real one, which is part of the work.
var credentials = magentosim.OAuthCredentials{ConsumerKey: "key", ConsumerSecret: "secret", AccessToken: "token", AccessTokenSecret: "hidden"}

// shopPart serves a shop full of orders until it is told to stop.
type shopPart struct {
	Orders  int
	Lines   int
	Extra   int
	Profile string
}

func (p shopPart) arguments() []string {
	return []string{"shop", "--orders", strconv.Itoa(p.Orders), "--lines", strconv.Itoa(p.Lines), "--extra", strconv.Itoa(p.Extra), "--profile", p.Profile}
}

// opened tells where the shop is, and how many bytes its orders have.
type opened struct {
	URL   string `json:"url"`
	Bytes int    `json:"bytes"`
}

// Run opens the shop, prints where it is, and serves.
func (p *shopPart) Run(ctx context.Context) error {
	shop, err := magentosim.New(magentosim.Config{Seed: 1, Orders: p.Orders, Lines: p.Lines, OAuth: credentials})
	if err != nil {
		return err
	}
	if err := p.load(shop); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(opened{URL: fmt.Sprintf("http://%s", listener.Addr()), Bytes: size(shop)}); err != nil {
		return err
	}
	defer profile(p.Profile, "shop")()
	server := &http.Server{Handler: shop, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// load makes every order heavier by Extra bytes, as a module does that keeps a picture in the order: text that cannot be
// compressed much.
func (p *shopPart) load(shop *magentosim.Shop) error {
	if p.Extra == 0 {
		return nil
	}
	picture := make([]byte, p.Extra*3/4)
	noise := rand.NewChaCha8([32]byte{1})
	for _, placed := range shop.Orders() {
		_, _ = noise.Read(picture) // it never fails
		text := base64.StdEncoding.EncodeToString(picture)
		if err := shop.Update(placed.EntityID, func(doc map[string]any) { doc["picture"] = text }); err != nil {
			return err
		}
	}
	return nil
}

// size is the number of bytes of all documents.
func size(shop *magentosim.Shop) (bytes int) {
	for _, placed := range shop.Orders() {
		document, _ := shop.Document(placed.EntityID)
		bytes += len(document)
	}
	return bytes
}
