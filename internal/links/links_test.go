package links

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAToken(t *testing.T) {
	t.Parallel()
	key := Key("0123456789abcdef0123456789abcdef")
	token := key.Token(Manage, "booking00000001", 3)

	id, version, ok := key.Open(Manage, token)
	if !ok || id != "booking00000001" || version != 3 {
		t.Fatalf("its own token opened as %q, %d, %v", id, version, ok)
	}
	for name, bad := range map[string]string{
		"a flipped character": flip(token),
		"a cut token":         token[:len(token)-2],
		"an empty token":      "",
		"padding":             token + "=",
		"another clinic's":    Key("another key of another clinic...").Token(Manage, "booking00000001", 3),
		"another page's":      key.Token("unsubscribe", "booking00000001", 3),
		"a very long one":     key.Token(Manage, string(make([]byte, 4000)), 3),
	} {
		t.Run(name+" opens nothing", func(t *testing.T) {
			t.Parallel()
			if _, _, ok := key.Open(Manage, bad); ok {
				t.Fatal("opened")
			}
		})
	}
}

// an unsubscribe link holds the address itself, however long.
func TestATokenHoldsAWholeAddress(t *testing.T) {
	t.Parallel()
	key := Key("0123456789abcdef0123456789abcdef")
	for _, address := range []string{"a@b.example", strings.Repeat("a", 254)} {
		id, version, ok := key.Open(Unsubscribe, key.Token(Unsubscribe, address, 0))
		if !ok || id != address || version != 0 {
			t.Errorf("%d letters opened as %d, %v", len(address), len(id), ok)
		}
		if _, _, ok := key.Open(Manage, key.Token(Unsubscribe, address, 0)); ok {
			t.Error("it opens a visit")
		}
	}
}

func flip(token string) string {
	b := []byte(token)
	if b[10] == 'A' {
		b[10] = 'B'
	} else {
		b[10] = 'A'
	}
	return string(b)
}

func FuzzOpen(f *testing.F) {
	key := Key("0123456789abcdef0123456789abcdef")
	f.Add(key.Token(Manage, "booking00000001", 1))
	f.Add("")
	f.Add(key.Token(Manage, "booking00000001", 1)[:9] + "\r\n" + key.Token(Manage, "booking00000001", 1)[9:])
	f.Fuzz(func(t *testing.T, token string) {
		if id, version, ok := key.Open(Manage, token); ok && key.Token(Manage, id, version) != token {
			t.Fatalf("%q opens but is not what the key writes", token)
		}
	})
}

func TestTheKey(t *testing.T) {
	t.Parallel()
	none := func(string) string { return "" }

	t.Run("is made once, for its owner's eyes only, and kept", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), "data")
		first, err := LoadKey(none, dir)
		if err != nil {
			t.Fatal(err)
		}
		second, err := LoadKey(none, dir)
		if err != nil || string(first) != string(second) {
			t.Fatalf("second start has another key (%v)", err)
		}
		info, err := os.Stat(filepath.Join(dir, "link.key"))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("link.key is %v, %v", info.Mode(), err)
		}
	})
	t.Run("comes from the environment where it is set", func(t *testing.T) {
		t.Parallel()
		key, err := LoadKey(func(string) string { return "a secret of some length" }, t.TempDir())
		if err != nil || string(key) != "a secret of some length" {
			t.Fatalf("%q, %v", key, err)
		}
	})
	t.Run("is refused when it is too short to be one", func(t *testing.T) {
		t.Parallel()
		if _, err := LoadKey(func(string) string { return "short" }, t.TempDir()); err == nil {
			t.Fatal("taken")
		}
	})
	t.Run("is never replaced when the file is damaged", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "link.key"), []byte("cut"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadKey(none, dir); err == nil {
			t.Fatal("replaced")
		}
	})
}
