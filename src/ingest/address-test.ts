import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { settlesWithin, withDeadline } from '../async.ts';
import type { Clock, Monotonic } from '../clock.ts';
import type { Finding } from '../domain/check.ts';
import type { AddressOutcome } from '../domain/webhook-address.ts';
import { addressTest as limits, durations } from '../limits.ts';
import type { Log } from '../log.ts';
import { refuse } from '../refusals/refuse.ts';

/** How the bridge reaches its own public address, as a caller from outside would. */
export interface Outside {
  readonly fetch: typeof globalThis.fetch;
  /** The IP addresses of a host name. Rejects where it is not known. */
  readonly lookup: (host: string) => Promise<readonly string[]>;
}

export const systemOutside: Outside = {
  fetch: globalThis.fetch,
  lookup: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
};

/** Where Monzo's calls are to arrive. */
export interface TestedAddress {
  readonly url: string;
  readonly via: 'public_url' | 'home_assistant';
  /** An account whose webhook has this address. */
  readonly accountId: string;
}

/** What a call to the bridge's own public address met. */
export interface AddressFindings {
  readonly outcome: AddressOutcome;
  readonly via: TestedAddress['via'] | null;
  readonly host: string | null;
  /** Of whoever answered; null where nobody did. */
  readonly status: number | null;
  /** Of the answer, where it has a plain one. */
  readonly contentType: string | null;
  /** Why there was no answer. */
  readonly reason: 'name' | 'refused' | 'certificate' | 'timeout' | 'line' | null;
}

export interface AddressTestOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly outside: Outside;
  /** `no_address` and `no_account` where there is none. */
  readonly address: () => TestedAddress | 'no_address' | 'no_account';
  readonly isReachable: () => boolean;
  /** So many random bytes as hexadecimal digits. */
  readonly randomId: (bytes: number) => string;
}

/**
 * Calls the bridge's own webhook as Monzo would, with a name that only this call knows: where it arrives, the address leads
 * here. Whether it does for Monzo too cannot be known from here.
 */
export class AddressTest {
  readonly #options: AddressTestOptions;
  #underWay: { readonly id: string; readonly arrived: () => void } | null = null;
  #running: Promise<AddressFindings> | null = null;
  #startedAt: Monotonic = Number.NEGATIVE_INFINITY;
  #latest: AddressFindings | null = null;

  constructor(options: AddressTestOptions) {
    this.#options = options;
  }

  /** Whether a call that names this transaction is the test's own; it is recognised once. */
  isProbe(named: string | null): boolean {
    if (named === null || named !== this.#underWay?.id) return false;
    this.#underWay.arrived();
    this.#underWay = null;
    return true;
  }

  /** Whoever asks while it runs shares it. Throws `tested_just_now`. */
  run(): Promise<AddressFindings> {
    if (this.#running) return this.#running;
    const left = this.#startedAt + limits.apart - this.#options.clock.monotonic();
    if (left > 0) throw refuse('tested_just_now', { seconds: Math.ceil(left / durations.second) });
    this.#startedAt = this.#options.clock.monotonic();
    this.#running = this.#test().finally(() => {
      this.#running = null;
      this.#underWay = null;
    });
    return this.#running;
  }

  /** What the test finds; what it has found where that was a moment ago. */
  async findings(): Promise<AddressFindings> {
    const isRecent = this.#options.clock.monotonic() - this.#startedAt < limits.apart;
    if (this.#running === null && isRecent && this.#latest !== null) return this.#latest;
    return this.run();
  }

  async #test(): Promise<AddressFindings> {
    const { address, isReachable, log } = this.#options;
    const tested = address();
    const findings =
      typeof tested === 'string'
        ? nothingFound(tested)
        : isReachable()
          ? await this.#call(tested)
          : { ...nothingFound('home_assistant_away'), via: tested.via, host: new URL(tested.url).host };
    const { outcome, via, status, reason } = findings;
    log.info('The address of the webhooks was tested.', { outcome, via, status, reason });
    this.#latest = findings;
    return findings;
  }

  async #call({ url, via, accountId }: TestedAddress): Promise<AddressFindings> {
    const { clock, outside, randomId } = this.#options;
    const { host, hostname } = new URL(url);
    const id = `tx_${randomId(16)}`;
    let hasArrived = false;
    const arrival = new Promise<void>((resolve) => {
      this.#underWay = {
        id,
        arrived: () => {
          hasArrived = true;
          resolve();
        },
      };
    });
    const body = JSON.stringify({ type: 'transaction.created', data: { id, account_id: accountId } });
    const answer = await this.#post(url, body);
    if (answer.reason === null) await settlesWithin(clock, limits.arrival, arrival);
    const facts = { via, host, ...answer };
    if (!hasArrived) return { ...facts, outcome: answer.reason === null ? 'other_answer' : 'no_answer' };
    if (answer.status === null || answer.status < 200 || answer.status > 299)
      return { ...facts, outcome: 'answer_lost' };
    const found = await outside.lookup(hostname.replaceAll(/[[\]]/g, '')).catch(() => []);
    return { ...facts, outcome: found.some(isInside) ? 'reached_inside' : 'reached' };
  }

  /** Follows no redirect: where it leads is a stranger's word. */
  async #post(
    url: string,
    body: string,
  ): Promise<Pick<AddressFindings, 'status' | 'contentType' | 'reason'>> {
    const { clock, outside } = this.#options;
    const late = () => new Error('no answer in time');
    const headers = { 'content-type': 'application/json' };
    try {
      return await withDeadline({ clock, ms: limits.answer, late }, async (signal) => {
        const response = await outside.fetch(url, {
          method: 'POST',
          redirect: 'manual',
          headers,
          body,
          signal,
        });
        await response.body?.cancel();
        const { status } = response;
        return { status, contentType: plainType(response.headers.get('content-type')), reason: null };
      });
    } catch (thrown) {
      return { status: null, contentType: null, reason: reasonOf(thrown) };
    }
  }
}

function nothingFound(outcome: AddressFindings['outcome']): AddressFindings {
  return { outcome, via: null, host: null, status: null, contentType: null, reason: null };
}

/** A stranger wrote it. */
function plainType(header: string | null): string | null {
  return /^[a-z]+\/[a-z0-9.+-]{1,40}/i.exec(header ?? '')?.[0].toLowerCase() ?? null;
}

const reasons: Readonly<Record<string, AddressFindings['reason']>> = {
  ENOTFOUND: 'name',
  EAI_AGAIN: 'name',
  ECONNREFUSED: 'refused',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  ETIMEDOUT: 'timeout',
};

function reasonOf(thrown: unknown): AddressFindings['reason'] {
  if (!(thrown instanceof TypeError)) return 'timeout';
  const { code = '' } = (thrown.cause ?? {}) as NodeJS.ErrnoException;
  if (/CERT|SELF_SIGNED|TLS|SSL|UNABLE_TO_/.test(code)) return 'certificate';
  return reasons[code] ?? 'line';
}

const inside = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  inside.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  inside.addSubnet(network, prefix, 'ipv6');

/** Whether an IP address can only be reached from within a network of one's own. */
function isInside(address: string): boolean {
  return inside.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

const reasonTexts: Readonly<Record<NonNullable<AddressFindings['reason']>, string>> = {
  name: 'its name is not known',
  refused: 'nothing listens there',
  certificate: 'its certificate is not valid, which Monzo does not accept either',
  timeout: 'no answer came in time',
  line: 'the connection failed',
};

const remedies = {
  public_url:
    'Check MONZO_BRIDGE_PUBLIC_URL (in a Home Assistant app: the option public_url), and that whatever is at that address (a proxy, a tunnel, a router) passes calls on to the bridge’s public listener.',
  home_assistant: 'Check Home Assistant’s external address, or its cloud account.',
} as const;

type Sentence = (findings: AddressFindings) => string;

const sentences: Readonly<Record<AddressFindings['outcome'], Sentence>> = {
  reached: ({ host }) =>
    `A call to ${host} reached the bridge, so the address works as far as can be told from here. Whether something on the way stops Monzo’s own calls only shows when one arrives.`,
  reached_inside: ({ host }) =>
    `A call to ${host} reached the bridge, but from inside your network only: here the name leads to a private address. Whether it answers from outside cannot be told from here; try it with a phone that is not on your Wi-Fi.`,
  answer_lost: ({ host, status }) =>
    `A call to ${host} reached the bridge, but its answer did not come back${status === null ? '' : `: the caller got status ${status}`}. Monzo would repeat such a call and then give it up. Check what is between ${host} and the bridge.`,
  other_answer: (findings) =>
    `Something other than the bridge answered at ${findings.host}: ${answerText(findings)}. ${causeOf(findings)} ${remedyOf(findings)}`,
  no_answer: (findings) =>
    `Nothing answered at ${findings.host}: ${reasonTexts[findings.reason ?? 'line']}. ${remedyOf(findings)}`,
  home_assistant_away: () =>
    'Webhooks come through Home Assistant, and the bridge is not connected to it now. Test again once it is.',
  no_address: () =>
    'There is no address at which Monzo could reach the bridge. Give Home Assistant an external address, or set MONZO_BRIDGE_PUBLIC_URL (in a Home Assistant app: the option public_url).',
  no_account: () => 'There is no account yet whose webhook could be called. Connect a login first.',
};

const states: Readonly<Partial<Record<AddressFindings['outcome'], Finding['state']>>> = {
  reached: 'ok',
  reached_inside: 'ok',
  no_address: 'ok',
  no_account: 'unknown',
  home_assistant_away: 'unknown',
};

/** The same as a check: without an address the bridge polls, which is not wrong. */
export function addressFinding(findings: AddressFindings): Finding {
  return { state: states[findings.outcome] ?? 'degraded', sentence: addressSentence(findings) };
}

/** What a test of the address has found, and what to do next. */
export function addressSentence(findings: AddressFindings): string {
  return sentences[findings.outcome](findings);
}

function answerText({ status, contentType }: AddressFindings): string {
  return `status ${status}${contentType === null ? '' : `, ${contentType}`}`;
}

/** Home Assistant answers 200 for every webhook, also for one that nobody listens to. */
function causeOf({ via, status, contentType }: AddressFindings): string {
  if (status !== null && status >= 300 && status < 400)
    return 'It sends callers elsewhere, such as to a sign-in page.';
  if (contentType === 'text/html')
    return 'It may be a proxy’s challenge or sign-in page, which Monzo cannot pass.';
  return via === 'home_assistant'
    ? 'It may be another Home Assistant, or a cloudhook that has expired.'
    : 'It may be another program, or a tunnel without its other end.';
}

function remedyOf({ via }: AddressFindings): string {
  return remedies[via ?? 'public_url'];
}
