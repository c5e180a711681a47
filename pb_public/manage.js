// @ts-check
import { ask } from './api.js';
import { byId, during, explain, head, say, summarise, telephone } from './page.js';
import { offerLanguages, speak, text, wished, writtenInstant, writtenTime } from './texts.js';

/**
 * @typedef {{reference: string, status: string, location: {name: string, phone: string, address: string}, reason: string, pet_name: string,
 *   first_name: string, starts_at: string, local: string, timezone: string, can_cancel: boolean, can_confirm: boolean, cutoff_at: string}} Visit
 */

// The link in a message only shows. What changes the visit is sent from here, after a click.
const door = `/api/booking/manage/${location.pathname.split('/').filter(Boolean).pop()}`;

/** @type {Visit} */
let visit;

function show() {
  head(visit.location);
  say('state', text(`m.${visit.status}`) || text('m.over'));
  byId('state').dataset.state = visit.status;
  say('reference', visit.reference);
  summarise(byId('visit'), [
    { name: 'starts_at', value: writtenTime(visit.local) },
    { name: 'reason', value: visit.reason },
    { name: 'm.pet', value: visit.pet_name },
    { name: 'location', value: [visit.location.name, visit.location.address].filter(Boolean).join(', ') },
  ].filter((line) => line.value));

  const standing = ['requested', 'booked', 'confirmed'].includes(visit.status);
  byId('confirm').hidden = !visit.can_confirm;
  byId('cancel').hidden = !visit.can_cancel;
  byId('file').hidden = !standing;
  byId('file').href = `${door}/calendar.ics`;
  sure(false);
  say('cutoff', visit.can_cancel && visit.cutoff_at ? text('m.cutoff', { time: writtenInstant(visit.cutoff_at, visit.timezone) }) : '');
  say('late', standing && !visit.can_cancel ? text('m.late') : '');
  if (!byId('late').hidden && visit.location.phone) byId('late').append(' ', telephone(visit.location.phone));
}

/** @param {boolean} open the "are you sure" */
function sure(open) {
  byId('sure').hidden = !open;
  byId('cancel').ariaExpanded = String(open);
}

/**
 * @param {string} path
 * @param {object} [body]
 */
async function act(path, body) {
  const place = byId('trouble');
  place.replaceChildren();
  try {
    visit = await during(byId('flow'), ask(`${door}${path}`, body));
    byId('flow').hidden = false;
    show();
    if (body) byId('title').focus();
  } catch (error) {
    const { kind } = /** @type {any} */ (error);
    if (kind === 'gone') {
      byId('flow').hidden = true;
      explain(place, error, null, { words: [text('m.dead')] });
    } else if (kind === 'refused' && body) {
      // The cut-off passed, or somebody else was here: what is true now says why.
      await act('');
    } else explain(place, error, () => act(path, body));
  }
}

byId('confirm').onclick = () => act('/confirm', {});
byId('cancel').onclick = () => {
  sure(byId('sure').hidden);
  byId('sure').querySelector('h2').focus();
};
byId('keep').onclick = () => {
  sure(false);
  byId('cancel').focus();
};
byId('sure').addEventListener('submit', (/** @type {Event} */ event) => {
  event.preventDefault();
  act('/cancel', { note: byId('note').value.trim() });
});

async function start() {
  byId('wait').hidden = false;
  await speak(wished());
  await act('');
  byId('wait').hidden = true;
}

offerLanguages(() => visit && show());
start();
