package store

import (
	"fmt"
	"strings"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/search"

	"pawbell/internal/store/record"
)

// Asker is the account whose rights a search runs with: by its id a superuser's or a staff account still in use, nil where there is no such
// account any more.
func Asker(app core.App, id string) (*core.Record, error) {
	if id == "" {
		return nil, nil
	}
	for _, accounts := range []string{core.CollectionNameSuperusers, Staff} {
		r, err := record.Find(app, accounts, id)
		if err != nil || r != nil && StillEmployed(r) {
			return r, err
		}
	}
	return nil, nil
}

// forSuperusers are what filters of all others may not speak of, as in PocketBase's own lists.
var forSuperusers = []string{"@collection.", "@request."}

// ClientsFound is a question for the ids of the clients that a PocketBase filter finds with an account's rights, as its own list of clients would: by the
// list rules of all collections on the filter's path, and without hidden fields, unless it is a superuser's. What is wrong with the
// filter is a *booking.Refusal on the field filter.
func ClientsFound(app core.App, filter string, asker *core.Record) (*dbx.SelectQuery, error) {
	if strings.TrimSpace(filter) == "" {
		return nil, Wrong("filter", "required", "Say whom you mean, as in city = 'Odense'. Everybody at once is nobody in particular.")
	}
	if asker == nil {
		return nil, Wrong("filter", "invalid_filter", "Whoever asked for this search has no account any more. Save it anew.")
	}
	clients, err := app.FindCachedCollectionByNameOrId(Clients)
	if err != nil {
		return nil, fmt.Errorf("clients: %w", err)
	}
	query := app.DB().Select("clients.id").From(Clients)
	resolver := core.NewRecordFieldResolver(app, clients, &core.RequestInfo{
		Context: core.RequestInfoContextDefault, Method: "GET", Auth: asker,
		Query: map[string]string{}, Headers: map[string]string{}, Body: map[string]any{},
	}, true)
	if !asker.IsSuperuser() {
		for _, field := range forSuperusers {
			if strings.Contains(filter, field) {
				return nil, InvalidFilter(filter, fmt.Errorf("only superusers may search by %s", field))
			}
		}
		if clients.ListRule == nil {
			return nil, InvalidFilter(filter, fmt.Errorf("only superusers may list clients"))
		}
		if *clients.ListRule != "" {
			allowed, err := search.FilterData(*clients.ListRule).BuildExpr(resolver)
			if err != nil {
				return nil, fmt.Errorf("list rule of clients: %w", err)
			}
			query.AndWhere(allowed)
		}
		resolver.SetAllowHiddenFields(false)
	}
	expression, err := search.FilterData(filter).BuildExpr(resolver)
	if err != nil {
		return nil, InvalidFilter(filter, err)
	}
	query.AndWhere(expression)
	if err := resolver.UpdateQuery(query); err != nil {
		return nil, InvalidFilter(filter, err)
	}
	return query, nil
}

// InvalidFilter says what PocketBase does not understand about a filter.
func InvalidFilter(filter string, err error) error {
	refusal := Wrong("filter", "invalid_filter", "This search is not understood: "+Clipped(err.Error(), LongestTitle)+". Write it as in city = 'Odense' or patients_via_client.species.name ?= 'Dog'.")
	refusal.Params = map[string]any{"filter": Clipped(filter, LongestTitle)}
	return refusal
}
