package hooks

import (
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
