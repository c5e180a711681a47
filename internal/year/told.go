package year

import (
	"slices"
	"strings"
	"time"
)

// told is what an owner has been told of a visit so far.
type told struct {
	received, standing bool      // that it was asked for, that it stands
	last               string    // "on", "off", "" for nothing
	start              time.Time // the time that was named last
	lost               bool      // something could not be told in time, or nobody could be told
	granted            bool      // it stood once, whether or not that was told
	absent             bool      // an absence called it off, and told its owner of that, perhaps together with other visits
}

// statePurposes tell of the visit itself.
var statePurposes = []string{"booking_received", "booking_confirmation", "booking_change", "booking_declined", "booking_cancellation"}

// state: the owner is told of what the visit is now, once, and of nothing that it no longer is.
func (v *course) state() {
	for i := 0; i < len(v.versions); {
		j := i + 1
		for j < len(v.versions) && v.versions[j].number == v.versions[i].number {
			j++
		}
		v.tell(v.versions[i], v.versions[j-1].until)
		i = j
	}
}

// purposes are what may tell of a version to an owner who knows what they know; none if nothing is to be said, and why.
func (v *course) purposes(s subject) (of []string, why, rule string) {
	k := v.told
	switch {
	case s.past():
		return nil, "the visit had begun when it was written down", "R-55"
	case s.Status == "requested" && !k.received:
		of = []string{"booking_received"}
	case s.Status == "requested":
		of = []string{"booking_change"}
	case s.expected() && !k.standing && k.last != "off" && !k.lost && !k.absent:
		of = []string{"booking_confirmation"}
	case s.expected() && !k.standing:
		of = []string{"booking_confirmation", "booking_change"}
	case s.expected():
		of = []string{"booking_change"}
	case s.Status == "cancelled" && s.cancelledBy == "absence":
		return nil, "the absence tells its owners itself", "R-47"
	case s.Status == "cancelled" && !s.Start.After(s.changed):
		return nil, "it was called off after its start", "R-09"
	case s.Status == "cancelled" && s.Online && !k.granted && s.cancelledBy != "owner":
		of = []string{"booking_declined"}
	case s.Status == "cancelled" && k.last == "on":
		of = []string{"booking_cancellation"}
	case s.Status == "cancelled":
		return nil, "the owner was never told that it stands", "R-09"
	default:
		return nil, "the visit is under way or over", "R-11"
	}
	return of, "", ""
}

// tell holds what was said of one version, from its making until the next, against what was to be said.
func (v *course) tell(begun version, until time.Time) {
	if begun.Status == "booked" || begun.Status == "confirmed" {
		v.told.granted = true
	}
	after := v.told
	for _, channel := range []string{"email", "sms"} {
		var of []string
		at := func(t time.Time) wish {
			s := v.at(t)
			purposes, why, rule := v.purposes(s)
			if why != "" {
				return wish{no: why, rule: rule}
			}
			of = purposes
			return v.telling(s, purposes, channel, t)
		}
		cut := v.moments.within(begun.from, until)
		gone := v.during(v.of(channel, statePurposes...), begun.from, until)
		if len(gone) > 1 {
			v.find("R-09", "visit %s: %s and %s told of the same version", v.id, gone[0].Key, gone[1].Key)
		}
		for _, r := range gone {
			v.claimed[r.ID] = true
			h := v.handed[r.ID][0]
			w := at(h.At)
			if w.no == "" && !slices.Contains(of, r.Purpose) {
				v.find("R-09", "%s at %s: %s was to be said", r.Key, short(h.At), list(of))
			}
			v.allowed(r, h, w)
			after = after.with(r.Purpose, begun.Start)
		}
		due, by, must := v.must(channel, cut, at)
		switch {
		case must && len(gone) == 0:
			v.find("R-09", "visit %s by %s: %s is missing, due %s", v.id, channel, list(of), short(due))
		case must && v.left(gone[0]).After(by):
			v.find("R-05", "%s left at %s, it was due %s", gone[0].Key, short(v.left(gone[0])), short(due))
		case len(gone) == 0:
			after.lost = after.lost || begun.standing()
		}
	}
	if begun.Status == "cancelled" && begun.cancelledBy == "absence" {
		after.absent = true
	}
	v.told = after
}

func (k told) with(purpose string, start time.Time) told {
	switch purpose {
	case "booking_received":
		k.received, k.last = true, "on"
	case "booking_confirmation", "booking_change":
		k.standing, k.last = k.standing || purpose == "booking_confirmation" || k.granted, "on"
	default:
		k.last = "off"
	}
	k.start = start
	return k
}

// telling is the wish of a version's message.
func (v *course) telling(s subject, purposes []string, channel string, t time.Time) wish {
	purpose, code := purposes[0], purposes[0]
	channels := s.place.ConfirmationChannels
	if !slices.Contains(channels, channel) && !(s.Online && channel == "email") {
		return wish{no: "the channel is not one of the location's", rule: "R-11"}
	}
	if s.reason.EndOfLife {
		// Only what the owner did is answered, in neutral words.
		if purpose == "booking_cancellation" || !s.Online && s.changedBy != "owner" {
			return wish{no: "such owners are phoned", rule: "R-10"}
		}
		if purpose != "booking_declined" {
			code = "visit_neutral"
		}
	}
	if code == "booking_confirmation" && s.reason.ConfirmedText != "" {
		code = s.reason.ConfirmedText
	}
	w := v.toOwner(s, purpose, channel, code, t)
	if len(purposes) > 1 {
		w.marks = nil
	}
	w.words = []string{spoken(s.Start, zone(s.place.Zone), w.locales[0])}
	planned := s.changed
	if s.changedBy == "staff" && s.Status != "cancelled" {
		planned = planned.Add(staffDelay)
	}
	w.schedule(planned)
	switch {
	case !t.Before(s.Start):
		w.maybe = true // what was kept back until the visit began may still go, what first becomes possible then does not
	case s.standing() && v.told.last == "on" && v.told.start.Equal(s.Start) && (v.told.standing || s.Status == "requested"):
		w.maybe = true // moved there and back again before anything left
	case v.told.absent, purpose == "booking_declined" && v.told.last == "":
		w.maybe = true
	}
	return w
}

// granted reports whether a visit ever stood before t.
func (v *course) granted(t time.Time) bool {
	return slices.ContainsFunc(v.versions, func(version version) bool { return version.expected() && version.from.Before(t) })
}

// calls: the owner of an end-of-life visit who must be told something is phoned.
func (v *course) calls() {
	for i, version := range v.versions {
		s := v.at(version.from)
		if i == 0 || !s.reason.EndOfLife || version.number == v.versions[i-1].number || version.changedBy != "staff" || s.past() {
			continue
		}
		called := version.Status == "cancelled"
		if called && (!version.Start.After(version.from)) || !called && version.Online || !called && !version.standing() {
			continue
		}
		about := "changed"
		if called {
			about = "cancelled"
			if version.Online && !v.granted(version.from) {
				about = "request"
			}
		}
		if !slices.ContainsFunc(v.Tasks, func(t Task) bool {
			return t.Kind == "call_owner" && t.Booking == v.id && strings.Contains(t.Title, about)
		}) {
			v.find("R-10", "visit %s: nobody was asked to call its owner about %s at %s", v.id, version.Status, short(version.from))
		}
	}
}
