package notify

import "strings"

// Code is one merge code: what stands between the double braces, and what it says, in the clinic's words.
type Code struct {
	Name        string
	Description string
}

// Codes lists every merge code that a text may hold, in the order in which help pages show them.
func Codes() []Code {
	return []Code{
		{"client.first_name", "The owner's first name"},
		{"client.last_name", "The owner's last name"},
		{"client.full_name", "The owner's first and last name"},
		{"patient.name", "The pet's name; several are joined, as in Bella and Max"},
		{"patient.species", "The pet's species, in the message's language"},
		{"reason.name", "What the visit is for, in the message's language. Not for SMS"},
		{"practitioner.name", "Who the visit is with"},
		{"booking.date", "The day of the visit, as in 1 March 2027"},
		{"booking.time", "When the visit starts, as in 09:15"},
		{"booking.weekday", "The visit's day of the week, as in Monday"},
		{"booking.duration", "How long the visit takes, as in 30 minutes"},
		{"booking.reference", "The booking's reference"},
		{codeInstructions, "How to prepare, from the reason of the visit; a line that holds it is left out where there is nothing to say"},
		{"booking.manage_url", "The link to the owner's own page, to see, confirm or cancel the visit"},
		{"location.name", "The clinic's name"},
		{"location.phone", "The clinic's phone number"},
		{"location.address", "The clinic's address"},
		{"location.email", "The clinic's e-mail address"},
		{"location.booking_url", "The link to the booking page"},
		{"reminder.due_date", "The day on which the pet is due"},
		{"payment.amount", "What is to be paid, with its currency"},
		{"payment.deadline", "The day and time by which it is to be paid"},
		{"unsubscribe_url", "The link that ends mail to many"},
	}
}

// codeInstructions alone may have nothing to say: not every visit needs preparing.
const codeInstructions = "booking.instructions"

// isLink are the codes whose value is a web address made by us.
var isLink = map[string]bool{"booking.manage_url": true, "location.booking_url": true, "unsubscribe_url": true}

// isContact are the codes that may be part of a link that the clinic writes, as in tel:{{ location.phone }}.
var isContact = map[string]bool{"location.phone": true, "location.email": true}

// slots are the names under which the engine finds the codes. It takes a dot for a map within a map; without one a value is found at
// once.
var slots = func() map[string]string {
	names := map[string]string{}
	for _, c := range Codes() {
		names[c.Name] = strings.ReplaceAll(c.Name, ".", "_")
	}
	return names
}()

// slotInstructions is where the instructions are found.
var slotInstructions = slots[codeInstructions]
