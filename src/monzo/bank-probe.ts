import type { Clock } from '../clock.ts';
import type { Finding } from '../domain/check.ts';
import { messageOf, tlsTroubleOf } from '../errors.ts';
import { createBankClock, type BankClock, type BankTime } from './bank-clock.ts';
import { BankError } from './bank-error.ts';
import { exchange, isBankCode, type ExchangeOptions } from './exchange.ts';
import { isJsonObject } from './shape.ts';

export interface BankProbe extends Finding {
  /** What its answer says of the time. */
  readonly bankClock: BankClock;
}

export interface ProbeOptions extends Pick<ExchangeOptions, 'callBank' | 'apiUrl'> {
  /** The machine's own. */
  readonly clock: Clock;
}

/** Its refusals of a caller without a token, where they are in its own words: the bank has answered. */
const answered: ReadonlySet<string> = new Set([
  'token_dead',
  'token_evicted',
  'no_permission',
  'verification_required',
  'bad_request',
  'not_found',
]);

/** Calls the bank once, without a token and outside every login's budget. Never throws. */
export async function probeBank({ callBank, apiUrl, clock }: ProbeOptions): Promise<BankProbe> {
  const bankClock = createBankClock(clock);
  const { host } = new URL(apiUrl);
  const options = { callBank, apiUrl, clock, onTime: (time: BankTime) => bankClock.heard(time) };
  try {
    const { body } = await exchange(options, { method: 'GET', path: '/ping/whoami', priority: 'poll' });
    if (!isJsonObject(body) || typeof body['authenticated'] !== 'boolean')
      throw new BankError('not_json', { effect: 'none' });
  } catch (thrown) {
    // What time somebody else than the bank says it is tells nothing.
    if (!isOfBank(thrown))
      return { state: 'down', sentence: whyNot(thrown, host), bankClock: createBankClock(clock) };
  }
  return { state: 'ok', sentence: `Monzo answers at ${host}.`, bankClock };
}

function isOfBank(thrown: unknown): boolean {
  return thrown instanceof BankError && answered.has(thrown.fault) && isBankCode(thrown.bankCode);
}

type Faulted = (host: string, reason: string) => string;

const stranger: Faulted = (host) =>
  `Something else than Monzo answers at ${host}, or its maintenance page does: a proxy, or the sign-in page of a network. Let calls to ${host} through as they are.`;

const network =
  'Check this machine’s network, and a firewall or proxy in between (HTTPS_PROXY with NODE_USE_ENV_PROXY=1).';

const faults: Readonly<Record<string, Faulted>> = {
  timeout: (host) => `Monzo does not answer in time at ${host}. ${network}`,
  not_json: stranger,
  unreachable: (host, reason) => `No connection to ${host} comes about (${reason}). ${network}`,
};

const nameUnknown: Faulted = (host, reason) =>
  `The name ${host} is not known here (${reason}). Check this machine’s network and its name server (DNS), and the address of a proxy (HTTPS_PROXY).`;
const certificate: Faulted = (host, reason) =>
  `The certificate that ${host} shows is not accepted (${reason}): this machine’s clock is wrong, or something in between reads along. Put the clock right; name the certificate authority of a proxy of yours in MONZO_BRIDGE_CA_CERTIFICATES.`;

function whyNot(thrown: unknown, host: string): string {
  if (!(thrown instanceof BankError)) return `Monzo could not be asked (${messageOf(thrown)}).`;
  const { cause, fault, message } = thrown;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : null;
  if (answered.has(fault)) return stranger(host, '');
  const says = (fault === 'unreachable' ? unreachedBy(code) : null) ?? faults[fault];
  return says?.(host, code ?? messageOf(cause)) ?? message;
}

/** By the code that the system, TLS or the parser of HTTP gives; null for any other. */
function unreachedBy(code: string | null): Faulted | null {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return nameUnknown;
  const trouble = tlsTroubleOf(code);
  if (trouble === 'not_tls' || code?.startsWith('HPE_') === true) return stranger;
  return trouble === null ? null : certificate;
}
