// @ts-check
import { Trouble, ask } from './api.js';
import { keep, kept } from './memory.js';
import { byId, during, explain, withPhone } from './page.js';
import { language, text, writtenTime } from './texts.js';

// The form is the request: its names are the fields of the record, a hidden input for each choice made before.

/**
 * @typedef {{starts_at: string, local: string}} Nearby
 * @typedef {{
 *   typed?: Record<string, any>, key?: string, sent?: string, reused?: string,
 * }} Typed what the draft keeps for this form: values, the key, the first content whose answer never came, and content that was refused as reused
 */

const form = /** @type {HTMLFormElement} */ (byId('request'));
const personal = ['first_name', 'last_name', 'email', 'phone', 'address', 'postcode', 'city', 'pet_name', 'pet_breed', 'pet_born_on'];

/** @param {string} name @returns {HTMLInputElement} */
const field = (name) => /** @type {any} */ (form.elements.namedItem(name));
/** @param {string} name */
const label = (name) => form.querySelector(`label[for=${name}]`)?.textContent ?? text(name);

/** 32 hexadecimal digits. crypto.randomUUID would need https, which a clinic's own network may not have. */
const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/**
 * Fills the form from the draft, else from what this device remembers.
 * @param {Typed & Record<string, any>} draft
 * @param {Record<string, any>} place
 */
export function openRequest(draft, place) {
  draft.key ??= newKey();
  const remembered = kept('me');
  const typed = (draft.typed ??= remembered ? { ...remembered, remember: true } : {});
  for (const input of form.querySelectorAll('input:not([type=hidden]), textarea')) {
    const { name, id, type } = /** @type {HTMLInputElement} */ (input);
    const value = typed[name || id];
    if (type === 'checkbox') /** @type {HTMLInputElement} */ (input).checked = value === true;
    else /** @type {HTMLInputElement} */ (input).value = value ?? '';
  }
  /** @type {string[]} */
  const required = place.required ?? ['first_name', 'last_name', 'pet_name', 'contact'];
  for (const name of [...personal, 'note']) field(name).required = required.includes(name);
  byId('contact').hidden = !required.includes('contact');
  for (const name of ['email', 'phone']) {
    if (required.includes('contact')) field(name).setAttribute('aria-describedby', 'contact');
    else field(name).removeAttribute('aria-describedby');
  }
  byId('privacy').hidden = !place.privacy_url;
  if (place.privacy_url) byId('privacy').href = place.privacy_url;
}

/** @returns {Record<string, any>} */
const values = () =>
  Object.fromEntries([...form.querySelectorAll('input:not([type=hidden]), textarea')].map((element) => {
    const input = /** @type {HTMLInputElement} */ (element);
    return [input.name || input.id, input.type === 'checkbox' ? input.checked : input.value];
  }));

/**
 * Follows what is typed, so that a reload loses nothing.
 * @param {() => Typed & Record<string, any>} draft
 * @param {() => void} save
 */
export function followTyping(draft, save) {
  form.addEventListener('input', (event) => {
    draft().typed = values();
    save();
    const input = /** @type {HTMLInputElement} */ (event.target);
    clearError(input.name);
    if (input.name === 'phone') clearError('email');
    if (input.id === 'remember' && !input.checked) keep('me', undefined);
  });
}

/** @param {string} name */
function clearError(name) {
  byId(`${name}-error`)?.remove();
  const input = field(name);
  if (!input || input.ariaInvalid !== 'true') return;
  input.ariaInvalid = null;
  describe(input, `${name}-error`, false);
}

/** @param {Element} input @param {string} id @param {boolean} on */
function describe(input, id, on) {
  const others = (input.getAttribute('aria-describedby') ?? '').split(' ').filter((other) => other && other !== id);
  if (on) others.unshift(id);
  if (others.length) input.setAttribute('aria-describedby', others.join(' '));
  else input.removeAttribute('aria-describedby');
}

/** The content as it is sent, without the key: only what was filled in. */
function content() {
  /** @type {Record<string, any>} */
  const body = {};
  for (const [name, value] of new FormData(form)) {
    const given = String(value).trim();
    if (given && name !== 'idempotency_key') body[name] = given;
  }
  if (field('no_offers').checked) body.no_offers = true;
  body.website ??= '';
  return body;
}

/** What is missing before anything is sent. */
function missing() {
  /** @type {Record<string, {code: string}>} */
  const wrong = {};
  for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll('[required]'))) {
    if (!input.value.trim()) wrong[input.name] = { code: 'required' };
  }
  for (const name of ['email', 'pet_born_on']) {
    if (!field(name).validity.valid) wrong[name] ??= { code: name === 'email' && field(name).value ? 'invalid_email' : 'invalid_date' };
  }
  const reachable = field('email').value.trim() || field('phone').value.trim();
  if (!byId('contact').hidden && !reachable) wrong.contact = { code: 'required' };
  return wrong;
}

/** Refusals that are said in the words of another. @type {Record<string, string>} */
const alike = { off_grid: 'not_free', outside_shift: 'not_free', not_bookable: 'not_free', unknown: 'not_free', invalid_id: 'not_free' };
/** Where a refusal of something chosen earlier leads. @type {Record<string, string>} */
const steps = { location: 'location', reason: 'reason', species: 'species', practitioner: 'time', starts_at: 'time' };

/**
 * A refusal in the reader's language, as text and links.
 * @param {string} name
 * @param {{code: string, message?: string}} error
 * @param {string | undefined} phone
 */
function words(name, error, phone) {
  const code = name === 'contact' ? name : (alike[error.code] ?? error.code);
  const values = { field: label(name), example: phone ?? '+47 22 33 44 55' };
  return text(`e.${code}`) ? withPhone(`e.${code}`, phone, values) : [error.message || text('e.other', values)];
}

/**
 * Shows every refusal on top, and beside its field.
 * @param {Record<string, {code: string, message?: string, params?: any}>} wrong
 * @param {string | undefined} phone
 * @param {Node[]} [more]
 */
function showErrors(wrong, phone, more = []) {
  const title = Object.assign(document.createElement('h3'), { textContent: text('errors') });
  const list = document.createElement('ul');
  for (const [name, error] of Object.entries(wrong)) {
    const item = document.createElement('li');
    const said = words(name, error, phone);
    const input = field(name === 'contact' ? 'email' : name);
    const step = steps[name];
    if (step || (input && input.type !== 'hidden')) {
      const link = document.createElement('a');
      link.href = step ? `#${step}` : `#${input.id}`;
      link.textContent = said.map((part) => (typeof part === 'string' ? part : part.textContent)).join('');
      if (!step) {
        link.onclick = (event) => {
          event.preventDefault();
          input.focus();
        };
        beside(input, said);
      }
      item.append(link);
    } else item.append(...said);
    list.append(item);
  }
  const errors = byId('errors');
  errors.replaceChildren(title, list, ...more);
  errors.hidden = false;
  errors.focus();
}

/** @param {HTMLInputElement} input @param {Array<string | Node>} said */
function beside(input, said) {
  clearError(input.name);
  const line = Object.assign(document.createElement('p'), { id: `${input.name}-error`, className: 'error' });
  line.append(...said);
  input.before(line);
  input.ariaInvalid = 'true';
  describe(input, line.id, true);
}

export function hideErrors() {
  byId('errors').hidden = true;
  for (const line of form.querySelectorAll('.field > .error')) clearError(line.id.slice(0, -'-error'.length));
}

/**
 * @param {string} words
 * @param {() => void} act
 */
function button(words, act) {
  const made = Object.assign(document.createElement('button'), { type: 'button', textContent: words });
  made.onclick = act;
  return made;
}

let busy = false;

/**
 * Sends the form. Nothing typed is lost, whatever the answer.
 * @param {Typed & Record<string, any>} draft
 * @param {{phone?: string, save: () => void, lost: () => void, taken: (alternative: Nearby) => void, done: (answer: any) => void}} so
 * @param {string} [earlier] content sent before, to fetch the answer that never came
 */
export async function send(draft, so, earlier) {
  if (busy) return;
  hideErrors();
  const wrong = earlier ? {} : missing();
  if (Object.keys(wrong).length) return showErrors(wrong, so.phone);

  field('locale').value = language;
  const now = earlier ?? JSON.stringify(content());
  if (draft.reused && draft.reused !== now && !earlier) {
    draft.key = newKey();
    delete draft.reused;
    delete draft.sent;
  }
  field('idempotency_key').value = draft.key ?? '';
  so.save();

  busy = true;
  form.classList.add('sending');
  try {
    const body = { ...JSON.parse(now), idempotency_key: draft.key };
    const answer = await during(form, ask('/api/collections/booking_requests/records', body), 'sending');
    keep('me', byId('remember').checked ? Object.fromEntries(personal.map((name) => [name, field(name).value.trim()])) : undefined);
    so.done(answer);
  } catch (error) {
    refused(draft, so, error, now);
  } finally {
    busy = false;
    form.classList.remove('sending');
  }
}

/**
 * @param {Typed & Record<string, any>} draft
 * @param {Parameters<typeof send>[1]} so
 * @param {unknown} error
 * @param {string} now
 */
function refused(draft, so, error, now) {
  if (!(error instanceof Trouble) || error.kind !== 'refused') {
    // The answer is unknown: the visit may be in the book. Whoever asks again with the same key is told what became of it.
    draft.sent ??= now;
    so.save();
    const phone = (error instanceof Trouble && error.phone) || so.phone;
    const closed = error instanceof Trouble && error.kind === 'closed';
    byId('errors').hidden = false;
    explain(byId('errors'), error, closed ? null : () => send(draft, so), { phone });
    byId('errors').focus();
    return;
  }
  /** @type {Node[]} */
  const more = [];
  const wrong = error.fields;
  if (wrong.idempotency_key?.code === 'reused') {
    draft.reused = now;
    const first = draft.sent;
    if (first && first !== now) more.push(button(text('first.show'), () => send(draft, so, first)));
  }
  /** @type {Nearby[]} */
  const nearby = wrong.starts_at?.params?.alternatives ?? [];
  if (wrong.starts_at) so.lost();
  if (nearby.length) {
    const list = Object.assign(document.createElement('div'), { className: 'links' });
    list.append(
      ...nearby.map((time) => button(writtenTime(time.local, {}), () => so.taken(time))),
      Object.assign(document.createElement('a'), { href: '#time', className: 'button', textContent: text('times.all') }),
    );
    more.push(Object.assign(document.createElement('p'), { textContent: text('nearby') }), list);
  }
  so.save();
  showErrors(wrong, so.phone, more);
}
