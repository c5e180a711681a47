package pb_migrations

// english are the texts that a clinic starts with. Every other language has the same codes. Text messages keep to one part with the
// longest names, and name neither the reason of a visit nor who it is with: a phone's screen is read by others too.
var english = []wording{
	{
		code: "booking_received", name: "Request received", purpose: "booking_received",
		description: "At once, when an owner asks for a visit that you approve first.",
		subject:     "We have your request for {{ patient.name }}",
		email: `Hi {{ client.first_name }},

thank you for your request. We will look at it and tell you soon whether this time works:

**{{ booking.weekday }} {{ booking.date }} at {{ booking.time }}**
{{ reason.name }} for {{ patient.name }}

The time is held for you until then. You can [see or withdraw your request]({{ booking.manage_url }}) at any time, or call us on {{ location.phone }}.

If {{ patient.name }} gets worse while you wait, please do not wait for our answer: call us.

Kind regards,
{{ location.name }}`,
		sms: "Hi {{ client.first_name }}, we hold {{ booking.date }} at {{ booking.time }} for {{ patient.name }} and will confirm soon. Questions? Call {{ location.phone }}. {{ location.name }}",
	},
	{
		code: "booking_confirmation", name: "Visit confirmed", purpose: "booking_confirmation",
		description: "When a visit is booked. A reason may name another text.",
		subject:     "{{ patient.name }}'s visit on {{ booking.date }} at {{ booking.time }}",
		email: `Hi {{ client.first_name }},

we look forward to seeing you and {{ patient.name }}:

**{{ booking.weekday }} {{ booking.date }} at {{ booking.time }}**
{{ reason.name }}
{{ location.name }}, {{ location.address }}

{{ booking.instructions }}

Something came up? [See or cancel the visit here]({{ booking.manage_url }}), or call us on {{ location.phone }}. Your reference is {{ booking.reference }}.

Kind regards,
{{ location.name }}`,
		sms: "Hi {{ client.first_name }}, {{ patient.name }} is booked for {{ booking.weekday }} {{ booking.date }} at {{ booking.time }}. To change it, call {{ location.phone }}. See you! {{ location.name }}",
	},
	{
		code: "booking_change", name: "Visit changed", purpose: "booking_change",
		description: "When a visit that the owner knows about was moved or changed.",
		subject:     "New time for {{ patient.name }}: {{ booking.date }} at {{ booking.time }}",
		email: `Hi {{ client.first_name }},

{{ patient.name }}'s visit has changed. This is what holds now:

**{{ booking.weekday }} {{ booking.date }} at {{ booking.time }}**
{{ reason.name }}
{{ location.name }}, {{ location.address }}

{{ booking.instructions }}

Does it not suit you? [See or cancel the visit here]({{ booking.manage_url }}), or call us on {{ location.phone }}.

Kind regards,
{{ location.name }}`,
		sms: "Hi {{ client.first_name }}, {{ patient.name }}'s visit is now on {{ booking.weekday }} {{ booking.date }} at {{ booking.time }}. Does it not suit you? Call {{ location.phone }}. {{ location.name }}",
	},
	{
		code: "booking_declined", name: "Request declined", purpose: "booking_declined",
		description: "When you cannot offer the time that an owner asked for.",
		subject:     "About your request for {{ patient.name }}",
		email: `Hi {{ client.first_name }},

we are sorry: we cannot offer {{ patient.name }} the visit on {{ booking.weekday }} {{ booking.date }} at {{ booking.time }}.

Please [choose another time]({{ location.booking_url }}), or call us on {{ location.phone }}: we will find one together. If it is urgent, please call.

Kind regards,
{{ location.name }}`,
		sms: "Hi {{ client.first_name }}, sorry, we cannot offer {{ booking.date }} at {{ booking.time }}. Please call {{ location.phone }} for another time. {{ location.name }}",
	},
	{
		code: "booking_cancellation", name: "Visit cancelled", purpose: "booking_cancellation",
		description: "When a visit that the owner knows about was cancelled.",
		subject:     "{{ patient.name }}'s visit on {{ booking.date }} is cancelled",
		email: `Hi {{ client.first_name }},

{{ patient.name }}'s visit on {{ booking.weekday }} {{ booking.date }} at {{ booking.time }} is cancelled.

Do you need a new time? [Book it here]({{ location.booking_url }}), or call us on {{ location.phone }}.

Kind regards,
{{ location.name }}`,
		sms: "Hi {{ client.first_name }}, {{ patient.name }}'s visit on {{ booking.date }} at {{ booking.time }} is cancelled. New time? Call {{ location.phone }}. {{ location.name }}",
	},
	{
		code: "visit_reminder", name: "Visit reminder", purpose: "visit_reminder",
		description: "Before a visit, as early as the reason or the location says. A reason may name another text.",
		subject:     "Remember {{ patient.name }}'s visit on {{ booking.date }} at {{ booking.time }}",
		email: `Hi {{ client.first_name }},

we would like to remind you of {{ patient.name }}'s visit:

**{{ booking.weekday }} {{ booking.date }} at {{ booking.time }}**
{{ reason.name }}
{{ location.name }}, {{ location.address }}

{{ booking.instructions }}

Please [confirm that you are coming, or cancel the visit]({{ booking.manage_url }}). You can also call us on {{ location.phone }}.

See you soon,
{{ location.name }}`,
		sms: "Hi {{ client.first_name }}, remember {{ patient.name }}'s visit on {{ booking.weekday }} {{ booking.date }} at {{ booking.time }}. Can't come? Call {{ location.phone }}. {{ location.name }}",
	},
	{
		code: "visit_neutral", name: "Visit, few words", purpose: "booking_confirmation",
		description: "Instead of the cheerful texts, for visits to say goodbye.",
		subject:     "Your visit on {{ booking.date }} at {{ booking.time }}",
		email: `Hi {{ client.first_name }},

we have noted your visit on **{{ booking.weekday }} {{ booking.date }} at {{ booking.time }}** at {{ location.name }}, {{ location.address }}.

If anything changes, or if you would like to talk before you come, call us on {{ location.phone }}. You can also [see the visit here]({{ booking.manage_url }}).

Kind regards,
{{ location.name }}`,
		sms: "Hi {{ client.first_name }}, we have noted your visit on {{ booking.date }} at {{ booking.time }}. If you want to talk, call {{ location.phone }}. {{ location.name }}",
	},
	{
		code: "day_notice", name: "Day called off", purpose: "day_notice",
		description: "When somebody falls ill or you have to close: to everybody whose visit is affected.",
		subject:     "{{ patient.name }}'s visit on {{ booking.date }} cannot go ahead as planned",
		email: `Hi {{ client.first_name }},

we are very sorry: {{ patient.name }}'s visit on {{ booking.weekday }} {{ booking.date }} at {{ booking.time }} cannot go ahead as planned, as we are short of people that day.

Please call us on {{ location.phone }}, and we will find another way or another time. Is it urgent? Say so when you call, and we will help at once.

Kind regards,
{{ location.name }}`,
		sms: "Hi {{ client.first_name }}, sorry: the visit on {{ booking.date }} at {{ booking.time }} cannot go ahead as planned. Please call {{ location.phone }}. {{ location.name }}",
	},
	{
		code: "payment_due", name: "Payment due", purpose: "payment_due",
		description: "Before the deadline of a visit that has to be paid ahead.",
		subject:     "Please pay for {{ patient.name }}'s visit by {{ payment.deadline }}",
		email: `Hi {{ client.first_name }},

{{ patient.name }}'s visit on {{ booking.weekday }} {{ booking.date }} at {{ booking.time }} is not paid yet.

Please pay **{{ payment.amount }}** by **{{ payment.deadline }}**. If you have paid in the meantime, thank you, and please forget this message.

Questions, or is the visit no longer needed? [See the visit here]({{ booking.manage_url }}), or call us on {{ location.phone }}.

Kind regards,
{{ location.name }}`,
		sms: "Hi {{ client.first_name }}, please pay {{ payment.amount }} for {{ patient.name }} by {{ payment.deadline }}. Paid? Thank you! Questions: {{ location.phone }}. {{ location.name }}",
	},
	{
		code: "reminder", name: "Time for a visit", purpose: "reminder",
		description: "When a patient is due again, for example for the yearly vaccination.",
		subject:     "Time for {{ patient.name }} to see us again",
		email: `Hi {{ client.first_name }},

it is time for {{ patient.name }} to come and see us again, best around **{{ reminder.due_date }}**.

[Choose a time that suits you]({{ location.booking_url }}), or call us on {{ location.phone }}.

Kind regards,
{{ location.name }}`,
		sms: "Hi {{ client.first_name }}, {{ patient.name }} is due to see us again around {{ reminder.due_date }}. Call {{ location.phone }} for a time. {{ location.name }}",
	},
	{
		code: "group", name: "News to many", purpose: "group",
		description: "News or an offer to everybody that a search finds. Write your own news into it.",
		subject:     "News from {{ location.name }}",
		email: `Hi {{ client.first_name }},

you can book your visits with us online, at any hour of the day: [choose a time here]({{ location.booking_url }}). And of course you can still call us on {{ location.phone }}.

Kind regards,
{{ location.name }}

[I would rather not hear such news]({{ unsubscribe_url }})`,
		sms: "Hi {{ client.first_name }}, good news: you can now book your visits online, day and night. Questions? Call {{ location.phone }}. {{ location.name }}",
	},
	{
		code: "normal", name: "Normal", purpose: "personal",
		description: "To one owner, from the client's page.",
		subject:     "A message from {{ location.name }}",
		email: `Hi {{ client.first_name }},

please call us on {{ location.phone }} when you have a moment.

Kind regards,
{{ location.name }}`,
		sms: "Hi {{ client.first_name }}, please call us on {{ location.phone }} when you have a moment. Kind regards, {{ location.name }}",
	},
	{
		code: "notice_booking", name: "To us: new visit", purpose: "notice_booking",
		description: "To your own people, for every new visit. The facts are added below.",
		subject:     "New visit {{ booking.date }} at {{ booking.time }} ({{ booking.reference }})",
		email:       `A visit was booked at {{ location.name }}.`,
	},
	{
		code: "notice_cancellation", name: "To us: visit cancelled", purpose: "notice_cancellation",
		description: "To your own people, when a visit is called off. The facts are added below.",
		subject:     "Cancelled: {{ booking.date }} at {{ booking.time }} ({{ booking.reference }})",
		email:       `A visit at {{ location.name }} was cancelled. Its time is free again.`,
	},
	{
		code: "notice_payment", name: "To us: payment due", purpose: "notice_payment",
		description: "To your own people, when the deadline of an unpaid visit is near. The facts are added below.",
		subject:     "Not paid yet: {{ booking.date }} at {{ booking.time }} ({{ booking.reference }})",
		email:       `A visit at {{ location.name }} has to be paid by {{ payment.deadline }} and is not paid yet.`,
	},
}
