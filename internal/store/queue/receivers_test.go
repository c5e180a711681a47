package queue

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pawbell/internal/outbox"
)

// PC-10, R-25: what people type into the field for the receiver.
func TestReceiversAreReadAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, typed string
		channel     outbox.Channel
		want        []string
		code        string
	}{
		{"nothing", " , ;\n", outbox.Email, nil, ""},
		{"one address", " Kari@Owner.example ", outbox.Email, []string{"Kari@owner.example"}, ""},
		{"twice the same", "a@b.example,A@B.example", outbox.Email, []string{"a@b.example"}, ""},
		{"by comma, semicolon and line", "a@b.example, c@d.example; e@f.example\ng@h.example", outbox.Email, []string{"a@b.example", "c@d.example", "e@f.example", "g@h.example"}, ""},
		{"a number at home", "20 12 34 56", outbox.SMS, []string{"+4520123456"}, ""},
		{"two numbers", "20123456, +47 912 34 567", outbox.SMS, []string{"+4520123456", "+4791234567"}, ""},
		{"a mail address for a text", "a@b.example", outbox.SMS, nil, "invalid_phone"},
		{"a number for a mail", "20123456", outbox.Email, nil, "invalid_email"},
		{"either for another service", "20123456, a@b.example", outbox.External, []string{"+4520123456", "a@b.example"}, ""},
		{"a letter's address holds commas", "Kari Nordmann, Havnegade 1, 1058 København", outbox.Post, []string{"Kari Nordmann, Havnegade 1, 1058 København"}, ""},
		{"one wrong among right ones", "a@b.example, nobody, c@d.example", outbox.Email, nil, "invalid_email"},
		{"eleven", strings.Repeat("x", 1) + "@b.example,b@b.example,c@b.example,d@b.example,e@b.example,f@b.example,g@b.example,h@b.example,i@b.example,j@b.example,k@b.example", outbox.Email, nil, "too_many"},
	} {
		got, refusal := receivers(c.typed, c.channel, "DK")
		code := ""
		if refusal != nil {
			code = refusal.Code
		}
		if diff := cmp.Diff(c.want, got); diff != "" || code != c.code {
			t.Errorf("%s: %s %s", c.name, code, diff)
		}
	}
}

// What was read once reads as itself, and no address is there twice.
func FuzzReceivers(f *testing.F) {
	for _, typed := range []string{"", "a@b.example, c@d.example", "20 12 34 56;+4791234567", ",,,", "Kari <a@b.example>", "\x00", "a@b.example\n\ra@b.example"} {
		f.Add(typed, "email")
		f.Add(typed, "sms")
		f.Add(typed, "external")
	}
	f.Fuzz(func(t *testing.T, typed, channel string) {
		read, refusal := receivers(typed, outbox.Channel(channel), "DK")
		if refusal != nil {
			if read != nil {
				t.Errorf("refused, and read %v", read)
			}
			return
		}
		if channel != "post" && len(read) > mostReceivers {
			t.Errorf("%d addresses", len(read))
		}
		again, refusal := receivers(strings.Join(read, ", "), outbox.Channel(channel), "DK")
		if refusal != nil || !cmp.Equal(read, again) {
			t.Errorf("%q was read as %q, then %q", typed, read, again)
		}
	})
}
