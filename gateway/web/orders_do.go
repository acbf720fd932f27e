package web

func bulk(v *visit) error { return nowhere(v) }
