import type { Health, Login } from '../../api/contract.ts';
import { withoutLinks } from '../../parts/linked.ts';
import type { Page } from '../../page.ts';
import { route, type Route } from '../../route.ts';
import { isNew } from '../../set-up/place.ts';
import type { Knowledge } from '../../store.ts';
import { texts } from '../../texts/overview.ts';

/** Something a person should know first, and what they can do about it. */
export interface Concern {
  readonly tone: 'bad' | 'warn' | 'calm';
  readonly sentence: string;
  readonly remedy: Remedy;
}

/** A button that does it, or a link to where it is done. */
export type Remedy =
  | { readonly label: string; readonly to: Route }
  | { readonly label: string; readonly act: (page: Page) => void };

export interface Concerns {
  /** What stays as it is until a person does something, the worst first. */
  readonly urgent: readonly Concern[];
  /** What is limited, and may pass by itself. */
  readonly passing: readonly Concern[];
}

/** What needs attention, and what is limited; each sentence once. */
export function concernsOf({ logins, health, paused }: Knowledge): Concerns {
  const people = logins ?? [];
  const found = [
    ...people.flatMap(ofLogin),
    ...(health?.parts ?? []).flatMap((part) => ofPart(part, people)),
  ];
  // A person's own pause is no trouble of any part.
  if (paused === true && found.every(({ remedy }) => remedy !== lookAtMoves))
    found.push({ tone: 'calm', sentence: texts.paused, remedy: lookAtMoves });
  const once = new Map(found.toReversed().map((concern) => [concern.sentence, concern]));
  const all = [...once.values()].toReversed().toSorted((one, other) => rank[one.tone] - rank[other.tone]);
  return {
    urgent: all.filter(({ tone }) => tone !== 'calm'),
    passing: all.filter(({ tone }) => tone === 'calm'),
  };
}

const rank: Readonly<Record<Concern['tone'], number>> = { bad: 0, warn: 1, calm: 2 };
const tones: Readonly<Record<Health['state'], Concern['tone']>> = {
  ok: 'calm',
  degraded: 'calm',
  needs_user: 'warn',
  down: 'bad',
};

const { remedies } = texts;
const checkEverything: Remedy = { label: remedies.check, to: route('activity/health') };
const lookAtEvents: Remedy = { label: remedies.events, to: route('activity/events') };
const lookAtMoves: Remedy = { label: remedies.moves, to: route('activity/moves') };
const lookAtLogins: Remedy = { label: remedies.logins, to: route('settings/people') };

/** Where a part's trouble is dealt with; for all others everything is checked. */
const remediesOfParts: ReadonlyMap<string, Remedy> = new Map([
  ['money', lookAtMoves],
  ['webhooks', { label: remedies.webhooks, to: route('activity/monzo') }],
  ['mqtt_events', lookAtEvents],
  ['home_assistant_events', lookAtEvents],
]);

function ofPart(
  { part, state, sentence }: Health['parts'][number],
  logins: readonly Login[],
): readonly Concern[] {
  if (state === 'ok' || sentence === null) return [];
  const tone = tones[state];
  const plain = withoutLinks(sentence);
  const login = logins.find(({ id }) => part === `login ${id}`);
  if (login) return [{ tone, sentence: texts.about(login.name, sentence), remedy: remedyOf(login) }];
  const remedy = part.startsWith('login') ? lookAtLogins : (remediesOfParts.get(part) ?? checkEverything);
  return [{ tone, sentence: plain, remedy }];
}

function ofLogin(login: Login): readonly Concern[] {
  const { name, state, needs } = login;
  if (needs === null) return [];
  const tone = state === 'needs_authorisation' ? 'bad' : 'warn';
  return [{ tone, sentence: texts.about(name, needs), remedy: remedyOf(login) }];
}

function remedyOf(login: Login): Remedy {
  const { id, state, consent } = login;
  const isAsked = state === 'needs_approval' || state === 'awaiting_approval';
  if (isNew(login) || isAsked)
    return {
      label: isAsked ? remedies.approve : remedies.continue,
      act: ({ go }) => go({ kind: 'set_up', id }),
    };
  if (state === 'needs_authorisation')
    return { label: remedies.signIn, act: ({ go }) => go({ kind: 'sign_in', id }) };
  if (consent.due)
    return { label: remedies.renewed, act: ({ act, store }) => act(() => store.api.approvalRenewed(id)) };
  return { label: remedies.reload, act: ({ act, store }) => act(() => store.api.reload(id)) };
}
