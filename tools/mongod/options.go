package main

import (
	"flag"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"strings"
)

// options are the command line. Names are those of the real mongod where it has them.
type options struct {
	dbpath   string
	bindIP   string
	port     int
	portFile string
	verbose  bool
	version  bool
}

func (o options) address() string { return net.JoinHostPort(o.bindIP, strconv.Itoa(o.port)) }

// parseOptions reads the command line and says on stderr what is wrong with it.
func parseOptions(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("mongod", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.dbpath, "dbpath", "", "`directory` of the data; made when missing")
	flags.StringVar(&o.bindIP, "bind_ip", "127.0.0.1", "`address` to listen on; there is no password, so think before you leave loopback")
	flags.IntVar(&o.port, "port", 27017, "`port` to listen on; 0 takes a free one")
	flags.StringVar(&o.portFile, "portfile", "", "`file` that holds host:port while the store is ready")
	flags.BoolVar(&o.verbose, "verbose", false, "log connections and refused commands too, not only what is wrong")
	flags.BoolVar(&o.version, "version", false, "print the version and stop")
	if err := flags.Parse(args); err != nil {
		return o, err
	}

	err := o.validate(flags.Args())
	if err != nil {
		fmt.Fprintln(stderr, "mongod:", err)
	}
	return o, err
}

// validate checks and completes the options.
func (o *options) validate(rest []string) error {
	switch {
	case o.version:
		return nil
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q", rest[0])
	case o.dbpath == "":
		return fmt.Errorf("--dbpath is missing: name the directory of the data")
	case o.port < 0 || o.port > 65535:
		return fmt.Errorf("--port %d: want 0 to 65535", o.port)
	}

	path, err := filepath.Abs(o.dbpath)
	if err != nil {
		return fmt.Errorf("--dbpath %s: %w", o.dbpath, err)
	}
	// The path becomes part of an SQLite URI, where these have a meaning that FerretDB does not escape.
	if strings.ContainsAny(path, "?#%") {
		return fmt.Errorf("--dbpath %s: the path must not contain ?, # or %%", path)
	}
	o.dbpath = path
	return nil
}
