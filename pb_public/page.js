// @ts-check
import { text } from './texts.js';

/** @param {string} id @returns {any} */
export const byId = (id) => document.getElementById(id);

/** @param {string} id of a template @returns {any} a copy of the one element in it */
export const copy = (id) => byId(id).content.firstElementChild.cloneNode(true);

/**
 * Shows an element with a text, or hides it when there is none.
 * @param {string} id
 * @param {string | null | undefined} words
 */
export function say(id, words) {
  byId(id).textContent = words ?? '';
  byId(id).hidden = !words;
}

/** @param {string} number */
export function telephone(number) {
  const link = document.createElement('a');
  link.href = `tel:${number.replace(/[^+\d]/g, '')}`;
  link.textContent = number;
  return link;
}

/**
 * A text that names a phone number, the number as a link.
 * @param {string} name
 * @param {string | undefined} phone
 * @param {Record<string, string>} [values]
 */
export function withPhone(name, phone, values) {
  const [before, after] = text(name, { ...values, phone: '\0' }).split('\0');
  return phone && after !== undefined ? [before, telephone(phone), after] : [before];
}

/**
 * The clinic on top of the page: its name, address, phone, logo and colour.
 * @param {{name: string, address?: string, phone?: string, logo?: string, accent?: string}} clinic
 */
export function head(clinic) {
  const name = document.createElement('strong');
  name.textContent = clinic.name;
  const lines = [name];
  if (clinic.address) lines.push(Object.assign(document.createElement('span'), { textContent: clinic.address }));
  if (clinic.phone) lines.push(telephone(clinic.phone));
  byId('clinic').replaceChildren(...lines);
  byId('logo').hidden = !clinic.logo;
  if (clinic.logo) byId('logo').src = clinic.logo;
  paint(clinic.accent);
}

/** @param {string | undefined} accent "#1f6b57" */
function paint(accent) {
  const style = document.documentElement.style;
  style.removeProperty('--accent');
  style.removeProperty('--on-accent');
  const parts = /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})$/i.exec(accent ?? '');
  if (!accent || !parts) return;
  const [red, green, blue] = parts.slice(1).map((hex) => {
    const part = parseInt(hex, 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  // WCAG's relative luminance: white text reaches 4.5:1 on anything below 0.183.
  style.setProperty('--accent', accent);
  style.setProperty('--on-accent', 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.183 ? '#fff' : '#000');
}

/**
 * Lines of a summary. A link leads back to where the line was chosen.
 * @param {HTMLElement} list
 * @param {Array<{name: string, value: string | Node[], link?: string}>} lines
 */
export function summarise(list, lines) {
  list.replaceChildren(
    ...lines.map((line) => {
      const row = copy('row');
      const [name, value, change] = row.children;
      name.textContent = text(line.name);
      value.append(...[line.value].flat());
      if (line.link) {
        const link = change.firstElementChild;
        link.href = `#${line.link}`;
        link.firstChild.textContent = text('change');
        link.lastChild.textContent = `: ${text(line.name)}`;
      } else change.remove();
      return row;
    }),
  );
}

/**
 * Says what went wrong, with a way to try again.
 * @param {HTMLElement} place
 * @param {unknown} error
 * @param {(() => void) | null} again null where trying again cannot help
 * @param {{phone?: string, words?: Array<string | Node>}} [more]
 */
export function explain(place, error, again, more = {}) {
  const { kind = 'server', phone = more.phone } = /** @type {any} */ (error ?? {});
  const name = `t.${text(`t.${kind}`) ? kind : 'server'}`;
  const help = copy('help');
  const [words, contacts, retry] = help.children;
  const said = more.words ?? withPhone(name, phone);
  words.append(...said);
  if (said.every((part) => typeof part === 'string')) contacts.append(...(phone ? [telephone(phone)] : contactLines()));
  if (again) {
    retry.onclick = () => {
      place.replaceChildren();
      /** @type {HTMLElement | null} */ (document.querySelector('form:not([hidden]) h2'))?.focus();
      again();
    };
  } else retry.remove();
  place.replaceChildren(help);
  if (error && !(/** @type {any} */ (error).kind)) console.error(error);
}

/** The clinics' names and phones, which the server wrote into the page for those without JavaScript. */
function contactLines() {
  const own = new DOMParser().parseFromString(document.querySelector('noscript')?.textContent ?? '', 'text/html');
  return own.querySelectorAll('.contacts > *');
}

/**
 * Shows that something is under way, if it takes long enough to be noticed.
 * @template T
 * @param {HTMLElement} place
 * @param {Promise<T>} work
 * @param {string} [words] announced to those who do not see the place
 * @returns {Promise<T>}
 */
export async function during(place, work, words = 'wait') {
  place.ariaBusy = 'true';
  const timer = setTimeout(() => (byId('status').textContent = text(words)), 200);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
    byId('status').textContent = '';
    place.ariaBusy = 'false';
  }
}
