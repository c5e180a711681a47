package store

import (
	"fmt"
	"slices"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store/record"
)

// Statement is what one company owes for the text messages of a quarter.
type Statement struct {
	LegalID   string  `db:"legal_id"`
	LegalName string  `db:"-"` // of the locations that have this id now, "" where none has
	Period    string  `db:"period"`
	Currency  string  `db:"currency"`
	Messages  float64 `db:"messages"`
	Parts     float64 `db:"parts"`
	Cost      float64 `db:"cost"`
}

// Statements reads a quarter's statements by legal id, then currency. legalIDs limits them, nil = all.
func Statements(app core.App, period string, legalIDs []string) ([]Statement, error) {
	query := app.DB().Select("legal_id", "period", "currency", "messages", "parts", "cost").From("statements").
		Where(dbx.HashExp{"period": period}).OrderBy("legal_id", "currency")
	if legalIDs != nil {
		query.AndWhere(record.In("legal_id", legalIDs))
	}
	var statements []Statement
	if err := query.All(&statements); err != nil {
		return nil, fmt.Errorf("read statements: %w", err)
	}
	var companies []struct {
		LegalID   string `db:"legal_id"`
		LegalName string `db:"legal_name"`
	}
	if err := app.DB().Select("legal_id", "legal_name").From(Locations).Where(dbx.NewExp("legal_name != ''")).OrderBy("name").All(&companies); err != nil {
		return nil, fmt.Errorf("read companies: %w", err)
	}
	for i, s := range statements {
		for _, c := range companies {
			if c.LegalID == s.LegalID {
				statements[i].LegalName = c.LegalName
				break
			}
		}
	}
	return statements, nil
}

// Companies are the legal ids whose statements an account may read: nil for all of them, ok false for none at all. Superusers and managers whom no
// list of locations limits read all, other managers those of their locations.
func Companies(clinic *Clinic, account *core.Record) (legalIDs []string, ok bool) {
	switch {
	case account == nil:
		return nil, false
	case account.IsSuperuser():
		return nil, true
	case account.Collection().Name != Staff || record.Truth(account, "inactive") || record.Text(account, "role") != "manager":
		return nil, false
	}
	at := record.List(account, "locations")
	if len(at) == 0 {
		return nil, true
	}
	legalIDs = []string{}
	for _, id := range at {
		if l := clinic.Locations[id]; l != nil && !slices.Contains(legalIDs, l.LegalID) {
			legalIDs = append(legalIDs, l.LegalID)
		}
	}
	return legalIDs, true
}
