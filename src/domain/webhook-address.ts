/**
 * An address in one form for all the ways to write it: the bank may show a webhook with another case, port, order or
 * encoding than it was registered with. Not meant for calling it.
 */
export function plainAddress(address: string): string {
  if (!URL.canParse(address)) return address;
  const { protocol, host, pathname, searchParams } = new URL(address);
  const path = decoded(pathname).replace(/\/+$/, '');
  const query = [...searchParams].map(([name, value]) => `${name}=${value}`).toSorted();
  return `${protocol}//${host}${path}${query.length === 0 ? '' : `?${query.join('&')}`}`.toLowerCase();
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** What a call of the bridge to its own public address can meet; `reached` as far as can be told from here. */
export const addressOutcomes = [
  'reached',
  'reached_inside',
  'answer_lost',
  'other_answer',
  'no_answer',
  'home_assistant_away',
  'no_address',
  'no_account',
] as const;

export type AddressOutcome = (typeof addressOutcomes)[number];
