package sapb1

// IsApprovalCode reports whether code is the answer that B1 gives both when a reference is missing and when an approval
// procedure has turned the order into a draft: only a look into Drafts tells them apart (Service Layer API Reference,
// POST Orders).
func IsApprovalCode(code string) bool { return code == codeNoMatch }

// IsDuplicateCode reports whether code says that a unique key of the company was violated.
func IsDuplicateCode(code string) bool { return code == codeDuplicate }

// IsApproved reports whether an approver has let the draft pass; its author must still add it (WddStatus Y).
func (d *Document) IsApproved() bool {
	return d.AuthorizationStatus == "dasApproved" || d.AuthorizationStatus == "Y"
}
