package process

import "syscall"

// attributes puts the program into a group of its own, and has the kernel end it when this process dies without a word.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
