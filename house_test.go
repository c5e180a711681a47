// The fences of the house: which package may know which, and what the whole tree promises its readers. They read the source and need no
// database, so they take a second and run first.
package main_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// rules are the packages that decide. Hooks, jobs and the store may ask any of them.
var rules = []string{"internal/booking", "internal/reminder", "internal/outbox", "internal/notify", "internal/sms", "internal/calendar"}

// stores are the packages that read and write records, from the last to the first: each may import those after it.
var stores = []string{"internal/store/runs", "internal/store/recalls", "internal/store/queue", "internal/store"}

// fields is the package that knows fields by their names; only the stores may ask it, and what makes records of its own.
const fields = "internal/store/record"

// disk is the package that opens the database files.
const disk = "internal/store/disk"

const (
	pocketbase = "github.com/pocketbase/pocketbase"
	dbx        = "github.com/pocketbase/dbx"
	text       = "golang.org/x/text"
)

// room is what a package's production code may import besides the standard library.
type room struct {
	house   []string // packages of this module
	modules []string // modules of others
}

// rooms are the arrows of the map in README.md, and nothing else builds. A new package begins with a row here; so does a new dependency.
var rooms = map[string]room{
	".":             {[]string{"hooks", "jobs", "internal/gateway", "internal/store", "internal/links", "internal/command", "pb_migrations"}, []string{pocketbase, dbx}},
	"hooks":         {slices.Concat(stores, []string{"internal/links", "internal/gateway", "pb_public"}, rules), []string{pocketbase, dbx, text, "github.com/pocketbase/ozzo-validation/v4"}},
	"jobs":          {slices.Concat(stores, []string{"internal/gateway"}, rules), []string{pocketbase, dbx}},
	"pb_public":     {},
	"pb_migrations": {nil, []string{pocketbase, dbx}},

	"internal/store/runs":    {slices.Concat(stores[1:], []string{fields, "internal/links"}, rules), []string{pocketbase, dbx}},
	"internal/store/recalls": {slices.Concat(stores[2:], []string{fields, "internal/links"}, rules), []string{pocketbase, dbx}},
	"internal/store/queue":   {slices.Concat(stores[3:], []string{fields, "internal/links"}, rules), []string{pocketbase, dbx}},
	"internal/store":         {slices.Concat([]string{fields, "internal/links"}, rules), []string{pocketbase, dbx}},
	fields:                   {nil, []string{pocketbase, dbx}},
	disk:                     {nil, []string{dbx, "modernc.org/libc"}},

	"internal/command":  {slices.Concat(stores, []string{fields, disk, "internal/links", "internal/gateway"}, rules), []string{pocketbase, dbx, "github.com/spf13/cobra"}},
	"internal/notify":   {[]string{"internal/booking", "internal/reminder", "internal/outbox", "internal/sms", "internal/calendar"}, []string{"github.com/arran4/golang-ical", "github.com/cbroglie/mustache", "github.com/yuin/goldmark", text}},
	"internal/gateway":  {[]string{"internal/outbox"}, []string{"github.com/mailgun/mailgun-go/v4", "github.com/sony/gobreaker/v2", "github.com/twilio/twilio-go", "github.com/wneessen/go-mail", "golang.org/x/net", "golang.org/x/time"}},
	"internal/booking":  {[]string{"internal/calendar"}, []string{"github.com/nyaruka/phonenumbers", "golang.org/x/net", text}},
	"internal/reminder": {[]string{"internal/calendar"}, nil},
	"internal/outbox":   {[]string{"internal/calendar"}, nil},
	"internal/sms":      {[]string{"internal/calendar"}, []string{text}},
	"internal/calendar": {},
	"internal/links":    {},

	"internal/bench":   {},
	"internal/torture": {},
	// What is held against the rules knows nothing of the program, not even its calendar.
	"internal/year":        {},
	"internal/clinictest":  {[]string{"pb_migrations", "internal/store", disk, "internal/booking", "internal/calendar"}, []string{pocketbase, dbx}},
	"internal/golden":      {nil, []string{"github.com/google/go-cmp"}},
	"internal/browsertest": {nil, []string{"github.com/chromedp/chromedp", "github.com/chromedp/cdproto"}},
}

// forTests are the packages that only tests may use.
var forTests = []string{"internal/clinictest", "internal/browsertest", "internal/golden", "internal/year"}

// clocks are the places outside main that may read the wall clock, and why. Everything else is told what time it is.
var clocks = map[string]string{
	"internal/store/desk.go": "what is kept in memory ages by the wall clock, also while the clinic's clock is moved",
	"internal/clinictest":    "for tests",
	"internal/browsertest":   "for tests",
}

// longest is where a file has become two subjects. The aim is about 400 lines.
const longest = 450

type source struct {
	path  string
	test  bool
	tree  *ast.File
	lines int
}

func (s source) dir() string { return path.Dir(s.path) }

var files = token.NewFileSet()

// tree is every Go file of the house, read once.
var tree = sync.OnceValues(func() ([]source, error) {
	var all []source
	err := walk(func(name string, content []byte) error {
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		parsed, err := parser.ParseFile(files, name, content, parser.ParseComments)
		if err != nil {
			return err
		}
		all = append(all, source{name, strings.HasSuffix(name, "_test.go"), parsed, strings.Count(string(content), "\n")})
		return nil
	})
	return all, err
})

// walk visits every file that people write: nothing hidden, fetched, built or stored by a running clinic.
func walk(visit func(name string, content []byte) error) error {
	house := os.DirFS(".")
	return fs.WalkDir(house, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if slices.Contains([]string{".git", "node_modules", "bin", "pb_data", "demo_data"}, name) {
				return fs.SkipDir
			}
			return nil
		}
		if !entry.Type().IsRegular() || name == "pawbell" {
			return nil
		}
		content, err := fs.ReadFile(house, name)
		if err != nil {
			return err
		}
		return visit(name, content)
	})
}

func sources(t *testing.T) []source {
	t.Helper()
	all, err := tree()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 {
		t.Fatalf("only %d Go files found: the fences look at the wrong tree", len(all))
	}
	return all
}

func where(n ast.Node) string {
	at := files.Position(n.Pos())
	return fmt.Sprintf("%s:%d", at.Filename, at.Line)
}

// imported lists what a file imports: packages of this module by their folder, all others by their path.
func imported(s source) (house, others []string) {
	for _, i := range s.tree.Imports {
		name, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			continue // the parser has accepted it
		}
		if own, found := strings.CutPrefix(name, "pawbell/"); found {
			house = append(house, own)
		} else {
			others = append(others, name)
		}
	}
	return house, others
}

func inModule(name, module string) bool { return name == module || strings.HasPrefix(name, module+"/") }

func standard(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return !strings.Contains(first, ".")
}

func TestHouseHasNoOtherArrows(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		room, listed := rooms[s.dir()]
		if !listed {
			t.Errorf("%s: package %s has no row in rooms (house_test.go) and no place in the map", s.path, s.dir())
			continue
		}
		if s.test {
			continue
		}
		house, others := imported(s)
		for _, name := range house {
			if !slices.Contains(room.house, name) {
				t.Errorf("%s imports %s: there is no arrow from %s to it", s.path, name, s.dir())
			}
		}
		for _, name := range others {
			if !standard(name) && !slices.ContainsFunc(room.modules, func(m string) bool { return inModule(name, m) }) {
				t.Errorf("%s imports %s: this module has no place in %s", s.path, name, s.dir())
			}
		}
	}
	for name := range rooms {
		if slices.Contains(rooms[name].house, name) {
			t.Errorf("%s may import itself", name)
		}
	}
}

// The rules' tests are plain tables, so that they run in milliseconds and say nothing about databases.
func TestHouseKeepsPocketBaseOutOfTheRules(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if !slices.Contains(rules, s.dir()) && s.dir() != "internal/links" && s.dir() != "internal/gateway" {
			continue
		}
		house, others := imported(s)
		for _, name := range slices.Concat(house, others) {
			if inModule(name, pocketbase) || name == dbx || inModule(name, "internal/store") || slices.Contains([]string{"hooks", "jobs", "pb_migrations", "internal/clinictest", "internal/browsertest"}, name) {
				t.Errorf("%s imports %s: rules and gateways know nothing of records, nor do their tests", s.path, name)
			}
		}
	}
}

func TestHouseShipsNoTestCode(t *testing.T) {
	t.Parallel()
	only := []string{"testing", "net/http/httptest", pocketbase + "/tests", "github.com/google/go-cmp", "pgregory.net/rapid",
		"github.com/chromedp/chromedp", "github.com/chromedp/cdproto", "github.com/emersion/go-smtp", "github.com/emersion/go-sasl"}
	for _, s := range sources(t) {
		if s.test || slices.Contains(forTests, s.dir()) {
			continue
		}
		house, others := imported(s)
		for _, name := range house {
			if slices.Contains(forTests, name) {
				t.Errorf("%s imports %s, which is for tests", s.path, name)
			}
		}
		for _, name := range others {
			if slices.ContainsFunc(only, func(m string) bool { return inModule(name, m) }) {
				t.Errorf("%s imports %s, which is for tests", s.path, name)
			}
		}
	}
}

func TestHouseIsToldWhatTimeItIs(t *testing.T) {
	t.Parallel()
	reads := []string{"Now", "Since", "Until"}
	used := map[string]bool{}
	for _, s := range sources(t) {
		if s.test || s.dir() == "." {
			continue
		}
		ast.Inspect(s.tree, func(n ast.Node) bool {
			call, is := n.(*ast.SelectorExpr)
			if !is || !slices.Contains(reads, call.Sel.Name) {
				return true
			}
			if x, is := call.X.(*ast.Ident); !is || x.Name != "time" {
				return true
			}
			for _, place := range []string{s.path, s.dir()} {
				if clocks[place] != "" {
					used[place] = true
					return true
				}
			}
			t.Errorf("%s reads time.%s: take now as an argument", where(n), call.Sel.Name)
			return true
		})
	}
	for place := range clocks {
		if strings.HasSuffix(place, ".go") && !used[place] {
			t.Errorf("%s no longer reads the clock: take it out of clocks", place)
		}
	}
}

// Hooks and jobs speak of records in the store's words, so that a field that is renamed is renamed in one place.
func TestHouseLeavesFieldNamesToTheStore(t *testing.T) {
	t.Parallel()
	readers := []string{"GetString", "GetBool", "GetInt", "GetFloat", "GetDateTime", "GetStringSlice", "SetIfFieldExists", "SetRaw", "GetRaw"}
	asks := []string{"NewExp", "NewQuery", "Select", "AndSelect", "OrderBy", "FindFirstRecordByData", "FindRecordsByFilter", "FindAllRecords"}
	name := regexp.MustCompile("^[\"`][a-z][a-z0-9_]*[\"`]$")
	for _, s := range sources(t) {
		if s.test || s.dir() != "hooks" && s.dir() != "jobs" {
			continue
		}
		ast.Inspect(s.tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				called, is := n.Fun.(*ast.SelectorExpr)
				if !is || len(n.Args) == 0 {
					return true
				}
				first, isText := n.Args[0].(*ast.BasicLit)
				isText = isText && first.Kind == token.STRING
				switch {
				case isText && slices.Contains(readers, called.Sel.Name), isText && called.Sel.Name == "Set" && name.MatchString(first.Value):
					t.Errorf("%s names the field %s: ask the store", where(n), first.Value)
				case isText && slices.Contains(asks, called.Sel.Name):
					t.Errorf("%s asks the database: let the store ask", where(n))
				}
			case *ast.CompositeLit:
				if kind, is := n.Type.(*ast.SelectorExpr); is && kind.Sel.Name == "HashExp" {
					t.Errorf("%s names fields in a condition: let the store ask", where(n))
				}
			}
			return true
		})
	}
}

// What happens at once is watched for races: of the calm packages make race watches only the tests whose names say so.
func TestHouseWatchesWhatHappensAtOnce(t *testing.T) {
	t.Parallel()
	found := regexp.MustCompile(`-run '([^']+)' \./hooks\n`).FindStringSubmatch(read(t, "Makefile"))
	if found == nil {
		t.Fatal("make race runs no tests of hooks under the race detector")
	}
	watched := regexp.MustCompile(found[1])
	starts, calls := map[string]bool{}, map[string][]string{}
	tests := map[string]*ast.FuncDecl{}
	for _, s := range sources(t) {
		if !s.test || s.dir() != "hooks" {
			continue
		}
		for _, d := range s.tree.Decls {
			f, is := d.(*ast.FuncDecl)
			if !is {
				continue
			}
			if f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
				tests[f.Name.Name] = f
			}
			ast.Inspect(f.Body, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.GoStmt:
					starts[f.Name.Name] = true
				case *ast.CallExpr:
					switch called := n.Fun.(type) {
					case *ast.Ident:
						calls[f.Name.Name] = append(calls[f.Name.Name], called.Name)
					case *ast.SelectorExpr:
						if called.Sel.Name == "Go" {
							starts[f.Name.Name] = true
						}
						calls[f.Name.Name] = append(calls[f.Name.Name], called.Sel.Name)
					}
				}
				return true
			})
		}
	}
	for name, f := range tests {
		several := starts[name] || slices.ContainsFunc(calls[name], func(called string) bool { return starts[called] })
		if several && !watched.MatchString(name) {
			t.Errorf("%s: %s starts goroutines, and no race detector watches it: say AtOnce in its name", where(f), name)
		}
	}
	if len(starts) == 0 {
		t.Error("no test of hooks starts anything at once: this looks at the wrong tree")
	}
}

func TestHouseThrowsNothingAway(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		ast.Inspect(s.tree, func(n ast.Node) bool {
			assigned, is := n.(*ast.AssignStmt)
			if is && !slices.ContainsFunc(assigned.Lhs, func(e ast.Expr) bool { return !blank(e) }) {
				t.Errorf("%s assigns to _: handle it or return it", where(n))
			}
			return true
		})
	}
}

func blank(e ast.Expr) bool {
	name, is := e.(*ast.Ident)
	return is && name.Name == "_"
}

func TestHouseSaysWhatItExports(t *testing.T) {
	t.Parallel()
	packages := map[string]int{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		packages[s.dir()] += 0
		if doc := s.tree.Doc.Text(); doc != "" {
			packages[s.dir()]++
			if s.dir() != "." && !strings.HasPrefix(doc, "Package "+s.tree.Name.Name+" ") {
				t.Errorf("%s: the package comment begins with other words than Package %s", s.path, s.tree.Name.Name)
			}
		}
		for _, d := range s.tree.Decls {
			undocumented(d, func(n ast.Node, name string) { t.Errorf("%s: %s has no doc comment", where(n), name) })
		}
	}
	for dir, comments := range packages {
		if comments != 1 {
			t.Errorf("package %s has %d package comments instead of one", dir, comments)
		}
	}
}

// undocumented reports the exported names of a declaration that nothing is said about. A comment above a group speaks for the group.
func undocumented(d ast.Decl, report func(ast.Node, string)) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		// What Error of an error answers needs no words.
		if d.Name.IsExported() && d.Name.Name != "Error" && ofExported(d.Recv) && d.Doc.Text() == "" {
			report(d, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				if spec.Name.IsExported() && d.Doc.Text() == "" && spec.Doc.Text() == "" {
					report(spec, spec.Name.Name)
				}
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					if name.IsExported() && d.Doc.Text() == "" && spec.Doc.Text() == "" && spec.Comment.Text() == "" {
						report(spec, name.Name)
					}
				}
			}
		}
	}
}

// ofExported says whether a function has no receiver, or one that is seen from outside. What a private type must have for an interface
// is explained there.
func ofExported(receiver *ast.FieldList) bool {
	if receiver == nil {
		return true
	}
	kind := receiver.List[0].Type
	if pointer, is := kind.(*ast.StarExpr); is {
		kind = pointer.X
	}
	if generic, is := kind.(*ast.IndexExpr); is {
		kind = generic.X
	}
	name, is := kind.(*ast.Ident)
	return !is || name.IsExported()
}

func TestHouseIsFinished(t *testing.T) {
	t.Parallel()
	// Put together here, so that this file passes its own test.
	later := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X|HA` + `CK)\b`)
	written := []string{".go", ".js", ".css", ".html", ".md", ".txt", ".json", ".yml", ".svg", ""}
	err := walk(func(name string, content []byte) error {
		if !slices.Contains(written, path.Ext(name)) {
			return nil
		}
		for i, line := range strings.Split(string(content), "\n") {
			if later.MatchString(line) {
				t.Errorf("%s:%d puts something off: %s", name, i+1, strings.TrimSpace(line))
			}
		}
		lines := strings.Count(string(content), "\n")
		code := slices.Contains([]string{".go", ".js", ".css", ".html"}, path.Ext(name))
		if code && lines > longest && !strings.HasSuffix(name, "_test.go") {
			t.Errorf("%s has %d lines: it answers two questions, make it two files", name, lines)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// section is the part of a Markdown text under a heading of the second level.
func section(t *testing.T, markdown, heading string) string {
	t.Helper()
	_, after, found := strings.Cut(markdown, "\n## "+heading+"\n")
	if !found {
		t.Fatalf("there is no section %q", heading)
	}
	before, _, _ := strings.Cut(after, "\n## ")
	return before
}

func TestHouseHasATrueMap(t *testing.T) {
	t.Parallel()
	there := map[string]bool{}
	for _, s := range sources(t) {
		there[s.dir()] = true
	}
	drawn := map[string]bool{".": true}
	for _, row := range regexp.MustCompile(`(?m)^([a-z_/]+)/ `).FindAllStringSubmatch(section(t, read(t, "README.md"), "Map of the code"), -1) {
		drawn[row[1]] = true
		if info, err := os.Stat(row[1]); err != nil || !info.IsDir() {
			t.Errorf("README.md draws %s/, which is not there", row[1])
		}
	}
	for dir := range there {
		if !drawn[dir] {
			t.Errorf("the map in README.md lacks %s/", dir)
		}
	}
}

// guides are the texts that tell people what to type.
var guides = []string{"README.md", ".github/CONTRIBUTING.md"}

func TestHouseOnlyPromisesCommandsThatExist(t *testing.T) {
	t.Parallel()
	targets := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^([a-z]+):`).FindAllStringSubmatch(read(t, "Makefile"), -1) {
		targets[m[1]] = true
	}
	commands := map[string]bool{"serve": true, "superuser": true, "migrate": true} // PocketBase's own
	for _, s := range sources(t) {
		if s.test || s.dir() != "internal/command" {
			continue
		}
		ast.Inspect(s.tree, func(n ast.Node) bool {
			if field, is := n.(*ast.KeyValueExpr); is {
				name, isName := field.Key.(*ast.Ident)
				use, isText := field.Value.(*ast.BasicLit)
				if isName && isText && name.Name == "Use" {
					word, _, _ := strings.Cut(strings.Trim(use.Value, "\"`"), " ")
					commands[word] = true
				}
			}
			return true
		})
	}
	typed := regexp.MustCompile(`(?m)(?:^|[\x60(])(make|go run \.|\./pawbell) ([a-z]+)`)
	for _, guide := range guides {
		found := typed.FindAllStringSubmatch(read(t, guide), -1)
		if len(found) == 0 {
			t.Errorf("%s names no command at all", guide)
		}
		for _, m := range found {
			known := commands
			if m[1] == "make" {
				known = targets
			}
			if !known[m[2]] {
				t.Errorf("%s says %s %s, which does not exist", guide, m[1], m[2])
			}
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^([a-z]+):([^=\n]*)$`).FindAllStringSubmatch(read(t, "Makefile"), -1) {
		if !strings.Contains(m[2], "## ") {
			t.Errorf("make help does not know what %s is for", m[1])
		}
	}
}

func TestHouseListsEverySettingOfItsEnvironment(t *testing.T) {
	t.Parallel()
	name := regexp.MustCompile(`\bPAWBELL_[A-Z_]*[A-Z]\b`)
	inCode, inReadme := map[string]bool{}, map[string]bool{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		ast.Inspect(s.tree, func(n ast.Node) bool {
			if literal, is := n.(*ast.BasicLit); is && literal.Kind == token.STRING {
				for _, variable := range name.FindAllString(literal.Value, -1) {
					inCode[variable] = true
				}
			}
			return true
		})
	}
	for _, variable := range name.FindAllString(section(t, read(t, "README.md"), "Settings and secrets"), -1) {
		inReadme[variable] = true
	}
	for _, variable := range slices.Sorted(maps.Keys(inCode)) {
		if !inReadme[variable] {
			t.Errorf("README.md does not list %s", variable)
		}
	}
	for _, variable := range slices.Sorted(maps.Keys(inReadme)) {
		if !inCode[variable] {
			t.Errorf("README.md lists %s, which nothing reads", variable)
		}
	}
}

func TestHouseOnlyNamesFilesAndBenchmarksThatExist(t *testing.T) {
	t.Parallel()
	benchmarks := map[string]bool{}
	for _, s := range sources(t) {
		for _, d := range s.tree.Decls {
			if f, is := d.(*ast.FuncDecl); is && s.test && strings.HasPrefix(f.Name.Name, "Benchmark") {
				benchmarks[f.Name.Name] = true
			}
		}
	}
	for _, guide := range guides {
		content := read(t, guide)
		for _, m := range regexp.MustCompile("`([A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*\\.(?:go|js|css|html|txt|md|yml|json))`").FindAllStringSubmatch(content, -1) {
			if _, err := os.Stat(m[1]); err != nil {
				t.Errorf("%s names %s, which is not there", guide, m[1])
			}
		}
		for _, m := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(content, -1) {
			if _, err := os.Stat(path.Join(path.Dir(guide), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", guide, m[1])
			}
		}
		for _, name := range regexp.MustCompile(`\bBenchmark[A-Z]\w+`).FindAllString(content, -1) {
			if !benchmarks[name] {
				t.Errorf("%s names %s, which does not exist", guide, name)
			}
		}
	}
}

// Every module that production or test code imports is explained, and nothing else is.
func TestHouseSaysWhyEachDependencyIsThere(t *testing.T) {
	t.Parallel()
	var modules []string
	for _, m := range regexp.MustCompile(`(?m)^\s+(\S+) v\S+`).FindAllStringSubmatch(read(t, "go.mod"), -1) {
		modules = append(modules, m[1])
	}
	used := map[string]bool{}
	for _, s := range sources(t) {
		_, others := imported(s)
		for _, name := range others {
			if standard(name) {
				continue
			}
			module := ""
			for _, m := range modules {
				if inModule(name, m) && len(m) > len(module) {
					module = m
				}
			}
			used[module] = true
		}
	}
	dependencies := section(t, read(t, "README.md"), "Dependencies")
	for _, module := range slices.Sorted(maps.Keys(used)) {
		if !strings.Contains(dependencies, "`"+module+"`") {
			t.Errorf("README.md does not say why %q is there", module)
		}
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)`").FindAllStringSubmatch(dependencies, -1) {
		if !used[m[1]] {
			t.Errorf("README.md explains %s, which nothing imports", m[1])
		}
	}
}
