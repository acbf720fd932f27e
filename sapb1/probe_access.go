package sapb1

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"datawald/order"
)

// Where people set things in B1's menus.
const (
	menuUsers      = "Administration > Setup > General > Users"
	menuRights     = "Administration > System Initialization > Authorizations > General Authorizations"
	menuLicences   = "Administration > License > License Administration"
	menuUserFields = "Tools > Customization Tools > User-Defined Fields - Management"
)

// signIn logs in, once: on top of what workers try, a second attempt could lock the user.
func (c *checkup) signIn(ctx context.Context) order.Finding {
	ctx, cancel := lingering(ctx, c.Client.settings.Timeout)
	defer cancel()
	began := time.Now()
	cookies, answer, err := c.Client.logIn(ctx)
	c.Client.session.loggedIn(cookies, err)
	c.login = time.Since(began)
	if err != nil {
		return c.refused(err)
	}
	c.signedIn = true
	var session struct {
		Version        string `json:"Version"`
		SessionTimeout int    `json:"SessionTimeout"`
	}
	if json.Unmarshal(answer, &session) == nil { // what it does not say is reported as not known
		c.build, c.idle = session.Version, time.Duration(session.SessionTimeout)*time.Minute
	}
	return ok(fmt.Sprintf("%s in %s, in %s", c.Client.settings.User, c.Client.settings.CompanyDB, short(c.login)))
}

// lingering outlives the end of ctx a little: a login that is broken off may leave a session behind that nobody can end.
func lingering(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	own, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(patience, cancel) })
	return own, func() { stop(); cancel() }
}

// refused says what is likeliest behind a refused login. The codes alone decide: texts are in the language of the user.
func (c *checkup) refused(err error) order.Finding {
	const lock = " The doctor tried once; workers that run try again every 30 s and may lock the user: stop them until this is mended."
	f, is := errors.AsType[*order.Failure](err)
	if !is || f.Kind != order.Config {
		return failed(err, "The load balancer answers; the login itself does not get through. A login takes 3 to 8 s: look into the Service Layer's log, and at B1_TIMEOUT.")
	}
	finding := failed(err, "")
	switch f.Code {
	case codeBadLogin:
		finding.Mend = "B1 finds no such company, user or password (-304). B1_COMPANY_DB is the name of the database (Choose Company > Database Name), not that of the company; B1_USER the User Code (" + menuUsers +
			"), in its capital letters; check B1_PASSWORD. Where people cannot sign in either, the Service Layer does not reach the SLD (licence server)." + lock
	case codeLoginFailed:
		finding.Mend = "User or password is wrong, or the user is locked: see B1_USER, B1_PASSWORD, and the check box Locked of the user (" + menuUsers + ")." + lock
	case codeSwitchCompany:
		finding.Mend = "B1 cannot open the company (-5027): B1_COMPANY_DB is not the name of a database on this server (Choose Company > Database Name), or the user may not enter it." + lock
	case codeNoSession:
	default:
		finding.Mend = "B1 refuses the sign-in. Check B1_COMPANY_DB, B1_USER and B1_PASSWORD, that the user is not locked (" + menuUsers + "), and that it has a licence that nobody else uses (" + menuLicences + ")." + lock
	}
	return finding
}

// spoken is what a call that failed says, with B1's code.
func spoken(err error) string {
	f, is := errors.AsType[*order.Failure](err)
	if !is {
		return err.Error()
	}
	if _, err := strconv.Atoi(f.Code); err == nil && !strings.Contains(f.Message, f.Code) {
		return f.Message + " (" + f.Code + ")"
	}
	return f.Message
}

// version reads B1's build, such as 1000280: release 10, feature pack line 00, build 280. Which feature pack a build is of is
// published nowhere; what hangs on one is found by trying.
func (c *checkup) version(context.Context) order.Finding {
	release, known := releaseOf(c.build)
	switch {
	case !known:
		return notChecked(fmt.Sprintf("the answer to the login names no build (%q)", c.build))
	case release < 10:
		return warn(fmt.Sprintf("build %s, SAP Business One %d", c.build, release),
			"The connector is made for release 10.0. Of earlier ones it is not known whether they check ETags (10.0 FP 2102 does) and speak OData 4: try with a test company.")
	}
	return ok(fmt.Sprintf("build %s, SAP Business One %d", c.build, release))
}

func releaseOf(build string) (release int, known bool) {
	const rest = 5 // 00280
	if len(build) <= rest {
		return 0, false
	}
	if _, err := strconv.Atoi(build); err != nil {
		return 0, false
	}
	release, err := strconv.Atoi(build[:len(build)-rest])
	return release, err == nil
}

// nobody is a reference that no order has: the questions of the worker, with an empty answer.
const nobody = "datawald-doctor"

// readOrders looks an order up as the worker does before it sends one.
func (c *checkup) readOrders(ctx context.Context) order.Finding {
	err := c.timed(func() error {
		_, err := c.Client.FindOrders(ctx, Reference{NumAtCard: nobody})
		return err
	})
	return c.mayRead(err, "Sales - A/R > Sales Order")
}

func (c *checkup) readDrafts(ctx context.Context) order.Finding {
	err := c.timed(func() error {
		_, err := c.Client.FindDrafts(ctx, Reference{NumAtCard: nobody})
		return err
	})
	return c.mayRead(err, "Sales - A/R > Sales Order, and Document Drafts Report")
}

// timed makes a cheap read and keeps how long it took.
func (c *checkup) timed(read func() error) error {
	began := time.Now()
	err := read()
	if err == nil {
		c.reads = append(c.reads, time.Since(began))
	}
	return err
}

// mayRead is the finding of a read that the worker makes. right is where B1 has the authorisation for it.
func (c *checkup) mayRead(err error, right string) order.Finding {
	if err == nil {
		return ok("allowed")
	}
	if f, is := errors.AsType[*order.Failure](err); is && f.Code == codeSessionGone {
		return wrong(spoken(err)+": the session is gone right after the sign-in", "Something on the way drops the cookies B1SESSION and ROUTEID, or sends each call to another Service Layer: let it pass both on, and keep callers with one node.")
	}
	return c.withRight(failed(err, ""), right)
}

// withRight adds to a refused read where its authorisation stands.
func (c *checkup) withRight(f order.Finding, right string) order.Finding {
	if f.Kind == order.Config {
		f.Mend = "Authorise " + c.Client.settings.User + " for " + right + " (" + menuRights + "), and give it a licence that covers that (" + menuLicences + ")."
	}
	return f
}

// write says what cannot be found out without writing.
func (c *checkup) write(context.Context) order.Finding {
	needs := "Full Authorization for Sales - A/R > Sales Order"
	if c.Uses != nil && c.Uses.Creates {
		needs += " and for Business Partners > Business Partner Master Data"
	}
	return notChecked("the doctor writes nothing. Orders need " + needs + " (" + menuRights + ")")
}

// signOut ends the session, so that its licence is free at once. It does so as well when ctx has ended.
func (c *checkup) signOut(ctx context.Context) order.Finding {
	if !c.signedIn {
		return order.Finding{}
	}
	c.signedIn = false
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	finding := ok("the session is ended, its licence free again")
	if err := c.Client.Logout(ctx); err != nil {
		finding = warn("the session could not be ended: "+spoken(err), "Nothing to do: it ends by itself after "+c.idleFor()+" without a call.")
	}
	finding.Check = checkSignOut
	return finding
}

func (c *checkup) idleFor() string {
	if c.idle <= 0 {
		return "B1's session time-out"
	}
	return fmt.Sprintf("%d min", int(c.idle.Minutes()))
}
