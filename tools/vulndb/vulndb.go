// Package vulndb pins the database of known vulnerabilities that `make lint` asks: golang.org/x/vulndb, a module that has a file for each
// of them under data/osv. It has a go.mod of its own because nothing of it is built. A newer one:
//
//	cd tools/vulndb && go get golang.org/x/vulndb@latest
package vulndb
