package runs

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/links"
	"pawbell/internal/notify"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// found are the clients that the search of a message to many finds with an account's rights, in the order in which they came to the clinic.
func (b *broadcast) found(app core.App, clinic *store.Clinic, key links.Key, asker *core.Record, now time.Time) (audience, error) {
	query, err := store.ClientsFound(app, b.filter, asker)
	if err != nil {
		return audience{}, err
	}
	ids := query.Build()
	people, err := readClients(app.DB(), ids.SQL(), ids.Params())
	if err != nil {
		// What builds and does not run is the filter's mistake: all else in the statement is ours and has run before.
		return audience{}, errors.Join(store.InvalidFilter(b.filter, err), err)
	}
	return b.clients(app, clinic, key, people, now)
}

// clients completes the facts of some clients in a few statements, however many they are.
func (b *broadcast) clients(app core.App, clinic *store.Clinic, key links.Key, people []notify.Client, now time.Time) (audience, error) {
	ids := make([]string, len(people))
	for i, p := range people {
		ids[i] = p.ID
	}
	pets, err := petsOf(app.DB(), clinic, ids)
	if err != nil {
		return audience{}, err
	}
	isStopped, err := stoppedFor(app.DB(), b.mailing.Purpose)
	if err != nil {
		return audience{}, err
	}
	farewells, err := farewellsAhead(app.DB(), clinic, now)
	if err != nil {
		return audience{}, err
	}
	facts := func(i int) notify.Facts {
		f := notify.Facts{
			Location: b.at.Notify, Client: people[i], Stopped: isStopped, Templates: clinic.Templates,
			Links: notify.Links{Base: clinic.Base}, Addresses: clinic.Addresses[b.at.ID],
		}
		// Nobody who is about to part with a pet wants to hear of an offer.
		f.Reason.EndOfLife = farewells[people[i].ID]
		f.Patient, f.Others = namedPets(pets[people[i].ID])
		if email := f.OwnerAddress(outbox.Email); email != "" {
			f.Links.Unsubscribe = store.UnsubscribeURL(clinic, key, email)
		}
		return f
	}
	return audience{ids: ids, facts: facts}, nil
}

// namedPets are the pets that a message to many names: those that live and come. Where all are dead or inactive, one of them says so.
func namedPets(pets []notify.Patient) (first notify.Patient, others []notify.Patient) {
	for _, pet := range pets {
		switch {
		case pet.Deceased || pet.Inactive:
			if first.ID == "" {
				first = pet
			}
		case first.ID == "" || first.Deceased || first.Inactive:
			first = pet
		default:
			others = append(others, pet)
		}
	}
	return first, others
}

// readClients reads what a message needs of the clients whose ids a statement answers.
func readClients(db dbx.Builder, ids string, params dbx.Params) (people []notify.Client, err error) {
	rows, err := db.NewQuery(`
		SELECT c.id, c.first_name, c.last_name, c.email, c.phone, c.sms_phone, c.locale, c.no_email, c.no_sms, c.refused, c.merge_into != ''
		FROM clients c WHERE c.id IN (` + ids + `) ORDER BY c.rowid`).Bind(params).Rows()
	if err != nil {
		return nil, fmt.Errorf("read clients: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var c notify.Client
		var refused string
		if err := rows.Scan(&c.ID, &c.FirstName, &c.LastName, &c.Email, &c.Phone, &c.SMSPhone, &c.Locale, &c.NoEmail, &c.NoSMS, &refused, &c.Gone); err != nil {
			return nil, fmt.Errorf("read clients: %w", err)
		}
		c.SMSPhone, c.Refused = store.Dialable(c.SMSPhone), record.ReadIDList(refused)
		people = append(people, c)
	}
	return people, rows.Err()
}

// petsOf reads the pets of clients, by client.
func petsOf(db dbx.Builder, clinic *store.Clinic, clients []string) (pets map[string][]notify.Patient, err error) {
	set, err := record.IDSet(clients)
	if err != nil {
		return nil, err
	}
	rows, err := db.NewQuery(`SELECT client, id, name, species, breed, deceased_on != '', inactive FROM patients
		WHERE client IN (SELECT value FROM json_each({:ids})) ORDER BY client, rowid`).Bind(dbx.Params{"ids": set}).Rows()
	if err != nil {
		return nil, fmt.Errorf("read patients: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	pets = make(map[string][]notify.Patient, len(clients))
	for rows.Next() {
		var client, species string
		var p notify.Patient
		if err := rows.Scan(&client, &p.ID, &p.Name, &species, &p.Breed, &p.Deceased, &p.Inactive); err != nil {
			return nil, fmt.Errorf("read patients: %w", err)
		}
		if s := clinic.Species[species]; s != nil {
			p.Species, p.SpeciesNames = s.Name, s.Translations.Field("name")
		}
		pets[client] = append(pets[client], p)
	}
	return pets, rows.Err()
}

// stoppedFor reads every address that is stopped for a purpose: far fewer than there are clients.
func stoppedFor(db dbx.Builder, purpose outbox.Purpose) (func(outbox.Channel, string, outbox.Purpose) bool, error) {
	var rows []struct {
		Channel string `db:"channel"`
		Address string `db:"address"`
	}
	err := db.Select("channel", "address").From(store.StoppedAddresses).Where(dbx.In("purpose", "", string(purpose))).All(&rows)
	if err != nil {
		return nil, fmt.Errorf("stopped addresses: %w", err)
	}
	type way struct{ channel, address string }
	stops := make(map[way]bool, len(rows))
	for _, r := range rows {
		stops[way{r.Channel, r.Address}] = true
	}
	return func(c outbox.Channel, address string, _ outbox.Purpose) bool {
		return stops[way{string(c), store.AddressKey(address)}]
	}, nil
}

// farewellsAhead are the clients with an end-of-life visit ahead.
func farewellsAhead(db dbx.Builder, clinic *store.Clinic, now time.Time) (map[string]bool, error) {
	var reasons []string
	for id, reason := range clinic.Reasons {
		if reason.Notify.EndOfLife {
			reasons = append(reasons, id)
		}
	}
	ahead := map[string]bool{}
	if len(reasons) == 0 {
		return ahead, nil
	}
	var clients []string
	err := db.Select("client").Distinct(true).From(store.Bookings).Where(dbx.And(record.In("reason", reasons),
		dbx.NewExp("starts_at > {:now} AND status IN ('requested', 'booked', 'confirmed', 'arrived')", dbx.Params{"now": record.Instant(now)}))).Column(&clients)
	if err != nil {
		return nil, fmt.Errorf("end-of-life visits: %w", err)
	}
	for _, id := range clients {
		ahead[id] = true
	}
	return ahead, nil
}

// visitors are the owners of the visits that a day's message is for: of each owner the first that has not begun, with the pets of the others, and
// every end-of-life visit for itself. With some visits given, only their owners.
func (b *broadcast) visitors(app core.App, clinic *store.Clinic, key links.Key, some []string, now time.Time) (audience, error) {
	set, err := record.IDSet(some)
	if err != nil {
		return audience{}, err
	}
	where := dbx.NewExp(`location = {:location} AND starts_at >= {:from} AND starts_at < {:until} AND starts_at > {:now}
		AND ({:practitioner} = '' OR practitioner = {:practitioner}) AND status IN ('requested', 'booked', 'confirmed', 'arrived')
		AND ({:some} = 'null' OR client IN (SELECT client FROM bookings WHERE id IN (SELECT value FROM json_each({:some}))))`, dbx.Params{
		"location": b.at.ID, "from": record.Instant(b.from), "until": record.Instant(b.until), "now": record.Instant(now), "practitioner": b.practitioner, "some": set,
	})
	var visits []*core.Record
	if err := app.RecordQuery(store.Bookings).AndWhere(where).OrderBy("starts_at", "id").All(&visits); err != nil {
		return audience{}, fmt.Errorf("visits of the day: %w", err)
	}
	var order []string
	of := map[string][]notify.Facts{}
	for _, r := range visits {
		f, err := store.FactsBeside(app, clinic, key, r)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return audience{}, err
		}
		whose := f.Client.ID
		if f.Reason.EndOfLife || whose == "" {
			whose = r.Id
		}
		if of[whose] == nil {
			order = append(order, whose)
		}
		of[whose] = append(of[whose], f)
	}
	people := audience{}
	all := make([]notify.Facts, len(order))
	for i, whose := range order {
		all[i] = notify.Together(of[whose])
		people.ids = append(people.ids, all[i].Booking.ID)
	}
	people.facts = func(i int) notify.Facts { return all[i] }
	return people, nil
}
