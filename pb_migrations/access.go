package pb_migrations

import (
	"strings"

	"github.com/pocketbase/pocketbase/core"
)

// rule is an API rule of PocketBase. The zero rule lets in superusers only, whom rules never bind; hooks do.
type rule string

// anyone lets in everybody, logged in or not.
const anyone rule = "anyone"

// access says who may read and write a collection.
type access struct {
	read, create, update, delete rule
}

func (a access) apply(collection *core.Collection) {
	collection.ListRule = a.read.pointer()
	collection.ViewRule = a.read.pointer()
	collection.CreateRule = a.create.pointer()
	collection.UpdateRule = a.update.pointer()
	collection.DeleteRule = a.delete.pointer()
}

func (r rule) pointer() *string {
	switch r {
	case "":
		return nil
	case anyone:
		return new(string)
	}
	s := string(r)
	return &s
}

// staff lets in accounts that are still in use and fulfil every condition.
func staff(conditions ...string) rule {
	return rule(strings.Join(append([]string{
		"@request.auth.collectionName = 'staff'", "@request.auth.inactive = false",
	}, conditions...), " && "))
}

const (
	manager   = "@request.auth.role = 'manager'"
	reception = "(@request.auth.role = 'reception' || @request.auth.role = 'manager')"
	// everywhere is an account that no list of locations limits.
	everywhere = "@request.auth.locations:length = 0"
)

// at holds where the location in field is one of the account's. An account without a list works everywhere.
func at(field string) string {
	return "(" + everywhere + " || @request.auth.locations.id ?= " + field + ")"
}

// atOrNone is like at, and holds for records that belong to no location in particular.
func atOrNone(field string) string {
	return "(" + field + " = '' || " + everywhere + " || @request.auth.locations.id ?= " + field + ")"
}

// staysIn holds where a change leaves field alone or moves the record to another location of the account's.
func staysIn(field string) string {
	return "(@request.body." + field + ":changed = false || " + at("@request.body."+field) + ")"
}

// fixed holds where a change leaves every one of the fields alone.
func fixed(fields ...string) string {
	conditions := make([]string, len(fields))
	for i, field := range fields {
		conditions[i] = "@request.body." + field + ":changed = false"
	}
	return strings.Join(conditions, " && ")
}

// ofLocation is for records that belong to one location: staff of that location read and write them, and moving one needs both.
func ofLocation() access {
	own := staff(at("location"))
	return access{read: own, create: own, update: staff(at("location"), staysIn("location")), delete: own}
}

// ofLocationByManagers is for what only managers of a location arrange and all its staff read.
func ofLocationByManagers() access {
	own := staff(manager, at("location"))
	return access{read: staff(at("location")), create: own, update: staff(manager, at("location"), staysIn("location")), delete: own}
}

// ofChain is for what every location shares: all staff read it, managers write it.
func ofChain() access {
	return access{read: staff(), create: staff(manager), update: staff(manager), delete: staff(manager)}
}
