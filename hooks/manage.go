package hooks

import (
	"net/http"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/links"
	"pawbell/internal/notify"
	"pawbell/internal/store"
)

// managePath is where the owner's page of one booking lives; a token follows.
const managePath = "/manage/"

func (h House) manageToken(v store.VisitRow) string {
	return h.Desk.Links.Token(links.Manage, v.ID, v.LinkVersion)
}

// opened is the booking that a link leads to.
type opened struct {
	clinic *store.Clinic
	at     *store.Location
	record *core.Record
	visit  store.VisitRow
}

// open finds the booking of the link in the address. An unknown link and a dead one look the same.
func (h House) open(e *core.RequestEvent, app core.App) (opened, error) {
	id, version, ok := h.Desk.Links.Open(links.Manage, e.Request.PathValue("token"))
	if !ok {
		return opened{}, unknownLink(e)
	}
	r, err := store.FindVisit(app, id)
	if err != nil {
		return opened{}, err
	}
	if r == nil || store.Visit(r).LinkVersion != version {
		return opened{}, unknownLink(e)
	}
	clinic, err := h.Desk.Clinic()
	if err != nil {
		return opened{}, err
	}
	o := opened{clinic: clinic, record: r, visit: store.Visit(r)}
	if o.at = clinic.Locations[o.visit.Location]; o.at == nil {
		return opened{}, unknownLink(e)
	}
	return o, nil
}

func unknownLink(e *core.RequestEvent) error {
	return e.NotFoundError("This link leads nowhere any more.", fieldProblem("token", "unknown_link", "This link leads nowhere any more."))
}

// manageShow answers what the owner's page shows.
func (h House) manageShow(e *core.RequestEvent) error {
	o, err := h.open(e, e.App)
	if err != nil {
		return err
	}
	return h.manageAnswer(e, o)
}

func (h House) manageAnswer(e *core.RequestEvent, o opened) error {
	first, pet, err := store.VisitNames(e.App, o.clinic, o.visit)
	if err != nil {
		return err
	}
	reason := ""
	if r := o.clinic.Reasons[o.visit.Reason]; r != nil {
		reason = r.Translations.Text(notify.Locale(e.Request.URL.Query().Get("locale")), "name", r.Name)
	}
	v, now := o.visit, h.Now()
	return e.JSON(http.StatusOK, map[string]any{
		"reference": v.Reference, "status": string(v.Status),
		"location": map[string]string{"name": o.at.Name, "phone": o.at.Phone, "address": o.at.Address},
		"reason":   reason, "pet_name": pet, "first_name": first,
		"starts_at": v.StartsAt.Format(time.RFC3339), "local": localTime(v.StartsAt, o.at), "timezone": o.at.Timezone,
		"can_cancel":  booking.CanCancel(v.Status, v.StartsAt, o.at.CutoffMinutes, now),
		"can_move":    booking.CanMove(v.Status, v.StartsAt, o.at.CutoffMinutes, now),
		"can_confirm": booking.CanConfirm(v.Status, v.StartsAt, now),
		"cutoff_at":   booking.CutoffAt(v.StartsAt, o.at.CutoffMinutes).UTC().Format(time.RFC3339),
	})
}

// manageConfirm is the owner saying that they will come. Saying it twice is saying it.
func (h House) manageConfirm(e *core.RequestEvent) error {
	return h.manageChange(e, func(_ core.App, o opened, now time.Time) error {
		switch {
		case o.visit.Status == booking.Confirmed:
			return nil
		case !booking.CanConfirm(o.visit.Status, o.visit.StartsAt, now):
			return tooLate(e, o.at)
		}
		store.SetStatus(o.record, booking.Confirmed, "")
		return nil
	})
}

// manageCancel is the owner calling the visit off, before the cut-off.
func (h House) manageCancel(e *core.RequestEvent) error {
	body, err := readObject(e)
	if err != nil {
		return err
	}
	form := bookingForm{body: body, problems: map[string]error{}}
	note := form.text("note", noteLength)
	if len(form.problems) > 0 {
		return e.BadRequestError("The visit could not be cancelled.", form.problems)
	}
	return h.manageChange(e, func(_ core.App, o opened, now time.Time) error {
		switch {
		case o.visit.Status == booking.Cancelled:
			return nil
		case !booking.CanCancel(o.visit.Status, o.visit.StartsAt, o.at.CutoffMinutes, now):
			return tooLate(e, o.at)
		}
		store.SetStatus(o.record, booking.Cancelled, note)
		return nil
	})
}

// manageMove is the owner choosing another time, before the cut-off and out of what the public may book.
func (h House) manageMove(e *core.RequestEvent) error {
	body, err := readObject(e)
	if err != nil {
		return err
	}
	form := bookingForm{body: body, problems: map[string]error{}}
	to := form.instant("starts_at")
	if len(form.problems) > 0 {
		return e.BadRequestError("The visit could not be moved.", form.problems)
	}
	return h.manageChange(e, func(tx core.App, o opened, now time.Time) error {
		switch {
		case o.visit.StartsAt.Equal(to):
			return nil
		case !booking.CanMove(o.visit.Status, o.visit.StartsAt, o.at.CutoffMinutes, now):
			return tooLate(e, o.at)
		}
		err := store.MoveVisit(tx, o.clinic, o.record, to, now)
		if refusal, ok := store.AsRefusal(err); ok {
			return e.BadRequestError("The visit could not be moved.", fieldError(refusal))
		}
		return err
	})
}

func tooLate(e *core.RequestEvent, at *store.Location) error {
	return e.BadRequestError("It is too late to change this visit here. Please call us.", fieldError(booking.TooLate(at.Phone)))
}

// manageChange lets the owner change the visit as it is now, in one transaction, and shows what came of it.
func (h House) manageChange(e *core.RequestEvent, change func(core.App, opened, time.Time) error) error {
	var o opened
	err := e.App.RunInTransaction(func(tx core.App) error {
		var err error
		if o, err = h.open(e, tx); err != nil {
			return err
		}
		was := o.visit
		if err := change(tx, o, h.Now()); err != nil {
			return err
		}
		if o.visit = store.Visit(o.record); o.visit.Status == was.Status && o.visit.StartsAt.Equal(was.StartsAt) {
			return nil
		}
		ctx := store.WithActor(e.Request.Context(), store.ByOwner)
		if err := tx.SaveWithContext(ctx, o.record); err != nil {
			return err
		}
		o.visit = store.Visit(o.record)
		return nil
	})
	if err != nil {
		return err
	}
	return h.manageAnswer(e, o)
}

// manageCalendar answers the visit as a calendar file.
func (h House) manageCalendar(e *core.RequestEvent) error {
	o, err := h.open(e, e.App)
	if err != nil {
		return err
	}
	v := o.visit
	file := notify.Calendar(notify.Event{
		BookingID: v.ID, Sequence: v.Sequence, StartsAt: v.StartsAt, EndsAt: v.EndsAt, Cancelled: v.Status == booking.Cancelled, Requested: v.Status == booking.Requested,
		Clinic: o.at.Name, Email: o.at.Notify.Organizer(), Address: o.at.Address, Phone: o.at.Phone, ManageURL: o.clinic.Base + managePath + e.Request.PathValue("token"),
		Stamp: h.Now(),
	})
	e.Response.Header().Set("Content-Disposition", `attachment; filename="visit.ics"`)
	return e.Blob(http.StatusOK, "text/calendar; charset=utf-8; method="+file.Method, file.Data)
}
