package gateway

import (
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
	"slices"

	"pawbell/internal/outbox"
)

// stage is how far a conversation with a mail server had come.
type stage string

const (
	stageOpen stage = "connect"
	stageMail stage = "MAIL"
	stageRcpt stage = "RCPT"
	stageData stage = "DATA"
	stageEnd  stage = "end of DATA"
)

// enhancedCode is what RFC 3463 puts at the start of a reply.
var enhancedCode = regexp.MustCompile(`^([245])\.(\d{1,3})\.(\d{1,3})\b`)

// nobodyThere are the enhanced codes, without their class, that say that nobody can be reached at the address: bad mailbox, bad system, bad
// syntax, moved, null MX, mailbox disabled (RFC 3463, 3.2 and 3.3; RFC 7505, 5).
var nobodyThere = []string{"1.1", "1.2", "1.3", "1.6", "1.10", "2.1"}

func smtpAnswer(err error) *textproto.Error {
	var answer *textproto.Error
	if errors.As(err, &answer) {
		return answer
	}
	return nil
}

// answered reports whether the server itself said no.
func answered(err error) bool { return smtpAnswer(err) != nil }

// closing reports whether the server hangs up after its answer (421; RFC 5321, 3.8).
func closing(err error) bool {
	answer := smtpAnswer(err)
	return answer != nil && answer.Code == 421
}

// smtpJudged says what an error before the end of the message means. The server's words are left out: they nearly always hold the address.
func smtpJudged(at stage, err error) (Result, health) {
	var signIn errSignIn
	if errors.As(err, &signIn) {
		detail := "sign-in: " + signIn.Error()
		if answer := smtpAnswer(signIn.error); answer != nil {
			detail = fmt.Sprintf("sign-in refused %s", codes(answer))
		}
		return Result{Outcome: Stopped, Detail: detail}, well
	}
	answer := smtpAnswer(err)
	if answer == nil {
		return unreached(err)
	}
	detail := fmt.Sprintf("%s %s", at, codes(answer))
	switch {
	case answer.Code < 500:
		// 421 and what comes before MAIL is about the server, the rest about this message (greylisting, a full mailbox).
		if at == stageOpen || closing(err) {
			return Result{Outcome: Temporary, Detail: detail}, silent
		}
		return Result{Outcome: Temporary, Detail: detail}, well
	case at == stageOpen, answer.Code == 530, answer.Code == 535, answer.Code == 534, answer.Code == 538:
		return Result{Outcome: Stopped, Detail: detail}, well
	case nobody(at, answer):
		return Result{Outcome: Permanent, Reason: outbox.ReasonBadAddress, Detail: detail}, well
	default:
		return Result{Outcome: Permanent, Reason: outbox.ReasonRefused, Detail: detail}, well
	}
}

// nobody reports whether a lasting refusal is about the address: by its enhanced code, or, where there is none, because it came for RCPT.
func nobody(at stage, answer *textproto.Error) bool {
	if found := enhancedCode.FindStringSubmatch(answer.Msg); found != nil {
		return at != stageMail && slices.Contains(nobodyThere, found[2]+"."+found[3])
	}
	return at == stageRcpt && (answer.Code == 550 || answer.Code == 551 || answer.Code == 553)
}

func codes(answer *textproto.Error) string {
	if enhanced := enhancedCode.FindString(answer.Msg); enhanced != "" {
		return fmt.Sprintf("%d %s", answer.Code, enhanced)
	}
	return fmt.Sprint(answer.Code)
}
