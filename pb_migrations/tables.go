// Package pb_migrations answers what the clinic's data looks like: every collection with its fields, the help that staff read beside
// them, its indexes and who may read and write it, one area per file in the order in which they are made.
//
// A file that was released is never edited; a change is a new file. The values of a select are never removed.
package pb_migrations

import (
	"fmt"
	"slices"

	"github.com/pocketbase/pocketbase/core"
)

// table is a collection before it is one. Relations name the collection they point to; create looks up its id.
type table struct {
	name    string
	auth    bool
	fields  []core.Field
	indexes []index
	access  access
	// settle adjusts what only this collection needs, before it is saved.
	settle func(*core.Collection)
}

// index is one index of a table. Where makes it partial; PocketBase 0.39 refuses parentheses in it.
type index struct {
	name    string
	unique  bool
	columns string
	where   string
}

// create makes the tables in the order given, so that a relation finds what it points to.
func create(app core.App, tables ...table) error {
	for _, t := range tables {
		if err := t.create(app); err != nil {
			return fmt.Errorf("create %s: %w", t.name, err)
		}
	}
	return nil
}

func (t table) create(app core.App) error {
	collection := core.NewBaseCollection(t.name)
	if t.auth {
		collection = core.NewAuthCollection(t.name)
	}
	var toItself []core.Field
	for _, field := range t.fields {
		relation, is := field.(*core.RelationField)
		if is && relation.CollectionId == t.name {
			toItself = append(toItself, field)
			continue
		}
		if is {
			target, err := app.FindCollectionByNameOrId(relation.CollectionId)
			if err != nil {
				return fmt.Errorf("find %s for %s: %w", relation.CollectionId, relation.Name, err)
			}
			relation.CollectionId = target.Id
		}
		collection.Fields.Add(field)
	}
	if len(toItself) > 0 {
		if err := app.Save(collection); err != nil {
			return err
		}
		for _, field := range toItself {
			field.(*core.RelationField).CollectionId = collection.Id
			at := slices.IndexFunc(t.fields, func(f core.Field) bool { return f.GetName() == field.GetName() })
			collection.Fields.AddAt(at+1, field)
		}
	}
	collection.Fields.Add(
		&core.AutodateField{Name: "created", OnCreate: true},
		&core.AutodateField{Name: "updated", OnCreate: true, OnUpdate: true},
	)
	for _, i := range t.indexes {
		collection.AddIndex("idx_"+t.name+"_"+i.name, i.unique, i.columns, i.where)
	}
	t.access.apply(collection)
	if t.settle != nil {
		t.settle(collection)
	}
	return app.Save(collection)
}

// drop deletes the collections in the order given, so the last one made comes first.
func drop(app core.App, names ...string) error {
	for _, name := range names {
		collection, err := app.FindCollectionByNameOrId(name)
		if err != nil {
			return fmt.Errorf("find %s: %w", name, err)
		}
		if err := app.Delete(collection); err != nil {
			return fmt.Errorf("drop %s: %w", name, err)
		}
	}
	return nil
}
