package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const lockFile = "mongod.lock"

// directory is the data directory, held for this process alone.
type directory struct {
	path string
	lock *os.File
}

// openDirectory makes the directory when it is missing and takes it. Two stores on one directory would each keep its own
// list of collections and its own turns, and lose updates. The lock is the kernel's, so it ends with the process however
// that ends; the file only names the holder.
func openDirectory(path string) (*directory, error) {
	if err := os.MkdirAll(path, 0o750); err != nil {
		return nil, fmt.Errorf("--dbpath %s cannot be made: %w", path, err)
	}

	file, err := os.OpenFile(filepath.Join(path, lockFile), os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, fmt.Errorf("--dbpath %s cannot be written: %w", path, err)
	}

	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("--dbpath %s is in use by %s: stop it, or name another directory with --dbpath", path, holder(file))
		}
		return nil, fmt.Errorf("--dbpath %s cannot be locked: %w", path, err)
	}

	d := &directory{path: path, lock: file}
	if err := d.sign(); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// sign writes this process's ID into the lock file.
func (d *directory) sign() error {
	if err := d.lock.Truncate(0); err != nil {
		return fmt.Errorf("--dbpath %s cannot be written: %w", d.path, err)
	}
	if _, err := d.lock.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return fmt.Errorf("--dbpath %s cannot be written: %w", d.path, err)
	}
	return nil
}

// close gives the directory free. The file stays: removing it would let two processes lock two files of the same name.
func (d *directory) close() { _ = d.lock.Close() }

// holder says who wrote the lock file.
func holder(file io.Reader) string {
	content, err := io.ReadAll(io.LimitReader(file, 32))
	if pid := strings.TrimSpace(string(content)); err == nil && pid != "" {
		return "process " + pid
	}
	return "another process"
}
