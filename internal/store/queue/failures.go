package queue

import (
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/outbox"
	"pawbell/internal/store"
)

// failure is a message that did not arrive, or that its receiver complained about.
type failure struct {
	ID, Location, Client, Booking, To string
	Purpose                           outbox.Purpose
	Channel                           outbox.Channel
	Failed                            bool // for good
	Reason                            outbox.Reason
	Complaint                         bool
}

// noteFailure stops what a provider's word stops, and asks a person where one is needed, once for each failure: about the address if that was
// news, else about the message.
func noteFailure(tx core.App, f failure) error {
	t := store.Task{Location: f.Location, Client: f.Client, Booking: f.Booking, Message: f.ID}
	if stop, ok := outbox.StopFor(f.Channel, f.Reason, f.Complaint); ok {
		made, err := store.StopAddress(tx, f.Channel, f.To, stop)
		if err != nil {
			return err
		}
		if made && stop.Wrong() {
			t.Kind, t.Title = "bounced_address", bouncedTitle(stop.Cause, f)
			return store.MakeTask(tx, t)
		}
	}
	if !f.Failed || !f.Purpose.AsksForHelp() {
		return nil
	}
	t.Kind, t.Title = "message_failed", "A message could not be delivered: "+f.Reason.Words()
	return store.MakeTask(tx, t)
}

func bouncedTitle(cause outbox.StopCause, f failure) string {
	switch {
	case cause == outbox.StopComplained:
		return store.Clipped("Somebody called our mail to "+f.To+" spam: nothing is sent there any more", store.LongestTitle)
	case f.Channel == outbox.SMS:
		return store.Clipped("Nobody can be reached at "+f.To+": no texts are sent there any more", store.LongestTitle)
	}
	return store.Clipped("E-mails to "+f.To+" come back: nothing is sent there any more", store.LongestTitle)
}
