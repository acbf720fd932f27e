package b1sim

// Rights are what the signed-in user is, and what the company keeps from it.
type Rights struct {
	// Regular is true of a user that is no superuser. Default false.
	Regular bool `json:"regular"`
	// Ownership is true where the company has data ownership: a regular user sees documents without an owner, and its own. Superusers see all (SAP's course
	// "Utilizing Data Ownership Authorizations").
	Ownership bool `json:"ownership"`
	// Employee is the user's employee, as DocumentsOwner names one; 0 for none.
	Employee int64 `json:"employee"`
}

// SetRights changes what the signed-in user is.
func (c *Company) SetRights(r Rights) { c.set(func(s *settings) { s.rights = r }) }

// SetPassword changes the user's password and ends all sessions, so that the next call signs in.
func (c *Company) SetPassword(password string) {
	c.set(func(s *settings) { s.password = password })
	c.ExpireSessions()
}

// signsIn reports whether these are the user and its password.
func (c *Company) signsIn(user, password string) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return user == c.cfg.User && password == c.settings.password
}

// hides reports whether a row of an entity set is kept from the user. The caller holds the lock.
func (c *Company) hides(set *entitySet, r row) bool {
	is := c.settings.rights
	if !is.Regular || !is.Ownership || set.name != setOrders && set.name != setDrafts {
		return false
	}
	return r.has("DocumentsOwner") && r.integer("DocumentsOwner") != is.Employee
}

// currentUser answers UsersService_GetCurrentUser.
func (x *exec) currentUser() []byte {
	super := yes
	if x.c.settings.rights.Regular {
		super = no
	}
	return mustJSON(map[string]any{"InternalKey": 1, "UserCode": x.c.cfg.User, "UserName": x.c.cfg.User, "Superuser": super})
}
