package hooks

import (
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store"
)

// setupChanged runs after the commit of anything that a clinic sets up.
func (h House) setupChanged(e *core.RecordEvent) error {
	h.Desk.SetupChanged()
	return e.Next()
}

// rosterChanged runs after the commit of who works when.
func (h House) rosterChanged(e *core.RecordEvent) error {
	h.Desk.RosterChanged()
	return e.Next()
}

// applicationURLChanged: every link in a message starts with it.
func (h House) applicationURLChanged(e *core.SettingsReloadEvent) error {
	if err := e.Next(); err != nil {
		return err
	}
	h.Desk.SetupChanged()
	return nil
}

// locationMade gives a new location its settings, so that there is never one without.
func (h House) locationMade(e *core.RecordEvent) error {
	store.CompleteLocation(e.Record)
	if err := e.Next(); err != nil {
		return err
	}
	return store.MakeSettings(e.App, e.Record)
}

func settingsCompleted(e *core.RecordEvent) error {
	store.CompleteSettings(e.Record)
	return e.Next()
}

// sound makes a validation hook of a check that looks at the record alone.
func sound(check func(*core.Record) error) func(*core.RecordEvent) error {
	return func(e *core.RecordEvent) error {
		if err := e.Next(); err != nil {
			return err
		}
		return refused(check(e.Record))
	}
}

var (
	locationSound        = sound(store.CheckLocation)
	bookingSettingsSound = sound(store.CheckBookingSettings)
	messageSettingsSound = sound(store.CheckMessageSettings)
	shiftSound           = sound(store.CheckShift)
	reasonSound          = sound(store.CheckReason)
	translationsSound    = sound(store.CheckTranslations)
)

// templateNormalised stores the merge codes of older programs as ours.
func templateNormalised(e *core.RecordEvent) error {
	store.NormaliseTemplate(e.Record)
	return e.Next()
}

// templateSound refuses a text that could not be sent: unknown codes, broken syntax, an SMS over its limit on long names.
func templateSound(e *core.RecordEvent) error {
	if err := e.Next(); err != nil {
		return err
	}
	// Read through e.App: the first texts are saved in the very transaction that makes the tables.
	clinic, err := store.LoadClinic(e.App)
	if err != nil {
		return err
	}
	return refused(store.CheckTemplate(clinic, e.Record))
}
