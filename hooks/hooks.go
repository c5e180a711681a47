// Package hooks answers what happens when a record changed or a request came in.
//
// [Bind] is its table of contents: which record, when, and who has a say. A handler loads, asks one rule, and saves; what the rules are
// stands in internal/. Model hooks carry the consequences, so that the dashboard, REST, batches, jobs and imports all behave alike;
// request hooks are used where it matters that a person asks.
package hooks

import (
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/gateway"
	"pawbell/internal/store"
	"pawbell/internal/store/runs"
)

// House is what the hooks are given.
type House struct {
	Desk *store.Desk
	// Now is the clinic's clock.
	Now func() time.Time
	// RealNow is the real clock, by which providers sign; nil = Now.
	RealNow func() time.Time
	// Gateways are who reports by webhook; the zero Set is nobody.
	Gateways gateway.Set
	// Ring wakes the dispatcher after a commit that may have queued something.
	Ring func()
}

// Bind is the product on one screen: what is saved, when, and who has a say.
func Bind(app core.App, h House) {
	app.OnRecordCreateRequest(store.Copied()...).BindFunc(copyBegun)
	app.OnRecordCreateRequest(runs.Planning()...).BindFunc(h.followCounted)
	app.OnRecordUpdateRequest(runs.Planning()...).BindFunc(h.followCounted)
	// A preview counts too, and like them ahead of the guard, which opens transactions.
	app.OnRecordCreateRequest(store.ReminderRules).BindFunc(h.ruleAsked)
	app.OnRecordUpdateRequest(store.ReminderRules).BindFunc(h.ruleAsked)
	// A message to many is counted before the guards open their transaction: that takes a while, and nobody who books is to wait for it.
	app.OnRecordCreateRequest(store.Broadcasts).BindFunc(h.broadcastCounted)
	app.OnRecordUpdateRequest(store.Broadcasts).BindFunc(h.broadcastCounted)
	guard(app, h.Now)

	app.OnRecordCreateRequest(store.BookingRequests).BindFunc(h.bookingAsked)

	app.OnRecordCreateRequest(store.Bookings).BindFunc(priceSent)
	app.OnRecordValidate(store.Bookings).BindFunc(h.bookingFits)
	app.OnRecordCreate(store.Bookings).BindFunc(inTx(h.bookingMade))
	app.OnRecordUpdate(store.Bookings).BindFunc(inTx(h.bookingChanged))
	app.OnRecordDelete(store.Bookings).BindFunc(inTx(h.bookingRemoved))
	afterEach(app, h.bookingSettled, store.Bookings)

	app.OnRecordCreateRequest(store.Messages).BindFunc(inRequestTx(h.messageWritten))
	app.OnRecordUpdateRequest(store.Messages).BindFunc(h.messageCorrected)
	app.OnRecordUpdate(store.Messages).BindFunc(inTx(h.messageCommanded))
	app.OnRecordUpdate(store.Messages).BindFunc(inTx(h.recallMessageChanged))
	afterEach(app, h.messageSettled, store.Messages)

	app.OnRecordCreateRequest(store.Broadcasts).BindFunc(broadcastWritten)
	app.OnRecordUpdateRequest(store.Broadcasts).BindFunc(broadcastWritten)
	app.OnRecordValidate(store.Broadcasts).BindFunc(h.broadcastSound)
	app.OnRecordCreate(store.Broadcasts).BindFunc(inTx(h.broadcastSaved))
	app.OnRecordUpdate(store.Broadcasts).BindFunc(inTx(h.broadcastSaved))
	app.OnRecordDelete(store.Broadcasts).BindFunc(inTx(broadcastKept))
	app.OnRecordEnrich(store.Broadcasts).BindFunc(broadcastShown)

	app.OnRecordCreateRequest(store.Tasks).BindFunc(inRequestTx(h.taskTicked))
	app.OnRecordUpdateRequest(store.Tasks).BindFunc(inRequestTx(h.taskTicked))

	app.OnRecordCreate(store.Clients).BindFunc(inTx(h.clientSaved))
	app.OnRecordUpdate(store.Clients).BindFunc(inTx(h.clientChanged))
	app.OnRecordCreate(store.Patients).BindFunc(inTx(h.patientMade))
	app.OnRecordUpdate(store.Patients).BindFunc(inTx(h.patientChanged))

	app.OnRecordCreateRequest(store.Reminders).BindFunc(h.reminderWritten)
	app.OnRecordValidate(store.Reminders).BindFunc(h.reminderSound)
	app.OnRecordCreate(store.Reminders).BindFunc(inTx(h.reminderMade))
	app.OnRecordUpdate(store.Reminders).BindFunc(inTx(h.reminderChanged))
	app.OnRecordDelete(store.Reminders).BindFunc(inTx(h.reminderRemoved))
	afterEach(app, h.ringAfter, store.Reminders)

	app.OnRecordCreateRequest(store.StoppedAddresses).BindFunc(stopReadable)
	app.OnRecordUpdateRequest(store.StoppedAddresses).BindFunc(stopReadable)
	app.OnRecordDeleteRequest(store.StoppedAddresses).BindFunc(noteBeforeLifting)
	app.OnRecordDelete(store.StoppedAddresses).BindFunc(inTx(h.stopLifted))
	app.OnRecordAfterDeleteSuccess(store.StoppedAddresses).BindFunc(h.ringAfter)

	app.OnRecordCreate(store.Locations).BindFunc(inTx(h.locationMade))
	app.OnRecordValidate(store.Locations).BindFunc(locationSound)
	app.OnRecordCreate(store.BookingSettings, store.MessageSettings).BindFunc(settingsCompleted)
	app.OnRecordUpdate(store.BookingSettings, store.MessageSettings).BindFunc(settingsCompleted)
	app.OnRecordValidate(store.BookingSettings).BindFunc(bookingSettingsSound)
	app.OnRecordValidate(store.MessageSettings).BindFunc(messageSettingsSound)
	app.OnRecordValidate(store.Shifts).BindFunc(shiftSound)
	app.OnRecordValidate(store.Absences).BindFunc(h.absenceSound)
	app.OnRecordCreate(store.Absences).BindFunc(inTx(h.absenceMade))
	app.OnRecordUpdate(store.Absences).BindFunc(inTx(h.absenceChanged))
	app.OnRecordDelete(store.Absences).BindFunc(inTx(h.absenceLifted))
	afterEach(app, h.ringAfter, store.Absences)
	app.OnRecordValidate(store.Reasons).BindFunc(reasonSound)
	app.OnRecordValidate(store.BookingSettings, store.Species, store.ReasonGroups, store.Reasons).BindFunc(translationsSound)
	app.OnRecordCreate(store.Templates).BindFunc(templateNormalised)
	app.OnRecordUpdate(store.Templates).BindFunc(templateNormalised)
	app.OnRecordValidate(store.Templates).BindFunc(templateSound)

	app.OnRecordCreate(runs.Planning()...).BindFunc(inTx(h.setupFollowed))
	app.OnRecordUpdate(runs.Planning()...).BindFunc(inTx(h.setupFollowed))
	app.OnRecordDelete(runs.Planning()...).BindFunc(inTx(h.setupRemoved))
	app.OnModelUpdate("_params").BindFunc(h.applicationURLFollowed)

	app.OnRecordCreateRequest(store.Runs).BindFunc(inRequestTx(runAsked))
	app.OnRecordCreate(store.Runs).BindFunc(runCompleted)
	afterEach(app, h.runSettled, store.Runs)
	app.OnRecordValidate(store.ReminderRules).BindFunc(ruleSound)
	app.OnRecordCreate(store.ReminderRules).BindFunc(inTx(h.ruleMade))
	app.OnRecordUpdate(store.ReminderRules).BindFunc(inTx(h.ruleChanged))
	app.OnRecordDelete(store.ReminderRules).BindFunc(inTx(h.ruleRemoved))
	app.OnRecordUpdate(store.Reasons).BindFunc(inTx(h.reasonRegrouped))

	afterEach(app, h.setupChanged, store.SetUp()...)
	afterEach(app, h.rosterChanged, store.Shifts, store.Absences, store.Practitioners)
	app.OnSettingsReload().BindFunc(h.applicationURLChanged)

	app.OnServe().BindFunc(h.routes)
}

// afterEach calls a handler after the commit of every create, update and delete.
func afterEach(app core.App, handler func(*core.RecordEvent) error, collections ...string) {
	app.OnRecordAfterCreateSuccess(collections...).BindFunc(handler)
	app.OnRecordAfterUpdateSuccess(collections...).BindFunc(handler)
	app.OnRecordAfterDeleteSuccess(collections...).BindFunc(handler)
}
