package hooks

import (
	"errors"
	"strings"

	validation "github.com/pocketbase/ozzo-validation/v4"

	"pawbell/internal/booking"
	"pawbell/internal/store"
)

// refused turns a rule's refusal into the field error that PocketBase shows beside the field and sends as data.<field>.code. Any other error
// stays what it is and is nobody's business outside.
func refused(err error) error {
	if refusal, ok := store.AsRefusal(err); ok {
		return fieldError(refusal)
	}
	return err
}

// refusedAll does the same for several things that a person can mend, each beside its field.
func refusedAll(err error) error {
	var several store.Refusals
	if !errors.As(err, &several) {
		return refused(err)
	}
	problems := validation.Errors{}
	for _, refusal := range several {
		if problems[refusal.Field] == nil {
			problems[refusal.Field] = problemWith(refusal.Code, refusal.Message, refusal.Params)
		}
	}
	return problems
}

func fieldError(refusal *booking.Refusal) error {
	return validation.Errors{refusal.Field: problemWith(refusal.Code, refusal.Message, refusal.Params)}
}

// problemWith is a problem whose answer carries parameters. With parameters the library reads the message as a template, and panics where it is
// none: ours are finished sentences that may speak of merge codes, or repeat what somebody sent.
func problemWith(code, message string, params map[string]any) error {
	if len(params) == 0 {
		return validation.NewError(code, message)
	}
	return validation.NewError(code, strings.ReplaceAll(message, "{{", `{{"{{"}}`)).SetParams(params)
}

func fieldProblem(field, code, message string) error {
	return validation.Errors{field: validation.NewError(code, message)}
}
