// @ts-check
import { look } from './api.js';
import { keepInTab, keptInTab } from './memory.js';
import { byId, copy, during, explain, head, say, summarise, telephone, withPhone } from './page.js';
import { followTyping, hideErrors, openRequest, send } from './request.js';
import { joined, match, offerLanguages, speak, text, wished, writtenPrice, writtenTime } from './texts.js';
import { openTimes } from './time.js';

/**
 * @typedef {{id: string, name: string}} Named
 * @typedef {Named & {instructions?: string, duration_minutes?: number, species?: string[], clients?: string, price?: string | number}} Reason
 * @typedef {Named & {reasons: Reason[]}} Group
 * @typedef {Named & {address: string, phone: string, timezone: string, locale: string, info: string, ask_species: boolean,
 *   show_duration: boolean, show_practitioner: boolean, required: string[], logo?: string, accent?: string, privacy_url?: string,
 *   today?: string, currency?: string, species?: Named[], groups: Group[]}} Place
 * @typedef {import('./time.js').Time} Time
 */

/** The questions about the visit, in order. One with a single answer is not asked. @type {string[]} */
const questions = ['location', 'species', 'group', 'known', 'reason'];

/** @type {Place[]} */
let places = [];
/** What was chosen and typed so far. It lives as long as the tab. @type {Record<string, any> & {time?: Time}} */
let draft = keptInTab('draft') ?? {};
const save = () => keepInTab('draft', draft);

const place = () => /** @type {Place} */ (places.find((one) => one.id === draft.location));
/** @param {Reason} reason @param {string} species */
const fits = (reason, species) => !reason.species?.length || reason.species.includes(species);

/** A group's reasons for this animal. @param {Group} group @param {string} [known] new or existing, where only one of them counts */
const reasons = (group, known) =>
  group.reasons.filter(
    (reason) => (!place().ask_species || fits(reason, draft.species)) && (!known || [known, 'all', undefined].includes(reason.clients)),
  );

/** @param {string} question @returns {Array<Named & Partial<Omit<Reason & Place, 'species'>>>} its answers */
function answers(question) {
  if (question === 'location') return places;
  const here = place();
  if (!here) return [];
  const all = here.groups.flatMap((group) => group.reasons);
  if (question === 'species') return here.ask_species ? (here.species ?? []).filter((one) => all.some((reason) => fits(reason, one.id))) : [];
  if (question === 'group') return here.groups.filter((group) => reasons(group).length);
  const group = here.groups.find((one) => one.id === draft.group);
  if (!group) return [];
  if (question === 'reason') return reasons(group, draft.known);
  // Whether somebody is new is asked only where it makes a difference, and never so that nothing is left.
  const kinds = ['existing', 'new'].filter((known) => reasons(group, known).length);
  const differ = kinds.length === 2 && reasons(group).some((reason) => (reason.clients ?? 'all') !== 'all');
  return differ ? kinds.map((id) => ({ id, name: text(`known.${id}`) })) : [];
}

/** @param {string} question */
const answer = (question) => answers(question).find((one) => one.id === draft[question]);
const asked = () => questions.filter((question) => answers(question).length > 1);

/** Takes the only answers there are, and drops what no longer fits an earlier one. */
function settle() {
  for (const question of questions) {
    const all = answers(question);
    if (all.length === 1) draft[question] = all[0].id;
    else if (!answer(question)) delete draft[question];
  }
  const about = [draft.location, draft.species, draft.reason].join();
  if (draft.about !== about) delete draft.time;
  draft.about = about;
  save();
}

/** The step in the address, if what it needs is there, else the first one that is open. */
function step() {
  const wanted = location.hash.slice(1);
  if (wanted === 'done' && draft.done) return wanted;
  const open = [...asked().filter((question) => !answer(question)), ...(draft.time ? [] : ['time']), 'you'][0];
  const order = [...asked(), 'time', 'you'];
  const at = order.indexOf(wanted);
  return at >= 0 && at <= order.indexOf(open) ? wanted : open;
}

/** @param {string} to */
function go(to) {
  history.pushState(null, '', `#${to}`);
  show();
}

/** @param {{quiet?: boolean}} [how] quiet leaves focus and scrolling alone */
function show({ quiet } = {}) {
  settle();
  const here = step();
  if (location.hash !== `#${here}`) history.replaceState(null, '', `#${here}`);
  const stage = questions.includes(here) ? 'visit' : here;
  for (const id of ['question', 'time', 'request', 'done']) byId(id).hidden = id !== ({ visit: 'question', you: 'request' }[stage] ?? stage);
  byId('trouble').replaceChildren();

  const clinic = place();
  if (clinic) head(clinic);
  else head({ name: chain(), address: text('clinics', { n: places.length }), logo: common('logo'), accent: common('accent') });
  say('info', here === 'done' ? '' : clinic ? clinic.info : common('info'));
  byId('booked').hidden = !draft.done || here === 'done';
  byId('booked').firstChild.textContent = text('booked.note', { reference: draft.done?.reference });
  showSteps(stage);
  showChosen(here);

  if (stage === 'visit') showQuestion(here);
  if (stage === 'time') showTime();
  if (stage === 'you') {
    hideErrors();
    fillChoices();
    openRequest(draft, place());
    save();
  }
  if (stage === 'done') showDone();

  const title = document.querySelector(`#flow > :not([hidden]):is(form, #done) h2`);
  document.title = [title?.textContent, clinic?.name].filter(Boolean).join(' – ');
  if (quiet) return;
  byId('steps').scrollIntoView();
  /** @type {HTMLElement} */ (title)?.focus({ preventScroll: true });
}

/** What the names of all clinics begin with; the first clinic's name is better than none. */
function chain() {
  const names = places.map((one) => one.name.split(' '));
  const same = names[0].filter((word, i) => names.every((name) => name.slice(0, i + 1).join(' ') === names[0].slice(0, i + 1).join(' ')));
  return same.join(' ') || text('title');
}

/** What all clinics have in common. @param {'logo' | 'accent' | 'info'} what */
const common = (what) => (places.every((one) => one[what] === places[0][what]) ? places[0][what] : undefined);

/** @param {string} stage */
function showSteps(stage) {
  const stages = ['visit', 'time', 'you', 'done'];
  const now = stages.indexOf(stage);
  for (const item of document.querySelectorAll('#steps li')) {
    const link = /** @type {HTMLAnchorElement} */ (item.firstElementChild);
    const at = stages.indexOf(/** @type {HTMLElement} */ (item).dataset.step ?? '');
    item.classList.toggle('past', at < now);
    const back = at < now && stage !== 'done' && (at > 0 ? stages[at] : asked()[0]);
    if (back) link.href = `#${back}`;
    else link.removeAttribute('href');
    if (at === now) link.setAttribute('aria-current', 'step');
    else link.removeAttribute('aria-current');
  }
}

/** @param {string} here */
function showChosen(here) {
  const ahead = questions.slice(questions.includes(here) ? questions.indexOf(here) : questions.length);
  const open = asked();
  const hidden = draft.reason && !ahead.includes('reason') ? ['group', 'known'] : [];
  const lines = questions
    .filter((question) => !ahead.includes(question) && !hidden.includes(question))
    .map((question) => ({
      name: question,
      value: answer(question)?.name ?? '',
      link: open.includes(question) ? question : open.includes('group') && question === 'reason' ? 'group' : '',
    }))
    .filter((line) => line.value);
  if (here === 'you') lines.push(...details(draft.time));
  say('summary-name', text(here === 'you' ? 'summary.you' : 'summary'));
  byId('summary').dataset.step = here;
  byId('summary').hidden = here === 'done' || !lines.length;
  summarise(byId('chosen'), lines);
}

/** The time and what the clinic shows with it. @param {Time | undefined} time */
function details(time) {
  const reason = /** @type {Reason} */ (answer('reason'));
  const minutes = place().show_duration && reason.duration_minutes;
  return [
    { name: 'starts_at', value: time ? writtenTime(time.local) : text('e.time'), link: 'time' },
    { name: 'duration', value: minutes ? text('minutes', { n: minutes }) : '', link: '' },
    { name: 'practitioner', value: (place().show_practitioner && time?.practitioner?.name) || '', link: '' },
    { name: 'price', value: price(reason), link: '' },
  ].filter((line) => line.value);
}

/** @param {{price?: string | number}} reason */
const price = (reason) => (reason.price ? writtenPrice(reason.price, place().currency) : '');

/** @param {string} question */
function showQuestion(question) {
  const all = answers(question);
  say('asked', text(`ask.${question}`));
  say('question-error', '');
  byId('question').dataset.ask = question;
  if (!all.length) {
    byId('question').hidden = true;
    const phone = place()?.phone;
    return explain(byId('trouble'), null, null, { phone, words: withPhone(phone ? 'days.none' : 'menu.none', phone) });
  }
  byId('options').replaceChildren(
    ...all.map((one, i) => {
      const option = copy('option');
      const input = option.querySelector('input');
      input.value = one.id;
      input.checked = one.id === draft[question];
      option.querySelector('b').textContent = one.name;
      option.querySelector('small').textContent = hint(question, one);
      const instructions = option.querySelector('p');
      if (one.instructions) {
        instructions.textContent = one.instructions;
        instructions.id = `instructions-${i}`;
        input.setAttribute('aria-describedby', instructions.id);
      }
      return option;
    }),
  );
  showInstructions();
}

/** @param {string} question @param {ReturnType<typeof answers>[number]} one */
function hint(question, one) {
  if (question === 'location') return one.address ?? '';
  if (question !== 'reason') return '';
  const minutes = place().show_duration && one.duration_minutes;
  return [minutes && text('minutes', { n: minutes }), price(one)].filter(Boolean).join(' · ');
}

/** A reason's own instructions stand below it, once it is chosen. */
function showInstructions() {
  for (const option of byId('options').children) {
    const words = option.querySelector('p');
    words.hidden = !words.textContent || !option.querySelector('input').checked;
  }
}

byId('options').addEventListener('change', () => {
  say('question-error', '');
  showInstructions();
});

byId('question').addEventListener('submit', (/** @type {Event} */ event) => {
  event.preventDefault();
  const question = byId('question').dataset.ask;
  const chosen = byId('options').querySelector(':checked');
  if (!chosen) {
    say('question-error', text('e.choose'));
    byId('options').querySelector('input').focus();
    return;
  }
  draft[question] = chosen.value;
  settle();
  const open = asked();
  // Whoever comes back to the group wants to see what is in it, answered or not.
  const onward = ['group', 'known'].includes(question) && open[open.indexOf(question) + 1];
  go(onward || (open.find((other) => !answer(other)) ?? (draft.time ? 'you' : 'time')));
});

/** Today by the clinic's calendar, wherever the reader is. */
function today() {
  return place().today ?? new Intl.DateTimeFormat('sv', { timeZone: place().timezone }).format();
}

function showTime() {
  // A reason that nobody had to choose still has to be read.
  say('prepare', asked().includes('reason') ? '' : answer('reason')?.instructions);
  say('time-error', '');
  openTimes({
    query: { location: draft.location, reason: draft.reason, species: place().ask_species ? draft.species : '' },
    today: today(),
    phone: place().phone,
    chosen: draft.time,
    choose(time) {
      draft.time = time;
      save();
    },
  });
}

byId('time').addEventListener('submit', (/** @type {Event} */ event) => {
  event.preventDefault();
  if (draft.time) go('you');
  else say('time-error', text('e.time'));
});

/** The hidden half of the request: what was chosen before. */
function fillChoices() {
  const { elements } = byId('request');
  for (const name of ['location', 'reason']) elements[name].value = draft[name];
  elements.species.value = (place().ask_species && draft.species) || '';
  elements.starts_at.value = draft.time?.starts_at ?? '';
  // A practitioner who was shown is part of what the owner agreed to.
  elements.practitioner.value = (place().show_practitioner && draft.time?.practitioner?.id) || '';
}

byId('request').addEventListener('submit', (/** @type {Event} */ event) => {
  event.preventDefault();
  const here = place();
  send(draft, {
    phone: here.phone,
    save,
    lost() {
      delete draft.time;
      showChosen('you');
    },
    taken(time) {
      draft.time = { ...time };
      fillChoices();
      showChosen('you');
      save();
      hideErrors();
      byId('summary').scrollIntoView({ block: 'center' });
      byId('request').querySelector('.main').focus({ preventScroll: true });
    },
    done(answer) {
      draft = { done: answer };
      save();
      history.replaceState(null, '', '#done');
      show();
    },
  });
});

function showDone() {
  const { done } = draft;
  const clinic = places.find((one) => one.id === done.location);
  const reason = clinic?.groups.flatMap((group) => group.reasons).find((one) => one.id === done.reason);
  if (clinic) head(clinic);
  const requested = done.status === 'requested';
  say('done-name', text(requested ? 'requested' : 'booked'));
  byId('pending').hidden = !requested;
  say('reference', done.reference);
  const lines = [
    { name: 'starts_at', value: writtenTime(done.local) },
    { name: 'reason', value: reason?.name ?? '' },
    { name: 'practitioner', value: done.practitioner?.name ?? '' },
    { name: 'location', value: clinic ? [clinic.name, clinic.address].filter(Boolean).join(', ') : '' },
    { name: 'phone', value: clinic?.phone ? [telephone(clinic.phone)] : '' },
  ];
  if (done.ends_at) lines.splice(1, 0, { name: 'duration', value: text('minutes', { n: (Date.parse(done.ends_at) - Date.parse(done.starts_at)) / 6e4 }) });
  summarise(byId('visit'), lines.filter((line) => line.value.length));
  say('done-prepare', reason?.instructions);
  const addresses = (done.messages ?? []).map((/** @type {{to_masked: string}} */ message) => message.to_masked);
  say('sent', addresses.length ? text('sent.to', { to: joined(addresses) }) : text('sent.none'));
  byId('manage').href = done.manage_url;
  byId('file').href = `/api/booking/manage/${new URL(done.manage_url, location.href).pathname.split('/').pop()}/calendar.ics`;
}

byId('print').onclick = () => window.print();
byId('again').onclick = () => {
  draft = {};
  preselect();
  go('');
};

followTyping(() => draft, save);

/** @param {string} wanted a language, '' for English */
async function load(wanted) {
  const [menu] = await during(byId('wait'), Promise.allSettled([look('menu', { locale: wanted || 'en' }), speak(wanted)]));
  if (menu.status === 'rejected') return explain(byId('trouble'), menu.reason, start);
  places = menu.value.locations;
  if (!places.length) return explain(byId('trouble'), null, null, { words: [text('menu.none')] });
  return true;
}

/** The page in the reader's language, or in that of the clinic if it has none of the reader's. */
async function start() {
  byId('flow').hidden = true;
  byId('wait').hidden = false;
  const wish = wished();
  let ready = await load(wish);
  const clinics = ready && !wish && match((places.find((one) => one.id === preset()) ?? places[0]).locale);
  if (clinics && clinics !== 'en') ready = await load(clinics);
  byId('wait').hidden = true;
  if (!ready) return;
  preselect();
  byId('flow').hidden = false;
  show({ quiet: true });
}

/** The address may name a location. It is chosen once; the reader may still take another. */
function preselect() {
  const wanted = preset();
  if (draft.preset === wanted || !places.some((one) => one.id === wanted)) return;
  draft.preset = draft.location = wanted;
}

const preset = () => new URLSearchParams(location.search).get('location');

offerLanguages(start);
addEventListener('hashchange', () => show());
addEventListener('pageshow', (event) => {
  if (event.persisted) show({ quiet: true });
});
history.scrollRestoration = 'manual';
start();
