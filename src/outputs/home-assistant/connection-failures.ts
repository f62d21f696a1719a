import type { PartHealth } from '../../domain/view.ts';
import { BridgeError, messageOf, tlsTroubleOf } from '../../errors.ts';
import { refuse } from '../../refusals/refuse.ts';
import { keepsTrying } from '../output.ts';

/** There is no connection: nothing was sent, or no answer can come any more. */
export function away(): BridgeError {
  return refuse('home_assistant_away', {});
}

/** Home Assistant did not answer a command in time. It may have carried it out. */
export function timedOut(): BridgeError {
  return new BridgeError('home_assistant_silent', 'Home Assistant did not answer in time.', {
    retryable: true,
  });
}

/** Home Assistant refused a command. Its message may repeat what was sent, so only its code is kept. */
export function refused(command: string, code: string): BridgeError {
  const cause = { code };
  return new BridgeError('home_assistant_refused', `Home Assistant refused ${command} (${code}).`, { cause });
}

/** Home Assistant's own code of a refusal; null where something else was thrown. */
export function refusalCode(thrown: unknown): string | null {
  if (!(thrown instanceof BridgeError) || thrown.code !== 'home_assistant_refused') return null;
  return errorCode(thrown.cause);
}

export function tokenRefused(): BridgeError {
  return new BridgeError(
    'home_assistant_token_refused',
    'Home Assistant rejected the token in MONZO_BRIDGE_HOME_ASSISTANT_TOKEN. As an administrator, create a long-lived access token on your profile page in Home Assistant under Security, put it in that setting and restart the bridge.',
    { needsPerson: true },
  );
}

export function notAdministrator(): BridgeError {
  return new BridgeError(
    'home_assistant_not_administrator',
    'The token in MONZO_BRIDGE_HOME_ASSISTANT_TOKEN belongs to a user who is not an administrator of Home Assistant. Make that user an administrator, or use an administrator’s token and restart the bridge.',
    { needsPerson: true },
  );
}

/** What a proxy answers while Home Assistant does not run; the Supervisor does so until it has started. */
const ofProxies: ReadonlySet<number> = new Set([502, 503, 504]);

/** Whether a proxy in front of Home Assistant answered in its place. */
export function isOfProxy(status: number): boolean {
  return ofProxies.has(status);
}

/** The code of what is thrown while a proxy says that Home Assistant does not run. */
export const notRunning = 'home_assistant_not_running';

/** The server answered the connection attempt with this HTTP status, so it is not Home Assistant, or not at this path. */
export function notThere(status: number): BridgeError {
  const code = isOfProxy(status) ? notRunning : 'home_assistant_not_there';
  return new BridgeError(code, `HTTP ${status}`, { retryable: true });
}

type Rule = Pick<PartHealth, 'state'> & { readonly sentence: (address: string, reason: string) => string };

const checkUrl = 'Check MONZO_BRIDGE_HOME_ASSISTANT_URL.';
const certificate = (rest: string): Rule => ({
  state: 'needs_user',
  sentence: (address, reason) => `The certificate of Home Assistant at ${address} ${rest} (${reason})`,
});
/** What is wrong over TLS. */
const tlsRules = {
  name: certificate('names another host. Use an address that it names in MONZO_BRIDGE_HOME_ASSISTANT_URL.'),
  expired: certificate('has expired or is not valid yet. Renew it, and check the clock of this machine.'),
  issuer: certificate(
    'is not trusted. Set MONZO_BRIDGE_CA_CERTIFICATES_FILE to the certificate of its issuer.',
  ),
  not_tls: {
    state: 'down',
    sentence: (address) =>
      `The server at ${address} does not speak TLS; the address may have to start with http://. ${checkUrl}`,
  },
} as const satisfies Readonly<Record<string, Rule>>;
const notHomeAssistant: Rule = {
  state: 'down',
  sentence: (address, reason) =>
    `The server at ${address} is not Home Assistant, or Home Assistant has not started yet (${reason}). ${keepsTrying} ${checkUrl}`,
};
const ownMessage: Rule = { state: 'needs_user', sentence: (_address, reason) => reason };
const unreachable: Rule = {
  state: 'down',
  sentence: (address, reason) =>
    `Home Assistant at ${address} cannot be reached (${reason}). ${keepsTrying} Check the network and MONZO_BRIDGE_HOME_ASSISTANT_URL.`,
};

const unknownHost: Rule = {
  state: 'down',
  sentence: (address) => `The host name in ${address} is not known on this network. ${checkUrl}`,
};

/** By the code of the error: the bridge's own, Node's for networks, or OpenSSL's. */
const rules: Readonly<Record<string, Rule>> = {
  home_assistant_token_refused: ownMessage,
  home_assistant_not_administrator: ownMessage,
  home_assistant_away: {
    state: 'down',
    sentence: (address) => `Home Assistant at ${address} closed the connection. ${keepsTrying}`,
  },
  home_assistant_silent: {
    state: 'down',
    sentence: (address) =>
      `Home Assistant at ${address} did not answer in time. ${keepsTrying} See whether its own page opens there.`,
  },
  home_assistant_not_there: notHomeAssistant,
  [notRunning]: notHomeAssistant,
  ECONNREFUSED: {
    state: 'down',
    sentence: (address) =>
      `Nothing answers at ${address}: Home Assistant is not running there. ${keepsTrying} Start it, or correct MONZO_BRIDGE_HOME_ASSISTANT_URL.`,
  },
  ECONNRESET: {
    state: 'down',
    sentence: (address) =>
      address.startsWith('http:')
        ? `Home Assistant at ${address} closed the connection; where it uses TLS, the address must start with https://. ${keepsTrying} ${checkUrl}`
        : `Home Assistant at ${address} closed the connection. ${keepsTrying}`,
  },
  ENOTFOUND: unknownHost,
  EAI_AGAIN: unknownHost,
};

/** The same where the Supervisor leads to Home Assistant: nobody set an address or a token. */
const rulesOfSupervisor: Readonly<Record<string, Rule>> = {
  home_assistant_token_refused: {
    state: 'needs_user',
    sentence: () =>
      `The Supervisor does not let this app use Home Assistant. Restart the app; if that does not help, install it again. ${keepsTrying}`,
  },
  home_assistant_not_administrator: {
    state: 'needs_user',
    sentence: () =>
      'The Supervisor’s own user is not an administrator of Home Assistant. Restart Home Assistant; the bridge keeps trying.',
  },
  home_assistant_away: {
    state: 'degraded',
    sentence: () => `The connection to Home Assistant has ended; it may be restarting. ${keepsTrying}`,
  },
  home_assistant_silent: {
    state: 'down',
    sentence: () => `Home Assistant did not answer in time. ${keepsTrying}`,
  },
  [notRunning]: {
    state: 'degraded',
    sentence: () => 'Home Assistant is stopped, or still starting. The bridge continues once it is running.',
  },
};
const supervisorAway: Rule = {
  state: 'down',
  sentence: (_address, reason) =>
    `The Supervisor of Home Assistant does not answer (${reason}); it may be restarting. ${keepsTrying}`,
};

/**
 * Says in the health why a connection ended or could not be made; `address` holds no password, and is null where the
 * Supervisor leads to Home Assistant.
 */
export function explainFailure(address: string | null, thrown: unknown): Omit<PartHealth, 'part'> {
  const code = errorCode(thrown);
  if (address === null) {
    const { state, sentence } = rulesOfSupervisor[code ?? ''] ?? supervisorAway;
    return {
      state,
      sentence: sentence('', thrown instanceof BridgeError ? messageOf(thrown) : (code ?? 'no reason given')),
    };
  }
  const trouble = tlsTroubleOf(code);
  // What the parser of HTTP does not understand comes from another program.
  const isOther = code?.startsWith('HPE_') === true;
  const rule =
    rules[code ?? ''] ?? (isOther ? notHomeAssistant : trouble === null ? unreachable : tlsRules[trouble]);
  const isForeign = rule === unreachable || isOther || trouble !== null;
  const reason = isForeign ? (code ?? 'no reason given') : messageOf(thrown);
  return { state: rule.state, sentence: rule.sentence(address, reason) };
}

/** Whether trying again soon is pointless, because only a person can change the answer. */
export function needsPerson(thrown: unknown): boolean {
  return thrown instanceof BridgeError && thrown.needsPerson;
}

/** The code of anything that was thrown; null where it has none that is text. */
export function errorCode(thrown: unknown): string | null {
  const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : null;
  return typeof code === 'string' ? code : null;
}
