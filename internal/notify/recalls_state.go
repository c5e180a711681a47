package notify

import (
	"slices"

	"pawbell/internal/outbox"
	"pawbell/internal/reminder"
)

// stateOf says where a reminder stands once its client's messages are planned.
func (p *recallPlanner) stateOf(t *recallTurn) RecallState {
	s := RecallState{ID: t.ID, LookAt: t.lookAt, Words: p.followed(t)}
	var progress reminder.Progress
	for _, occasion := range t.occasions() {
		first := occasion[0]
		count := func(f fate) int {
			n := 0
			for _, one := range occasion {
				if one.fate == f {
					n++
				}
			}
			return n
		}
		if count(fateSent) > 0 {
			progress.Sent++
		}
		switch {
		case count(fateWaiting) > 0:
			progress.Waiting++
			for _, one := range occasion {
				if one.fate == fateWaiting {
					s.Coming = append(s.Coming, RecallDate{DueOn: first.Due, SendsAt: one.leaves})
				}
			}
		case count(fateHeld) > 0:
			if progress.Waiting == 0 {
				progress.Held++
			}
		case count(fateBarred) > 0:
			progress.Barred++
			for _, one := range occasion {
				if one.fate == fateBarred && progress.Cause == "" {
					progress.Cause = string(one.reason)
				}
			}
		case count(fateLost) > 0:
			for _, one := range occasion {
				if one.fate == fateLost {
					progress.Lost = string(one.reason)
				}
			}
		}
	}
	for _, r := range p.Rows {
		// What somebody had sent once more waits beside the plan.
		if _, planned := recallOf(r.Key); !planned && (r.State == outbox.Queued || r.State == outbox.Sending) && slices.Contains(r.Reminders, t.ID) {
			s.Coming = append(s.Coming, RecallDate{DueOn: t.Series.DueOn, SendsAt: r.SendAt})
		}
	}
	s.SentCount = progress.Sent
	s.LeftOut, s.LeftOutFor = progress.Barred, outbox.Reason(progress.Cause)
	slices.SortStableFunc(s.Coming, func(a, b RecallDate) int { return a.SendsAt.Compare(b.SendsAt) })
	s.Coming = slices.CompactFunc(s.Coming, func(a, b RecallDate) bool { return a.SendsAt.Equal(b.SendsAt) })
	if len(s.Coming) > 0 {
		s.NextSendAt = s.Coming[0].SendsAt
	}
	if t.closed != "" {
		s.State, s.Reason = t.closed, t.cause
		if t.Ended != "" {
			s.Reason = outbox.ReasonByPerson
		}
		return s
	}
	state, cause := reminder.Judge(progress)
	s.State, s.Reason = state, outbox.Reason(cause)
	return s
}

// occasions are the sends of a reminder, the channels of one occasion together. Those that were never wished for are left out.
func (t *recallTurn) occasions() [][]*recallSend {
	var list [][]*recallSend
	for _, s := range t.sends {
		if s.fate == fateNever {
			continue
		}
		if last := len(list) - 1; last >= 0 && list[last][0].Occasion() == s.Occasion() {
			list[last] = append(list[last], s)
			continue
		}
		list = append(list, []*recallSend{s})
	}
	return list
}

// followed are a reminder's texts as they are to stand on its record: what is the template's own is the template's in the client's language.
func (p *recallPlanner) followed(t *recallTurn) Words {
	w := t.Words
	if t.OwnText {
		return w
	}
	locale := p.locale(t)
	if w.Email != "" && p.Templates.says(t.Template, w, outbox.Email) {
		if c := p.Templates.choose(t.Template, string(outbox.Reminder), locale, t.at, outbox.Email); c != nil {
			w.Subject, w.Email = c.Template.Subject, c.Template.Email
		}
	}
	if w.SMS != "" && p.Templates.says(t.Template, w, outbox.SMS) {
		if c := p.Templates.choose(t.Template, string(outbox.Reminder), locale, t.at, outbox.SMS); c != nil {
			w.SMS = c.Template.SMS
		}
	}
	return w
}
