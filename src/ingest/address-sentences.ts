import type { AddressFindings } from './address-test.ts';

const reasons: Readonly<Record<NonNullable<AddressFindings['reason']>, string>> = {
  name: 'its name is not known',
  refused: 'nothing listens there',
  certificate: 'its certificate is not valid, which Monzo does not accept either',
  timeout: 'no answer came in time',
  line: 'the connection failed',
};

const remedies = {
  public_url:
    'Check MONZO_BRIDGE_PUBLIC_URL, and that whatever is at that address (a proxy, a tunnel, a router) passes calls on to the bridge’s public listener.',
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
    `Nothing answered at ${findings.host}: ${reasons[findings.reason ?? 'line']}. ${remedyOf(findings)}`,
  home_assistant_away: () =>
    'Webhooks come through Home Assistant, and the bridge is not connected to it now. Test again once it is.',
  no_address: () =>
    'There is no address at which Monzo could reach the bridge. Set MONZO_BRIDGE_PUBLIC_URL, or give Home Assistant an external address.',
  no_account: () => 'There is no account yet whose webhook could be called. Connect a login first.',
};

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
