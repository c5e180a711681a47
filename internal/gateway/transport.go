package gateway

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// answerLimit is how much of a provider's answer is read; what comes after it only costs memory.
	answerLimit = 1 << 20
	// refusalLimit is the same for error pages, which nobody reads.
	refusalLimit = 64 << 10
	// longestWait caps Retry-After: a day from now nearly every message is stale.
	longestWait = 24 * time.Hour
	// defaultTimeout bounds one HTTP exchange. Both providers answer within a second when they are well.
	defaultTimeout = 15 * time.Second
)

// exchange is what one HTTP call left behind. The providers' own clients drop it, and without it nobody can tell a message that surely
// never left from one that perhaps did.
type exchange struct {
	wrote      atomic.Bool // request headers were handed to the connection: from here on nothing is sure
	status     int         // 0 = no answer
	retryAfter time.Duration
	body       []byte
}

type exchangeKey struct{}

// noted returns a context whose HTTP call is written down in the exchange.
func noted(ctx context.Context) (context.Context, *exchange) {
	seen := &exchange{}
	return context.WithValue(ctx, exchangeKey{}, seen), seen
}

// transport is the RoundTripper that every HTTP provider shares. It writes the [exchange] down, reads the whole answer so that the
// connection is free again whatever the provider's client does with the body, and can send the calls of a client with a fixed host
// to another address.
type transport struct {
	base   http.RoundTripper
	target *url.URL // scheme, host and path prefix to call instead; nil = as asked
	// user and password are set as basic authentication, unless user is empty.
	user, password string
	// refusalsAsJSON turns an error page that is no JSON into a JSON refusal with its status (twilio-go keeps no status otherwise).
	refusalsAsJSON bool
	// now is the real clock; nil = unknown.
	now func() time.Time
}

func newBaseTransport() http.RoundTripper {
	base, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	own := base.Clone()
	own.MaxIdleConnsPerHost = 32
	own.IdleConnTimeout = 60 * time.Second
	return own
}

// stayPut keeps a client from following redirects: a POST would be posted again at each stop.
func stayPut(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// RoundTrip makes the call. The answer's body is in memory already; if it was cut, reading it ends in the error that cut it.
func (t *transport) RoundTrip(request *http.Request) (*http.Response, error) {
	seen, ok := request.Context().Value(exchangeKey{}).(*exchange)
	if !ok {
		seen = &exchange{}
	}
	traced := httptrace.WithClientTrace(request.Context(), &httptrace.ClientTrace{
		WroteHeaders: func() { seen.wrote.Store(true) },
	})
	outgoing := request.Clone(traced)
	if t.target != nil {
		outgoing.URL.Scheme, outgoing.URL.Host, outgoing.Host = t.target.Scheme, t.target.Host, t.target.Host
		outgoing.URL = outgoing.URL.ResolveReference(&url.URL{
			Path: t.target.Path + outgoing.URL.Path, RawQuery: outgoing.URL.RawQuery,
		})
	}
	if t.user != "" {
		outgoing.SetBasicAuth(t.user, t.password)
	}
	response, err := t.base.RoundTrip(outgoing)
	if err != nil {
		return nil, err
	}
	seen.status = response.StatusCode
	seen.retryAfter = retryAfter(response.Header, t.now)
	limit := int64(answerLimit)
	if response.StatusCode >= http.StatusMultipleChoices {
		limit = refusalLimit
	}
	body, cut := io.ReadAll(io.LimitReader(response.Body, limit))
	if err := response.Body.Close(); err != nil && cut == nil {
		cut = err
	}
	if t.refusalsAsJSON && response.StatusCode >= http.StatusMultipleChoices {
		body, cut = refusalAsJSON(body, response.StatusCode), nil
	}
	seen.body = body
	reader := io.Reader(bytes.NewReader(body))
	if cut != nil {
		reader = io.MultiReader(reader, failing{cut})
	}
	response.Body = io.NopCloser(reader)
	return response, nil
}

// CloseIdleConnections lets an http.Client end the connections that it does not use.
func (t *transport) CloseIdleConnections() {
	if idle, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		idle.CloseIdleConnections()
	}
}

// failing is the end of a body that was cut.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func refusalAsJSON(body []byte, status int) []byte {
	var object map[string]any
	if json.Unmarshal(body, &object) == nil && object != nil {
		return body
	}
	return fmt.Appendf(nil, `{"code":0,"status":%d,"message":"HTTP %d without a reason"}`, status, status)
}

// retryAfter reads Retry-After, in seconds or as a date (RFC 9110, 10.2.3). The date is measured against the answer's own Date, by the same clock;
// without one, which proxies leave out, against ours.
func retryAfter(header http.Header, now func() time.Time) time.Duration {
	value := header.Get("Retry-After")
	if value == "" {
		return 0
	}
	if seconds, err := strconv.Atoi(value); err == nil {
		if seconds < 0 {
			return 0
		}
		return min(time.Duration(min(seconds, int(longestWait/time.Second)))*time.Second, longestWait)
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	from, err := http.ParseTime(header.Get("Date"))
	switch {
	case err == nil:
	case now == nil:
		return 0
	default:
		from = now()
	}
	return max(0, min(until.Sub(from), longestWait))
}

// unanswered judges an HTTP attempt that ended without an answer of the provider, or with one that nobody can read.
func unanswered(seen *exchange, err error) (Result, health) {
	if !seen.wrote.Load() {
		return unreached(err)
	}
	return Result{Outcome: Uncertain, Detail: "no usable answer: " + cause(err)}, silent
}

// unreached judges an attempt whose connection never carried the message.
func unreached(err error) (Result, health) {
	if untrusted(err) {
		// Trying again cannot help, and the message is not at fault: a person has to look at the address or the certificate.
		return Result{Outcome: Stopped, Detail: "certificate not trusted"}, well
	}
	return Result{Outcome: Temporary, Detail: "not reached: " + cause(err)}, silent
}

func untrusted(err error) bool {
	var verification *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &name) || errors.As(err, &invalid)
}

// cause names what went wrong with a connection in words that carry no address.
func cause(err error) string {
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case err == nil:
		return "not understood"
	case errors.Is(err, context.Canceled):
		return "given up"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "timed out"
	case errors.As(err, &dns):
		return "name not found"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return "connection closed"
	default:
		return "connection failed"
	}
}
