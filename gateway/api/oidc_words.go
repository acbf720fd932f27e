package api

import (
	"net/http"
	"net/url"

	"datawald/config"
	"datawald/gateway/access"
)

// ProviderWay is what the sign-in page shows of the way in by an identity provider.
type ProviderWay struct {
	// Name is what the provider is called; empty where there is none.
	Name string
}

// Way is the one of the settings.
func Way(g *config.Gateway) (w ProviderWay) {
	if g.Provided() {
		w.Name = g.ProviderName
	}
	return w
}

// Address is where signing in there begins; next is the path to which one comes in the end.
func (ProviderWay) Address(next string) string {
	return providerBegin + "?" + url.Values{"next": {next}}.Encode()
}

// EndAddress is where one signs out there.
func (ProviderWay) EndAddress() string { return providerEnd }

// refusals of the way in by a provider: what is said of each. The words are fixed, since the address of the sign-in page can be made up.
var providerWords = map[string]struct{ title, detail string }{
	string(access.Unreachable): {"The identity provider does not answer", "Nobody was signed in. Try again in some seconds, or sign in with name and password if you have one here. " +
		"The gateway's log says what it asked for."},
	string(access.Expired):   {"The sign-in cannot be continued", "It took longer than 10 minutes, was begun in another window, or was finished already. Begin again."},
	string(access.Denied):    {"The identity provider let nobody in", "It said no, or somebody stopped there. Begin again; if it stays, ask who runs the provider whether you may use this program."},
	string(access.Untrusted): {"The identity provider's answer cannot be relied on", "Nobody was signed in. Begin again; if it stays, the gateway's log says what is wrong with it."},
	string(access.NoRole):    {"Your account has no role here", "The provider knows you, and none of your groups is one of OIDC_ROLES. Ask an admin to put you into one."},
	string(access.NoName):    {"Your account has no name that can be used here", "It wants 1 to 64 of a-z, 0-9, '.', '_', '-' and '@'. The setting OIDC_NAME_CLAIM says where it is looked for."},
	string(access.Unverified): {"Nobody has verified your e-mail address", "Role or name follow from it here, and the provider does not say that it is yours. Have it verified there and begin again. " +
		"OIDC_ROLE_CLAIM and OIDC_NAME_CLAIM say what they follow from."},
	string(access.NameTaken): {"Somebody else has your name here", "There is a user of this name with a password, or it was another's at the provider. If he is you, an admin removes that user " +
		"(starter user remove), and you begin again."},
	string(access.OutOfUse):  {"Your user is disabled", "An admin has seen to it that you may not sign in. Ask him."},
	string(access.NoRoom):    {"There are 500 users already", "An admin removes one first."},
	string(access.Throttled): {"Too many sign-ins failed", "Wait some minutes and begin again."},
	"store":                  {"The store does not answer", "Without it nobody can be let in. No order is lost. Try again in some seconds; if it lasts, look at that server."},
	"no-sign-out":            {"The identity provider has no way to sign out from here", "You are signed out of this program. Sign out of the provider on its own page."},
}

// ProviderProblem says why nobody was let in, by the code in the address of the sign-in page; nil for none.
func ProviderProblem(code string) *Problem {
	words, known := providerWords[code]
	if !known {
		return nil
	}
	return &Problem{Title: words.title, Detail: words.detail, Status: http.StatusOK}
}
