// @ts-check
import { look } from './api.js';
import { byId, copy, during, explain, say, withPhone } from './page.js';
import { text, writtenClock, writtenDay, writtenMonth, writtenTime, writtenWeekday } from './texts.js';

/**
 * @typedef {{starts_at: string, local: string, part?: string, practitioner?: {id: string, name: string}}} Time
 * @typedef {{query: Record<string, string | undefined>, today: string, phone?: string, chosen?: Time,
 *   choose: (time: Time | undefined) => void}} Asked
 */

// Dates are text, and reckoned with in UTC, so that no zone can lose a day.
/** @param {string} date @param {number} days */
const plus = (date, days) => new Date(Date.parse(date) + days * 864e5).toISOString().slice(0, 10);
/** @param {string} date */
const weekday = (date) => (new Date(date).getUTCDay() + 6) % 7;

const stretch = 92; // days in one question, as many as the server answers
const stretches = 5; // and how far we look for a first free day

/** @type {Asked} */ let asked;
/** @type {Map<string, number>} */ let free = new Map();
/** @type {Time[]} */ let times = [];
let month = '';
let date = '';
// Answers to questions that are no longer the newest are dropped.
let turn = 0;
let dayTurn = 0;

const table = /** @type {HTMLTableElement} */ (document.querySelector('#calendar table'));

/**
 * Opens the calendar for what was asked, at the chosen time or at the first free day.
 * @param {Asked} question
 */
export async function openTimes(question) {
  asked = question;
  const mine = ++turn;
  dayTurn++;
  byId('day').inert = false;
  byId('trouble').replaceChildren();
  byId('day').hidden = byId('calendar').hidden = false;
  byId('times').replaceChildren();
  try {
    /** @type {Map<string, number>} */
    const found = new Map();
    let from = asked.today;
    const more = async () => {
      const { days } = await look('days', { ...asked.query, from, until: plus(from, stretch - 1) });
      for (const day of days) if (day.free > 0) found.set(day.date, day.free);
      from = plus(from, stretch);
      return days.length;
    };
    const load = async () => {
      for (let i = 0; i < stretches && !found.size; i++) await more();
    };
    await during(byId('calendar'), load());
    if (mine !== turn) return;
    free = found;
    if (!free.size) return nothing();
    const wanted = asked.chosen?.local.slice(0, 10) ?? date;
    date = free.has(wanted) ? wanted : dates()[0];
    month = date.slice(0, 7);
    draw();
    await Promise.all([openDay(), lookAhead(mine, more)]);
  } catch (error) {
    if (mine !== turn) return;
    byId('calendar').hidden = byId('day').hidden = true;
    explain(byId('trouble'), error, () => openTimes(asked), { phone: asked.phone });
  }
}

/**
 * Looks beyond the first stretch while it finds something, so that "later" never promises an empty month.
 * @param {number} mine
 * @param {() => Promise<number>} more
 */
async function lookAhead(mine, more) {
  try {
    for (let i = 1; i < stretches && mine === turn && (await more()); i++) if (mine === turn) draw();
  } catch {
    return; // the first stretch is enough to go on with
  }
}

function nothing() {
  byId('calendar').hidden = byId('day').hidden = true;
  asked.choose(undefined);
  explain(byId('trouble'), null, null, { phone: asked.phone, words: withPhone('days.none', asked.phone) });
}

const dates = () => [...free.keys()].sort();
const months = () => [...new Set(dates().map((day) => day.slice(0, 7)))];

/** The month as a table: always six weeks, so that nothing below it moves. */
function draw() {
  const all = months();
  say('month', writtenMonth(month));
  byId('earlier').ariaDisabled = String(month <= all[0]);
  byId('later').ariaDisabled = String(month >= all[all.length - 1]);

  const heads = [0, 1, 2, 3, 4, 5, 6].map((n) => {
    const cell = document.createElement('th');
    cell.scope = 'col';
    cell.abbr = writtenWeekday(n, 'long');
    cell.textContent = writtenWeekday(n, 'short');
    return cell;
  });
  /** @type {HTMLTableSectionElement} */ (table.tHead).rows[0].replaceChildren(...heads);

  const first = `${month}-01`;
  const start = plus(first, -weekday(first));
  const reachable = date.startsWith(month) ? date : dates().find((day) => day.startsWith(month));
  const rows = [0, 1, 2, 3, 4, 5].map((week) => {
    const row = document.createElement('tr');
    for (let n = 0; n < 7; n++) row.append(cell(plus(start, week * 7 + n), reachable));
    return row;
  });
  const focused = /** @type {HTMLElement} */ (document.activeElement)?.dataset.date;
  table.tBodies[0].replaceChildren(...rows);
  if (focused) focusDay(focused);
}

/** @param {string} day */
const focusDay = (day) => /** @type {HTMLElement | null} */ (table.querySelector(`[data-date="${day}"]`))?.focus();

/** @param {string} day @param {string | undefined} reachable the one day that Tab reaches; arrows go on from there */
function cell(day, reachable) {
  const td = document.createElement('td');
  if (!day.startsWith(month)) return td;
  const number = Object.assign(document.createElement('span'), { textContent: String(Number(day.slice(8))), ariaHidden: 'true' });
  const n = free.get(day);
  const spoken = Object.assign(document.createElement('span'), { className: 'unseen' });
  spoken.textContent = `${writtenDay(day)}, ${n ? text('day.free', { n }) : text('day.none')}`;
  if (!n) {
    td.append(number, spoken);
    return td;
  }
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'free';
  button.dataset.date = day;
  button.tabIndex = day === reachable ? 0 : -1;
  button.ariaPressed = String(day === date);
  button.append(number, spoken);
  td.append(button);
  return td;
}

/** Fetches and shows the day's times. */
async function openDay() {
  const mine = ++dayTurn;
  const place = byId('day-trouble');
  place.replaceChildren();
  say('date', writtenDay(date));
  try {
    byId('day').inert = true; // these are still the times of the day before
    const answer = await during(byId('day'), look('times', { ...asked.query, date }));
    if (mine !== dayTurn) return;
    times = answer.times.map((/** @type {Time} */ time) => ({ ...time, local: `${answer.date} ${time.local}` }));
    const same = times.find((time) => time.starts_at === asked.chosen?.starts_at);
    asked.chosen = same;
    asked.choose(same);
    drawTimes();
  } catch (error) {
    if (mine !== dayTurn) return;
    times = [];
    drawTimes();
    byId('times').replaceChildren();
    explain(place, error, openDay, { phone: asked.phone });
  } finally {
    if (mine === dayTurn) byId('day').inert = false;
  }
}

function drawTimes() {
  const part = /** @type {HTMLInputElement} */ (document.querySelector('[name=part]:checked')).value;
  const groups = ['morning', 'afternoon', 'evening']
    .filter((name) => !part || name === part)
    .map((name) => ({ name, list: times.filter((time) => time.part === name) }))
    .filter((group) => group.list.length);
  byId('times').replaceChildren(
    ...groups.map((group) => {
      const section = copy('group');
      section.firstElementChild.textContent = text(`part.${group.name}`);
      section.lastElementChild.append(...group.list.map(timeButton));
      return section;
    }),
  );
  if (!groups.length) {
    byId('times').append(Object.assign(document.createElement('p'), { className: 'hint', textContent: text('part.none') }));
  }
  drawChoice();
}

/** @param {Time} time */
function timeButton(time) {
  const item = document.createElement('li');
  const button = Object.assign(document.createElement('button'), { type: 'button' });
  button.dataset.startsAt = time.starts_at;
  button.append(writtenClock(time.local));
  if (time.practitioner) button.append(Object.assign(document.createElement('small'), { textContent: time.practitioner.name }));
  button.onclick = () => {
    asked.chosen = time;
    asked.choose(time);
    drawChoice();
  };
  item.append(button);
  return item;
}

/** Marks the chosen time and names it on the button that takes it. */
function drawChoice() {
  const { chosen } = asked;
  for (const button of byId('times').querySelectorAll('button')) button.ariaPressed = String(button.dataset.startsAt === chosen?.starts_at);
  byId('choose').textContent = chosen ? text('choose.time', { time: writtenTime(chosen.local, {}) }) : text('choose');
  say('time-error', '');
}

/** @param {string} to a month */
function turnTo(to) {
  month = to;
  draw();
}

byId('earlier').onclick = () => turnTo(months().findLast((other) => other < month) ?? month);
byId('later').onclick = () => turnTo(months().find((other) => other > month) ?? month);

table.addEventListener('click', (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest('button');
  if (!button?.dataset.date) return;
  date = button.dataset.date;
  asked.chosen = undefined;
  asked.choose(undefined);
  for (const other of table.querySelectorAll('button')) {
    other.ariaPressed = String(other === button);
    other.tabIndex = other === button ? 0 : -1;
  }
  openDay();
});

// Arrows go from free day to free day, on into other months: a worried person need not step over days that are full.
table.addEventListener('keydown', (event) => {
  const here = /** @type {HTMLElement} */ (event.target).dataset.date;
  if (!here) return;
  const all = dates();
  const to = {
    ArrowRight: () => all.find((day) => day > here),
    ArrowLeft: () => all.findLast((day) => day < here),
    ArrowDown: () => all.find((day) => day >= plus(here, 7)),
    ArrowUp: () => all.findLast((day) => day <= plus(here, -7)),
    Home: () => all.find((day) => day.startsWith(month)),
    End: () => all.findLast((day) => day.startsWith(month)),
    PageDown: () => all.find((day) => day.slice(0, 7) > month),
    PageUp: () => all.findLast((day) => day.slice(0, 7) < month),
  }[event.key];
  if (!to) return;
  event.preventDefault();
  const day = to();
  if (!day) return;
  if (!day.startsWith(month)) turnTo(day.slice(0, 7));
  focusDay(day);
});

for (const radio of document.querySelectorAll('[name=part]')) radio.addEventListener('change', drawTimes);
