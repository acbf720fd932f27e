package web

type chart struct{}
