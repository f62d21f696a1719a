/** How long and how much callers may take, with reasons. Durations are milliseconds, sizes bytes. */

const minute = 60_000;
const day = 24 * 60 * minute;

/** Long enough to walk over to another device with the link, short enough for a log that others read. */
export const signInCodeLifetime = 10 * minute;

/** Whoever looks at the page once a month stays signed in. */
export const sessionIdle = 30 * day;

/** The longest that browsers keep a cookie; the session behind it ends earlier. In seconds, as cookies count. */
export const cookieLifetime = 400 * 24 * 3_600;

/** A household's browsers, many times over; this only bounds the memory. */
export const mostSessions = 200;
export const mostCodes = 20;

/** A person mistypes a few times; a program that guesses at this pace needs ages. */
export const wrongTokens = { max: 20, timeWindow: minute } as const;

/** Strangers who look around; known doorbells, sign-ins and the health check never count. */
export const strangers = { max: 60, timeWindow: minute } as const;

/** Nothing the private API takes is longer. */
export const privateBody = 64 * 1024;

/** Monzo's doorbells are a few KiB; this bounds what anyone else can make us read. */
export const doorbellBody = 256 * 1024;

/** Up to here what is too long is still read and dropped, so that its sender gets to see the refusal. */
export const doorbellPatience = 8 * 1024 * 1024;

/** Proxies drop a connection on which nothing moves for a minute; a page that hears nothing for three beats says so. */
export const beatEvery = 15_000;

/** After a stream broke off, a browser asks again this soon: after a restart the page is back at once. */
export const comeBackAfter = 2_000;

/** Every screen of a large house; this only bounds the memory. */
export const mostStreams = 64;

interface Timeouts {
  /** Until the whole request has arrived. */
  readonly request: number;
  /** Until its headers have arrived. */
  readonly headers: number;
  /** A connection on which nothing moves; a sign-in waits this long for Monzo at most. */
  readonly idle: number;
  readonly keepAlive: number;
}

export const privateTimeouts: Timeouts = {
  request: 30_000,
  headers: 10_000,
  idle: 120_000,
  keepAlive: 5_000,
};
export const publicTimeouts: Timeouts = { request: 10_000, headers: 5_000, idle: 60_000, keepAlive: 2_000 };

/** The server options that enforce the timeouts. */
export function serverOptions(timeouts: Timeouts) {
  return {
    requestTimeout: timeouts.request,
    connectionTimeout: timeouts.idle,
    keepAliveTimeout: timeouts.keepAlive,
    forceCloseConnections: 'idle' as const,
    http: { headersTimeout: timeouts.headers, connectionsCheckingInterval: 2_000 },
  };
}
