package hooks

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store"
)

// quarter is a period of accounting, as in 2027Q1.
var quarter = regexp.MustCompile(`^\d{4}Q[1-4]$`)

// statementsFile answers what text messages cost in a quarter as a CSV file: one line for each company and currency (X-26, R-51; RFC 4180 in
// UTF-8). Managers read the companies of their own locations, superusers all.
func (h House) statementsFile(e *core.RequestEvent) error {
	if e.Auth == nil {
		return e.UnauthorizedError("Statements are for managers.", nil)
	}
	clinic, err := h.Desk.Clinic()
	if err != nil {
		return err
	}
	legalIDs, ok := store.Companies(clinic, e.Auth)
	if !ok {
		return e.ForbiddenError("Statements are for managers.", nil)
	}
	values := e.Request.URL.Query()
	period := values.Get("period")
	switch {
	case period == "":
		return e.BadRequestError("Say which quarter.", fieldProblem("period", "required", "Write the quarter as in 2027Q1."))
	case !quarter.MatchString(period):
		return e.BadRequestError("This is not a quarter.", fieldProblem("period", "invalid_period", "Write the quarter as in 2027Q1."))
	}
	if values.Has("legal_id") {
		one := strings.TrimSpace(values.Get("legal_id"))
		if legalIDs == nil || slices.Contains(legalIDs, one) {
			legalIDs = []string{one}
		} else {
			legalIDs = []string{}
		}
	}
	statements, err := store.Statements(e.App, period, legalIDs)
	if err != nil {
		return err
	}
	var file bytes.Buffer
	lines := csv.NewWriter(&file)
	lines.UseCRLF = true
	all := [][]string{{"legal_id", "legal_name", "period", "currency", "messages", "parts", "cost"}}
	for _, s := range statements {
		all = append(all, []string{
			cell(s.LegalID), cell(s.LegalName), s.Period, s.Currency, strconv.Itoa(int(s.Messages)), strconv.Itoa(int(s.Parts)), strconv.FormatFloat(s.Cost, 'f', 2, 64),
		})
	}
	if err := lines.WriteAll(all); err != nil {
		return fmt.Errorf("write statements: %w", err)
	}
	header := e.Response.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Disposition", `attachment; filename="statements-`+period+`.csv"`)
	return e.Blob(http.StatusOK, "text/csv; charset=utf-8; header=present", file.Bytes())
}

// cell keeps a typed name from being taken for a formula by the program that opens the file, in the full-width signs of the East too.
func cell(typed string) string {
	if first, _ := utf8.DecodeRuneInString(typed); typed != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + typed
	}
	return typed
}
