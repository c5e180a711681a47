package outbox

import "time"

const (
	// usefulFor is how long after its planned moment a message that no visit's start ends may still be handed over.
	usefulFor = 24 * time.Hour
	// soon is how near after the next opening a visit counts as soon for [UnlessSoon].
	soon = 2 * time.Hour
	// lastCall is how long before the start a reminder goes when no window opens before it any more.
	lastCall = time.Hour
)

// Schedule answers when a message leaves that was wished for at planned, and from when it is useless. visit is the
// start of the visit it is about, zero if there is none. Both answers are instants in the zone that planned came in.
//
// A send time that lies in the past is not corrected: whether it is late or was never possible is for the caller to say.
func Schedule(p Purpose, c Channel, planned time.Time, visit time.Time, w Window) (sendAt, expiresAt time.Time) {
	expiresAt = planned.Add(usefulFor)
	if p.Rules().Visit && !visit.IsZero() {
		expiresAt = visit
	}
	return fit(p.Rules().Binding(c), planned, visit, w), expiresAt
}

// SendNow answers the same for a person who wants a message to leave at once: the wish becomes now, and the window still
// binds, except where the purpose says otherwise. A moment that would lie before now is now: [Due] holds it back if it must wait.
func SendNow(p Purpose, c Channel, now time.Time, visit time.Time, w Window) (sendAt, expiresAt time.Time) {
	sendAt, expiresAt = Schedule(p, c, now, visit, w)
	if p.Rules().AtOnce || sendAt.Before(now) {
		sendAt = now
	}
	return sendAt, expiresAt
}

func fit(b Binding, planned, visit time.Time, w Window) time.Time {
	switch b {
	case MoveEarlier:
		return w.Earlier(planned)
	case MoveLater:
		return w.Later(planned)
	case UnlessSoon:
		if opening := w.Later(planned); visit.After(opening.Add(soon)) {
			return opening
		}
	}
	return planned
}
