/** The pages in the order of the navigation, each with those that it leads to; each name is a path in the address. */
const places = {
  overview: [],
  transactions: [],
  charts: ['report'],
  activity: ['activity/health', 'activity/moves', 'activity/events', 'activity/monzo'],
  settings: [
    'settings/people',
    'settings/limits',
    'settings/actions',
    'settings/dashboard',
    'settings/blueprints',
    'settings/entities',
    'settings/browsers',
  ],
} as const;

export type PageName = keyof typeof places;
export type PlaceBelow<Name extends PageName = PageName> = (typeof places)[Name][number];
export type PlaceName = PageName | PlaceBelow;

export const pageNames = Object.keys(places) as readonly PageName[];

/** The places that a page leads to, in the order in which it shows them. */
export function placesBelow<Name extends PageName>(page: Name): readonly PlaceBelow<Name>[] {
  return places[page];
}

const pageOfPlace: ReadonlyMap<string, PageName> = new Map(
  pageNames.flatMap((page) => [page, ...placesBelow(page)].map((place) => [place, page] as const)),
);

/** The page of the navigation that a place belongs to. */
export function pageNameOf(place: PlaceName): PageName {
  return pageOfPlace.get(place) ?? 'overview';
}

/** Where the addresses of earlier versions lead: a page, and what its `at` named. They are in bookmarks and notifications. */
const formerly: ReadonlyMap<string, PlaceName> = new Map([
  ['people', 'settings/people'],
  ['people people', 'settings/people'],
  ['people rails', 'settings/limits'],
  ['activity health', 'activity/health'],
  ['activity moves', 'activity/moves'],
  ['activity events', 'activity/events'],
  ['activity bank', 'activity/monzo'],
]);

/** The place in the page. It is in the fragment of the address, so that it works under any path. */
export interface Route {
  readonly page: PlaceName;
  /** The query of the place; replaced as a whole on every change. */
  readonly query: URLSearchParams;
}

/** Reads the fragment of an address; null if it names no page. */
export function routeOf(hash: string): Route | null {
  const [path = '', text = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const query = new URLSearchParams(text);
  const former = formerly.get(`${path} ${query.get('at') ?? ''}`.trimEnd());
  if (former !== undefined) return route(former);
  return isPlace(path) ? { page: path, query } : null;
}

function isPlace(path: string): path is PlaceName {
  return pageOfPlace.has(path);
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
