package hooks

import (
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
	detail := validation.NewError(refusal.Code, refusal.Message)
	if len(refusal.Params) > 0 {
		detail = detail.SetParams(refusal.Params)
	}
	return validation.Errors{refusal.Field: detail}
}

func fieldProblem(field, code, message string) error {
	return validation.Errors{field: validation.NewError(code, message)}
}
