/** The pages in the order of the navigation; each is a word in the address. */
export const pageNames = ['overview', 'transactions', 'charts', 'activity', 'people'] as const;
export type PageName = (typeof pageNames)[number];

/** Also those that only another page leads to. */
const placeNames = [...pageNames, 'report'] as const;
export type PlaceName = (typeof placeNames)[number];

/** The page of the navigation that a place belongs to. */
export function pageNameOf(place: PlaceName): PageName {
  return place === 'report' ? 'charts' : place;
}

/** The place in the page. It is in the fragment of the address, so that it works under any path. */
export interface Route {
  readonly page: PlaceName;
  /** The query of the place; replaced as a whole on every change. */
  readonly query: URLSearchParams;
}

/** Reads the fragment of an address; null if it names no page. */
export function routeOf(hash: string): Route | null {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const page = placeNames.find((name) => name === path);
  return page === undefined ? null : { page, query: new URLSearchParams(query) };
}

/** The address of a route, relative to the page. */
export function hashOf({ page, query }: Route): string {
  return query.size === 0 ? `#/${page}` : `#/${page}?${query}`;
}

export function route(page: PlaceName, query: Readonly<Record<string, string>> = {}): Route {
  return { page, query: new URLSearchParams(query) };
}

/** The route with part of its query replaced; an empty text removes a member. */
export function changed({ page, query }: Route, members: Readonly<Record<string, string>>): Route {
  const next = new URLSearchParams(query);
  for (const [key, value] of Object.entries(members))
    if (value === '') next.delete(key);
    else next.set(key, value);
  return { page, query: next };
}
