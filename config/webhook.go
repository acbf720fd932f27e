package config

import (
	"fmt"
	"strings"
	"unicode"
)

// Webhook is what the gateway needs to take the word of a shop that orders changed. The names follow those of Magento:
// MAGENTO_WEBHOOK_SECRET, MAGENTO_EU_WEBHOOK_SECRET.
type Webhook struct {
	// WebhookSecret is what the sender must know, at least 16 characters; empty switches the webhook off.
	WebhookSecret string `split_words:"true" secret:"WEBHOOK_SECRET"`
}

// minSecret is the least length of a secret: 16 characters by chance cannot be guessed, however often one tries.
const minSecret = 16

// loadWebhook adds the secret of an instance, where it has one.
func loadWebhook(instance string, secrets map[string]string) []string {
	var w Webhook
	group := prefix("MAGENTO", instance)
	problems := load(group, &w)
	problems = append(problems, w.check(group)...)
	if w.WebhookSecret != "" {
		secrets[instance] = w.WebhookSecret
	}
	return problems
}

func (w Webhook) check(prefix string) (problems []string) {
	name := prefix + "_WEBHOOK_SECRET"
	if n := len(w.WebhookSecret); n > 0 && n < minSecret {
		problems = append(problems, fmt.Sprintf("%s: has %d characters, want at least %d, chosen by chance (openssl rand -hex 24)", name, n, minSecret))
	}
	if strings.ContainsFunc(w.WebhookSecret, func(r rune) bool { return r > unicode.MaxASCII || r <= ' ' || r == 0x7f }) {
		problems = append(problems, name+": holds a space or a character that is not ASCII, which no header can carry")
	}
	return problems
}
