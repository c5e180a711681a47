// @ts-check

/** What went wrong, in kinds that the page can say in words. */
export class Trouble extends Error {
  /**
   * @param {'offline'|'busy'|'closed'|'gone'|'server'|'refused'} kind
   * @param {Record<string, {code: string, message?: string, params?: any}>} [fields] a refusal's fields
   */
  constructor(kind, fields = {}) {
    super(kind);
    this.kind = kind;
    this.fields = fields;
    /** The number to call, where the answer brings one. @type {string | undefined} */
    this.phone = Object.values(fields).find((field) => field.params?.phone)?.params.phone;
  }
}

const patience = 20_000;

/**
 * Asks the clinic, and answers its JSON or throws a Trouble.
 * @param {string} path
 * @param {object} [body] makes it a POST
 * @returns {Promise<any>}
 */
export async function ask(path, body) {
  /** @type {Response} */
  let response;
  let answer;
  try {
    response = await fetch(path, {
      signal: AbortSignal.timeout(patience),
      cache: 'no-store',
      ...(body && { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
    });
    answer = await response.text();
  } catch {
    throw new Trouble('offline');
  }
  try {
    answer = JSON.parse(answer);
  } catch {
    throw new Trouble(response.status === 429 ? 'busy' : 'server');
  }
  if (response.ok) return answer;

  const fields = answer?.data ?? {};
  if (response.status === 400 && Object.keys(fields).length) throw new Trouble('refused', fields);
  if (response.status === 403) throw new Trouble('closed', fields);
  if (response.status === 404) throw new Trouble('gone', fields);
  throw new Trouble(response.status === 429 ? 'busy' : 'server');
}

/**
 * A question to /api/booking/, without the empty parts.
 * @param {string} name
 * @param {Record<string, string | undefined>} about
 */
export function look(name, about) {
  const given = Object.entries(about).filter(([, value]) => value);
  return ask(`/api/booking/${name}?${new URLSearchParams(/** @type {any} */ (given))}`);
}
