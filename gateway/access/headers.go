package access

import "net/http"

// PageHeaders are those of a page: it takes scripts, styles, pictures and data from this gateway alone, sends forms to it alone, and
// nobody embeds it. They stand in place of the stricter ones that answers of the API have.
func PageHeaders(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'; object-src 'none'")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
}
