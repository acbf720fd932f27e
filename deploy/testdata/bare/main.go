// Command bare says what a program finds where there is nothing but itself.
package main

import (
	"crypto/x509"
	"fmt"
	"os"
	"time"

	_ "datawald/standalone"
)

func main() {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	pool, err := x509.SystemCertPool()
	if err != nil || pool.Equal(x509.NewCertPool()) {
		fmt.Println("no authorities:", err)
		os.Exit(1)
	}
	fmt.Println("authorities, and", zone)
}
