import type { Health, Login } from '../../api/contract.ts';
import type { PageName } from '../../route.ts';
import { withoutLinks } from '../../parts/linked.ts';
import { isReadingHistory } from '../../set-up/place.ts';
import type { Knowledge } from '../../store.ts';
import { texts } from '../../texts/overview.ts';

/** Something a person should know first. */
export interface Concern {
  readonly tone: 'bad' | 'warn' | 'calm';
  readonly sentence: string;
  /** Where it is dealt with. */
  readonly page: PageName;
}

/** What needs attention, the worst first; each sentence once. */
export function concernsOf({ logins, health }: Knowledge): readonly Concern[] {
  const found = [
    ...(health?.parts ?? []).flatMap((part) => ofPart(part, logins ?? [])),
    ...(logins ?? []).flatMap(ofLogin),
  ];
  const once = new Map(found.toReversed().map((concern) => [concern.sentence, concern]));
  return [...once.values()].toReversed().toSorted((one, other) => rank[one.tone] - rank[other.tone]);
}

const rank: Readonly<Record<Concern['tone'], number>> = { bad: 0, warn: 1, calm: 2 };
const tones: Readonly<Record<Health['state'], Concern['tone']>> = {
  ok: 'calm',
  degraded: 'warn',
  needs_user: 'warn',
  down: 'bad',
};

function ofPart(
  { part, state, sentence }: Health['parts'][number],
  logins: readonly Login[],
): readonly Concern[] {
  if (state === 'ok' || sentence === null) return [];
  const plain = withoutLinks(sentence);
  const tone = tones[state];
  const login = logins.find(({ id }) => part === `login ${id}`);
  if (login) return [{ tone, sentence: texts.about(login.name, sentence), page: 'people' }];
  return [{ tone, sentence: plain, page: part.startsWith('login') ? 'people' : 'activity' }];
}

function ofLogin(login: Login): readonly Concern[] {
  const { name, state, needs, history } = login;
  if (needs !== null)
    return [
      {
        tone: state === 'needs_authorisation' ? 'bad' : 'warn',
        sentence: texts.about(name, needs),
        page: 'people',
      },
    ];
  if (isReadingHistory(login))
    return [{ tone: 'calm', sentence: texts.reading(name, history.read), page: 'people' }];
  return [];
}
