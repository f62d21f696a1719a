import type { PartHealth } from '../../domain/health.ts';
import { BridgeError, messageOf } from '../../errors.ts';

/** Nothing was sent, or nothing came back, because there is no connection. */
export function away(): BridgeError {
  return new BridgeError('home_assistant_away', 'Home Assistant is not there just now.', { retryable: true });
}

/** Home Assistant took a command and did not answer it in time: it may have acted on it. */
export function silent(): BridgeError {
  return new BridgeError('home_assistant_silent', 'Home Assistant does not answer in time.', {
    retryable: true,
  });
}

/** Home Assistant's definite no. What it says may repeat what was sent, so only its code is told. */
export function refused(command: string, code: string): BridgeError {
  const cause = { code };
  return new BridgeError('home_assistant_refused', `Home Assistant refused ${command} (${code}).`, { cause });
}

/** Home Assistant's own word for its no; null where what was thrown is none. */
export function refusalCode(thrown: unknown): string | null {
  if (!(thrown instanceof BridgeError) || thrown.code !== 'home_assistant_refused') return null;
  return codeOf(thrown.cause);
}

export function tokenRefused(): BridgeError {
  return new BridgeError(
    'home_assistant_token_refused',
    'Home Assistant does not accept the token in MONZO_BRIDGE_HOME_ASSISTANT_TOKEN. Create a long-lived access token as an administrator, on your profile page in Home Assistant under Security, put it there and start the bridge again.',
    { needsPerson: true },
  );
}

export function notAdministrator(): BridgeError {
  return new BridgeError(
    'home_assistant_not_administrator',
    'The token in MONZO_BRIDGE_HOME_ASSISTANT_TOKEN belongs to somebody who is not an administrator of Home Assistant. Make that person an administrator, or put the token of an administrator there and start the bridge again.',
    { needsPerson: true },
  );
}

/** Something else than Home Assistant, or Home Assistant under another path, answered with this HTTP status. */
export function notThere(status: number): BridgeError {
  return new BridgeError('home_assistant_not_there', `HTTP ${status}`, { retryable: true });
}

type Rule = Pick<PartHealth, 'state'> & { readonly sentence: (shown: string, why: string) => string };

const keepsTrying = 'The bridge keeps trying.';
const checkUrl = 'Check MONZO_BRIDGE_HOME_ASSISTANT_URL.';
const untrusted: Rule = {
  state: 'needs_user',
  sentence: (shown, why) =>
    `The certificate of Home Assistant at ${shown} cannot be trusted (${why}). Use an address that its certificate names, or let Node trust its issuer with NODE_EXTRA_CA_CERTS.`,
};
const own: Rule = { state: 'needs_user', sentence: (_shown, why) => why };
const unreachable: Rule = {
  state: 'down',
  sentence: (shown, why) => `Home Assistant at ${shown} cannot be reached (${why}). ${keepsTrying}`,
};

/** By the code of what was thrown: ours, Node's for networks, or OpenSSL's. */
const rules: Readonly<Record<string, Rule>> = {
  home_assistant_token_refused: own,
  home_assistant_not_administrator: own,
  home_assistant_away: {
    state: 'down',
    sentence: (shown) => `Home Assistant at ${shown} has hung up. ${keepsTrying}`,
  },
  home_assistant_silent: {
    state: 'down',
    sentence: (shown) => `Home Assistant at ${shown} does not answer in time. ${keepsTrying}`,
  },
  home_assistant_not_there: {
    state: 'down',
    sentence: (shown, why) =>
      `What answers at ${shown} is not Home Assistant, or not yet (${why}). ${keepsTrying} ${checkUrl}`,
  },
  ECONNREFUSED: {
    state: 'down',
    sentence: (shown) => `Nothing answers at ${shown}: Home Assistant is not running there. ${keepsTrying}`,
  },
  ENOTFOUND: {
    state: 'down',
    sentence: (shown) => `The name in ${shown} is not known on this network. ${checkUrl}`,
  },
  EPROTO: {
    state: 'down',
    sentence: (shown) =>
      `What answers at ${shown} does not speak TLS; the address may have to start with http://. ${checkUrl}`,
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_HAS_EXPIRED: untrusted,
  ERR_TLS_CERT_ALTNAME_INVALID: untrusted,
};

/** What ended or prevented a connection, for the person who reads the health. */
export function explainFailure(shown: string, thrown: unknown): Omit<PartHealth, 'part'> {
  const code = codeOf(thrown);
  const rule = rules[code ?? ''] ?? unreachable;
  const why = rule === unreachable || rule === untrusted ? (code ?? 'no reason given') : messageOf(thrown);
  return { state: rule.state, sentence: rule.sentence(shown, why) };
}

/** Whether trying again soon is pointless: only a person can change the answer. */
export function needsPerson(thrown: unknown): boolean {
  return thrown instanceof BridgeError && thrown.needsPerson;
}

function codeOf(thrown: unknown): string | null {
  const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : null;
  return typeof code === 'string' ? code : null;
}
