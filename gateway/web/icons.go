package web

import (
	"fmt"
	"html/template"
)

// shapes are the icons, on a square of 16: each state has a shape of its own, so that colour is never the only sign.
var shapes = map[string]string{
	"posted":    `<circle cx="8" cy="8" r="7" fill="currentColor"/><path d="M4.6 8.3l2.3 2.3 4.5-4.9" fill="none" class="cut" stroke-width="1.8"/>`,
	"held":      `<path d="M8 1l7.4 13.4H.6z" fill="currentColor"/><path d="M8 5.8v4M8 11.4v1.4" class="cut" stroke-width="1.8"/>`,
	"pending":   `<circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="1.8"/><path d="M8 4.4V8l2.6 1.6" fill="none" stroke="currentColor" stroke-width="1.6"/>`,
	"excluded":  `<circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="1.8"/><path d="M3.8 12.2l8.4-8.4" stroke="currentColor" stroke-width="1.8"/>`,
	"cancelled": `<path d="M3 3l10 10M13 3L3 13" stroke="currentColor" stroke-width="2.2"/>`,
	"draft":     `<path d="M3 1.8h6.2L13 5.6v8.6H3z" fill="none" stroke="currentColor" stroke-width="1.6" stroke-dasharray="2.4 1.4"/>`,
	"attention": `<path d="M8 .8L15.2 8 8 15.2.8 8z" fill="currentColor"/><path d="M8 4.4v4.2M8 10.2v1.4" class="cut" stroke-width="1.8"/>`,
	"trouble":   `<path d="M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5z" fill="currentColor"/><path d="M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2" class="cut" stroke-width="1.8"/>`,
	"unknown":   `<circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="1.8" stroke-dasharray="3 2"/>`,
	"today":     `<path d="M2 13.5h12M3.5 11V7M8 11V3M12.5 11V5.5" stroke="currentColor" stroke-width="1.8" fill="none"/>`,
	"orders":    `<path d="M2 4h12M2 8h12M2 12h8" stroke="currentColor" stroke-width="1.8"/>`,
	"work":      `<path d="M13.2 6A5.6 5.6 0 0 0 3 5M2.8 10A5.6 5.6 0 0 0 13 11M3 1.6V5h3.4M13 14.4V11H9.6" fill="none" stroke="currentColor" stroke-width="1.6"/>`,
	"rules":     `<path d="M2 4h5M11 4h3M2 8h1M7 8h7M2 12h7M13 12h1" stroke="currentColor" stroke-width="1.6"/><circle cx="9" cy="4" r="1.7" fill="currentColor"/><circle cx="5" cy="8" r="1.7" fill="currentColor"/><circle cx="11" cy="12" r="1.7" fill="currentColor"/>`,
	"runs":      `<path d="M4 2.4l9 5.6-9 5.6z" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linejoin="round"/>`,
	"books":     `<path d="M8 2v12M4.5 14h7M2.5 4.5h11M2.5 4.5L.8 9.5h3.4zM13.5 4.5l-1.7 5h3.4z" fill="none" stroke="currentColor" stroke-width="1.4" stroke-linejoin="round"/>`,
	"audit":     `<path d="M8 1.2l5.6 2v4.3c0 3.4-2.3 6-5.6 7.3-3.3-1.3-5.6-3.9-5.6-7.3V3.2z" fill="none" stroke="currentColor" stroke-width="1.6"/>`,
	"users":     `<circle cx="8" cy="5" r="2.9" fill="none" stroke="currentColor" stroke-width="1.6"/><path d="M2.4 14.4c.5-3.2 2.7-4.8 5.6-4.8s5.1 1.6 5.6 4.8" fill="none" stroke="currentColor" stroke-width="1.6"/>`,
	"out":       `<path d="M9 2H3v12h6M7 8h8M12 5l3 3-3 3" fill="none" stroke="currentColor" stroke-width="1.6"/>`,
	"theme":     `<circle cx="8" cy="8" r="6.4" fill="none" stroke="currentColor" stroke-width="1.6"/><path d="M8 1.6a6.4 6.4 0 0 1 0 12.8z" fill="currentColor"/>`,
	"search":    `<circle cx="6.6" cy="6.6" r="4.6" fill="none" stroke="currentColor" stroke-width="1.8"/><path d="M10 10l4.5 4.5" stroke="currentColor" stroke-width="1.8"/>`,
	"link":      `<path d="M6 3H3v10h10v-3M9 2h5v5M14 2L7.5 8.5" fill="none" stroke="currentColor" stroke-width="1.6"/>`,
}

// icon draws a shape; the words beside it say the same, so that it is hidden from screen readers.
func icon(name string) (template.HTML, error) {
	shape, ok := shapes[name]
	if !ok {
		return "", fmt.Errorf("there is no icon %q", name)
	}
	// Nothing of it comes from outside.
	return template.HTML(`<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">` + shape + `</svg>`), nil
}
