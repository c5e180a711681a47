// @ts-check
import { keep, kept } from './memory.js';

// English is what the page itself says. texts/<language>.json replaces it key by key, so a file may be incomplete, and a clinic that
// takes a language out of the list in the page has taken it out altogether.

/** @type {Record<string, string>} */
const english = {};
/** @type {Record<string, string>} */
let words = {};
export let language = 'en';

const picker = /** @type {HTMLSelectElement} */ (document.getElementById('language'));
const offered = [...picker.options].map((option) => option.value);

/** Every element that carries a text, those waiting in templates included. */
const carriers = [document, ...[...document.querySelectorAll('template')].map((template) => template.content)].flatMap(
  (root) => /** @type {HTMLElement[]} */ ([...root.querySelectorAll('[data-text]')]),
);
for (const element of carriers) english[key(element)] ??= element.textContent ?? '';

/** @param {HTMLElement} element */
function key(element) {
  return element.dataset.text ?? '';
}

/**
 * The text of a key, with {names} filled in.
 * @param {string} name
 * @param {Record<string, any>} [values]
 */
export function text(name, values = {}) {
  return (words[name] ?? english[name] ?? '').replace(/\{(\w+)\}/g, (_, value) => values[value] ?? '');
}

/** @param {string | null | undefined} tag a language tag, answered by the language we have for it, or '' */
export function match(tag) {
  const base = (tag ?? '').toLowerCase().split(/[-_]/)[0];
  const own = base === 'no' || base === 'nn' ? 'nb' : base;
  return offered.includes(own) ? own : '';
}

/** What the reader asked for: the address, an earlier choice, the browser; '' if we have none of these. */
export function wished() {
  const asked = new URLSearchParams(location.search).get('lang');
  return [asked, kept('language'), ...navigator.languages].map(match).find(Boolean) ?? '';
}

/**
 * Puts the page into a language. Without its file the page stays English.
 * @param {string} wanted
 */
export async function speak(wanted) {
  language = wanted || 'en';
  words = {};
  if (language !== 'en') {
    try {
      words = await (await fetch(`/texts/${language}.json`)).json();
    } catch {
      language = 'en';
    }
  }
  document.documentElement.lang = language;
  for (const element of carriers) element.textContent = text(key(element));
  picker.value = language;
}

/**
 * Shows the switch, if there is something to switch to.
 * @param {() => void} then called when the page speaks the other language
 */
export function offerLanguages(then) {
  if (offered.length < 2) return;
  /** @type {HTMLElement} */ (picker.parentElement).hidden = false;
  picker.addEventListener('change', async () => {
    keep('language', picker.value);
    const address = new URL(location.href);
    address.searchParams.delete('lang');
    history.replaceState(null, '', address);
    await speak(picker.value);
    then();
  });
}

// The server's local strings are read as if they were UTC and written as UTC, so that the browser's own zone never enters.
const tag = () => (language === 'en' ? 'en-GB' : language);

/**
 * @param {string | Date} when "2027-03-01" or "2027-03-01 09:15", or an instant together with a zone
 * @param {Intl.DateTimeFormatOptions} shape
 * @param {string} [zone]
 */
function written(when, shape, zone = 'UTC') {
  const at = typeof when === 'string' ? new Date(`${when.replace(' ', 'T')}${when.length > 10 ? ':00' : 'T00:00:00'}Z`) : when;
  return new Intl.DateTimeFormat(tag(), { timeZone: zone, ...shape }).format(at);
}

/** @type {Intl.DateTimeFormatOptions} */
const day = { weekday: 'long', day: 'numeric', month: 'long' };
/** @type {Intl.DateTimeFormatOptions} */
const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };

/** @param {string} date */
export const writtenDay = (date) => written(date, { ...day, year: 'numeric' });
/** @param {string} month "2027-03" */
export const writtenMonth = (month) => written(`${month}-01`, { month: 'long', year: 'numeric' });
/** @param {number} weekday 0 is Monday; @param {'short' | 'long'} length */
export const writtenWeekday = (weekday, length) => written(`2024-01-0${weekday + 1}`, { weekday: length });
/** @param {string} local "2027-03-01 09:15" */
export const writtenClock = (local) => written(local, clock);
/** @param {string} local "2027-03-01 09:15"; @param {Intl.DateTimeFormatOptions} [more] */
export const writtenTime = (local, more = { year: 'numeric' }) => `${written(local, { ...day, ...more })}, ${writtenClock(local)}`;
/** @param {string} instant RFC 3339; @param {string} zone the clinic's */
export const writtenInstant = (instant, zone) => written(new Date(instant), { ...day, ...clock }, zone);
/** @param {string | number} amount @param {string} [currency] its three letters, where the menu gives them */
export const writtenPrice = (amount, currency) =>
  typeof amount === 'string' ? amount : new Intl.NumberFormat(tag(), currency ? { style: 'currency', currency } : {}).format(amount);
/** @param {string[]} parts */
export const joined = (parts) => new Intl.ListFormat(tag()).format(parts);
