package queue

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/notify"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// mostReceivers is how many addresses one message may be written to; more are a group message (PC-10).
const mostReceivers = 10

// receivers reads the addresses that somebody typed, separated by commas, semicolons or lines: each in the form in which it is written to,
// each once. What is none is refused by name. A letter has one receiver, and its address holds commas.
func receivers(typed string, channel outbox.Channel, country string) ([]string, *booking.Refusal) {
	if channel == outbox.Post {
		if typed = strings.TrimSpace(typed); typed == "" {
			return nil, nil
		}
		return []string{typed}, nil
	}
	var out []string
	for part := range strings.FieldsFuncSeq(typed, func(r rune) bool { return strings.ContainsRune(",;\n\r", r) }) {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		address, refusal := receiver(part, channel, country)
		if refusal != nil {
			return nil, refusal
		}
		if !slices.ContainsFunc(out, func(other string) bool { return store.AddressKey(other) == store.AddressKey(address) }) {
			out = append(out, address)
		}
	}
	if len(out) > mostReceivers {
		refusal := store.Wrong("to", "too_many", fmt.Sprintf("These are %d addresses; %d can be written to at once. For more, send a group message.", len(out), mostReceivers))
		refusal.Params = map[string]any{"count": len(out), "limit": mostReceivers}
		return nil, refusal
	}
	return out, nil
}

func receiver(typed string, channel outbox.Channel, country string) (string, *booking.Refusal) {
	mail, isMail := booking.Email(typed)
	number, _, isNumber := booking.Phone(typed, country)
	var refusal *booking.Refusal
	switch {
	case isMail && channel != outbox.SMS:
		return mail, nil
	case isNumber && channel != outbox.Email:
		return number, nil
	case channel == outbox.SMS:
		refusal = store.Wrong("to", "invalid_phone", typed+" is not a telephone number.")
	default:
		refusal = store.Wrong("to", "invalid_email", typed+" is not an e-mail address.")
	}
	refusal.Params = map[string]any{"address": typed}
	return "", refusal
}

// usualReceiver is where a client is written to on a channel, "" where there is nothing (PC-10).
func usualReceiver(app core.App, f *notify.Facts, channel outbox.Channel) (string, error) {
	switch channel {
	case outbox.Post:
		return PostalAddress(app, f.Client.ID)
	case outbox.External:
		if to := f.OwnerAddress(outbox.SMS); to != "" {
			return to, nil
		}
		return f.OwnerAddress(outbox.Email), nil
	}
	return f.OwnerAddress(channel), nil
}

// PostalAddress is a client's name and address in one line, "" without a street and a town.
func PostalAddress(app core.App, client string) (string, error) {
	if client == "" {
		return "", nil
	}
	r, err := app.FindRecordById(store.Clients, client)
	if err != nil {
		return "", fmt.Errorf("address of the client: %w", err)
	}
	town := strings.TrimSpace(record.Text(r, "postcode") + " " + record.Text(r, "city"))
	if record.Text(r, "address") == "" || town == "" {
		return "", nil
	}
	name := strings.TrimSpace(record.Text(r, "first_name") + " " + record.Text(r, "last_name"))
	return strings.TrimPrefix(name+", "+record.Text(r, "address")+", "+town, ", "), nil
}

// stoppedOne refuses the first address that said stop, bounced or complained.
func stoppedOne(app core.App, addresses []string, channel outbox.Channel, purpose outbox.Purpose) (*booking.Refusal, error) {
	isStopped, err := store.StoppedAmong(app.DB(), addresses)
	if err != nil {
		return nil, fmt.Errorf("stopped addresses: %w", err)
	}
	for _, address := range addresses {
		if isStopped(channel, address, purpose) {
			refusal := store.Wrong("to", string(outbox.ReasonStoppedAddress), address+" has been stopped and cannot be written to.")
			refusal.Params = map[string]any{"address": address}
			return refusal, nil
		}
	}
	return nil, nil
}

// refusingOwner reports whether an address is that of a client who wants nothing on its channel. A test message asks no consent, so it must
// not be a way around it.
func refusingOwner(app core.App, address string, channel outbox.Channel) (bool, error) {
	whose := dbx.NewExp("no_email AND match_email = {:address}", dbx.Params{"address": store.AddressKey(address)})
	if channel == outbox.SMS {
		whose = dbx.NewExp("no_sms AND ([[match_phone]] = {:address} OR [[match_sms_phone]] = {:address})", dbx.Params{"address": address})
	}
	var n int
	if err := app.DB().Select("count(*)").From(store.Clients).Where(whose).Row(&n); err != nil {
		return false, fmt.Errorf("look for the address among clients: %w", err)
	}
	return n > 0, nil
}
