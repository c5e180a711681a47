// Package links answers whose page a link in a message opens.
//
// A link's token is not stored anywhere: it carries the record's id and version and a signature of both, made with the clinic's link
// key. Raising the record's link version kills every link sent before.
package links

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Kind keeps a token for one page from opening another.
type Kind string

// The kinds of page that a link opens.
const (
	// Manage is the owner's page of one booking; the id is the booking's, the version its link version.
	Manage Kind = "manage"
	// Unsubscribe ends mail to many. The id is the e-mail address itself, so that the link still works when the client was erased or
	// merged, and the version is always 0: such a link never expires.
	Unsubscribe Kind = "unsubscribe"
)

// KeyVariable is the environment variable that holds the key, for clinics that keep their secrets elsewhere than on the disk.
const KeyVariable = "PAWBELL_LINK_KEY"

// Key signs links.
type Key []byte

const versionBytes = 4

// longestToken is how many bytes a token holds at most: the longest e-mail address (RFC 5321), the version and the signature fit.
const longestToken = 300

// LoadKey reads the key from the environment, else from link.key in the data folder, which it makes (0600) at the first start.
func LoadKey(getenv func(string) string, dataDir string) (Key, error) {
	if v := getenv(KeyVariable); v != "" {
		if len(v) < 16 {
			return nil, fmt.Errorf("%s has fewer than 16 characters", KeyVariable)
		}
		return Key(v), nil
	}
	path := filepath.Join(dataDir, "link.key")
	key, err := os.ReadFile(path)
	if err == nil && len(key) >= sha256.Size {
		return Key(key), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read link key: %w", err)
	}
	if err == nil {
		return nil, fmt.Errorf("%s is cut short: links that were sent would die with a new key; restore it from a backup", path)
	}
	key = make([]byte, sha256.Size)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("make link key: %w", err)
	}
	if err := os.MkdirAll(dataDir, 0o755); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	if err := os.WriteFile(path, key, 0o600); err != nil {
		return nil, fmt.Errorf("write link key: %w", err)
	}
	return Key(key), nil
}

// Token is the link's last part for the record with this id at this version.
func (k Key) Token(kind Kind, id string, version int) string {
	b := make([]byte, 0, len(id)+versionBytes+sha256.Size)
	b = append(b, id...)
	b = binary.BigEndian.AppendUint32(b, uint32(version))
	return base64.RawURLEncoding.EncodeToString(append(b, k.sign(kind, b)...))
}

// Open reads a token back. Whether the version is still the record's is for the caller to compare.
func (k Key) Open(kind Kind, token string) (id string, version int, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	// The decoder passes over line ends, which belong to no link of ours.
	if strings.ContainsAny(token, "\r\n") || err != nil || len(b) <= versionBytes+sha256.Size || len(b) > longestToken {
		return "", 0, false
	}
	body, mac := b[:len(b)-sha256.Size], b[len(b)-sha256.Size:]
	if !hmac.Equal(mac, k.sign(kind, body)) {
		return "", 0, false
	}
	at := len(body) - versionBytes
	return string(body[:at]), int(binary.BigEndian.Uint32(body[at:])), true
}

func (k Key) sign(kind Kind, body []byte) []byte {
	h := hmac.New(sha256.New, k)
	h.Write([]byte(kind))
	h.Write([]byte{0})
	h.Write(body)
	return h.Sum(nil)
}
