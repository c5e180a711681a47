package hooks

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/pb_public"
)

// packed is a file of the pages as it travels: as it is, and compressed where that is shorter. Its tag is a hash of its content, so that a
// browser which has it already is answered in a few bytes.
type packed struct {
	name          string
	plain, zipped []byte
	tag           string
}

func pack(name string, content []byte) (*packed, error) {
	hash := sha256.Sum256(content)
	p := &packed{name: name, plain: content, tag: base64.RawURLEncoding.EncodeToString(hash[:16])}
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("compress %s: %w", name, err)
	}
	if _, err := w.Write(content); err != nil {
		return nil, fmt.Errorf("compress %s: %w", name, err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress %s: %w", name, err)
	}
	if out.Len() < len(content) {
		p.zipped = out.Bytes()
	}
	return p, nil
}

// answer sends the file, or 304 to who has it. The two forms have tags of their own, as a strong tag stands for the very bytes (RFC 9110 8.8.3).
func (p *packed) answer(e *core.RequestEvent) error {
	header := e.Response.Header()
	header.Add("Vary", "Accept-Encoding")
	content, tag := p.plain, p.tag
	if p.zipped != nil && takesGzip(e.Request) {
		content, tag = p.zipped, p.tag+"-gzip"
		header.Set("Content-Encoding", "gzip")
	}
	header.Set("ETag", `"`+tag+`"`)
	http.ServeContent(e.Response, e.Request, p.name, time.Time{}, bytes.NewReader(content))
	return nil
}

// takesGzip reports whether a browser understands gzip, which it may also deny ("gzip;q=0").
func takesGzip(r *http.Request) bool {
	for accepted := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(accepted), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			weight = strings.ReplaceAll(weight, " ", "")
			return weight != "q=0" && strings.Trim(weight, "0.") != "q="
		}
	}
	return false
}

// assets are the files beside the pages, by their path, packed once.
var assets = sync.OnceValues(func() (map[string]*packed, error) {
	all := map[string]*packed{}
	err := fs.WalkDir(pb_public.FS, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) == ".html" {
			return err
		}
		content, err := fs.ReadFile(pb_public.FS, name)
		if err != nil {
			return err
		}
		all[name], err = pack(name, content)
		return err
	})
	return all, err
})
