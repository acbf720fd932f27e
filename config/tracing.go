package config

import "net/url"

// Tracing says where traces go. OpenTelemetry's library reads this and its other variables by itself; here the address is checked with all other
// settings.
type Tracing struct {
	// OTLPEndpoint is the address of the receiver; empty for no traces.
	OTLPEndpoint string `envconfig:"OTEL_EXPORTER_OTLP_ENDPOINT"`
}

func (t Tracing) check() []string {
	u, err := url.Parse(t.OTLPEndpoint)
	if t.OTLPEndpoint == "" || err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") {
		return nil
	}
	return []string{"OTEL_EXPORTER_OTLP_ENDPOINT: want an address such as http://127.0.0.1:4318"} // it may hold a password
}
