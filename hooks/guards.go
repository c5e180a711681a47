package hooks

import (
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store"
)

// guard is what holds for every record before its own rules are asked: values are read as they were meant, nobody's stale form undoes
// the machine's work, what happened stays written as it happened, and what people change leaves a trace. It comes first in [Bind],
// since the hooks after it rely on e.Record being the row as it is now.
func guard(app core.App, now func() time.Time) {
	app.OnServe().BindFunc(guardRoutes)

	app.OnRecordCreateRequest().BindFunc(valuesAreRead)
	app.OnRecordUpdateRequest().BindFunc(valuesAreRead)
	app.OnRecordValidate().BindFunc(writtenRight)

	app.OnRecordCreate(store.Revisioned()...).BindFunc(revisionRaised)
	app.OnRecordUpdate(store.Revisioned()...).BindFunc(inTx(revisionRaised))
	app.OnRecordCreateRequest(store.Revisioned()...).BindFunc(bornUntouched)
	app.OnRecordUpdateRequest(store.Revisioned()...).BindFunc(inRequestTx(ontoTheRowAsItIs))

	app.OnRecordUpdateRequest(store.Messages).BindFunc(messageByHand(now))
	app.OnRecordDeleteRequest(store.Messages).BindFunc(writtenByMachine)
	app.OnRecordUpdateRequest("reminders").BindFunc(reminderByHand)
	app.OnRecordUpdateRequest(store.Runs).BindFunc(runByHand(now))
	app.OnRecordValidate(store.Bookings).BindFunc(bookingMoves(now))
	for _, log := range []string{store.MessageEvents, "audit"} {
		app.OnRecordCreateRequest(log).BindFunc(writtenByMachine)
		app.OnRecordUpdateRequest(log).BindFunc(writtenByMachine)
		app.OnRecordDeleteRequest(log).BindFunc(writtenByMachine)
	}

	app.OnRecordDelete(store.Bookings, store.Clients, store.Patients).BindFunc(inTx(keptWithMessages))
	app.OnRecordDelete(store.Locations).BindFunc(inTx(keptWithBookings))
	app.OnRecordDelete(store.Listed()...).BindFunc(inTx(keptWhileNamed))
	app.OnRecordDelete(store.BookingSettings, store.MessageSettings).BindFunc(inTx(goesWithLocation))

	app.OnCollectionDeleteRequest().BindFunc(collectionsStay)
	app.OnCollectionUpdateRequest().BindFunc(fieldsStay)
	app.OnCollectionsImportRequest().BindFunc(collectionsNotImported)

	app.OnRecordCreateRequest(audited...).BindFunc(inRequestTx(auditCreated(now)))
	app.OnRecordUpdateRequest(audited...).BindFunc(inRequestTx(auditUpdated(now)))
	app.OnRecordDeleteRequest(audited...).BindFunc(inRequestTx(auditDeleted(now)))
}
